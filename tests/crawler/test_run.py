import csv
import json
from collections import Counter

import pyarrow.parquet
import pytest

from brandlens.crawler import run as scrape
from brandlens.crawler.journal import Journal
from brandlens.crawler.providers.candidates import Candidate, SearchError
from brandlens.crawler.providers.commons import Commons
from brandlens.crawler.providers.folder import Folder
from brandlens.crawler.providers.openverse import Openverse
from brandlens.crawler.providers.urls import Urls
from brandlens.crawler.run import CollectOptions, Result, collect
from brandlens.errors import UserError

MUG, DESK = ("openverse", "mug", False), ("openverse", "desk", True)


@pytest.fixture
def run(web, quick, loopback, tmp_path):
    """Collects into tmp_path/out; what is refused for its size or slowness is so quickly."""
    providers = {
        "openverse": Openverse("a test", base=web.url, pace=0.001),
        "commons": Commons("a test", "me", base=web.url, pace=0.001),
        "urls": Urls(),
        "folder": Folder(),
    }

    def collected(*searches, **wishes):
        wish = CollectOptions(searches, **wishes)
        return collect(tmp_path / "out", wish, providers, contact="me", limits=quick, allowed=loopback)

    return collected


def rows(folder):
    """The manifest, which is the same in both forms, by the ends of the addresses."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        flat = list(csv.DictReader(file))
    table = pyarrow.parquet.read_table(folder / "manifest.parquet").to_pylist()
    assert flat == [{name: "" if value is None else str(value) for name, value in row.items()} for row in table]
    return {row["url"].split("/", 3)[-1].removeprefix("pictures/").removesuffix(".jpg"): row for row in table}


def pictures(folder):
    return {path.relative_to(folder).as_posix() for path in folder.glob("*/*")}


def test_nothing_found_is_loud_and_leaves_no_folder(run, tmp_path):
    with pytest.raises(SearchError, match='openverse: nothing found for "mug"; try other or fewer words'):
        run(MUG)
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_go_on_with(run, tmp_path):
    with pytest.raises(SearchError, match="nothing to go on with"):
        run()
    assert list(tmp_path.iterdir()) == []


def test_every_good_picture_once_and_every_fault_with_its_reason(run, web, faulty, tmp_path):
    good = [f"/pictures/{kind}/{at}.jpg" for at, kind in enumerate(faulty.GOOD * 2)]
    again = [f"/pictures/{kind}/0.jpg" for kind in faulty.AGAIN]
    faults = [f"/pictures/{kind}/{at}.jpg" for at, kind in enumerate(faulty.FAULTS, 100)]
    web.results["mug"] = [*good[:5], *faults, *again, *good[5:]]
    result = run(MUG)
    found = rows(tmp_path / "out")
    assert {name: row["reason"] for name, row in found.items() if row["status"] == "refused"} == {
        f"{kind}/{at}": reason for at, (kind, reason) in enumerate(faulty.FAULTS.items(), 100)
    }
    kept = [row for row in found.values() if row["status"] == "kept"]
    assert len(kept) == len(good)
    assert {row["duplicate_of"] for row in found.values() if row["status"] == "duplicate"} == {
        found["good/0"]["sha256"]
    }
    assert pictures(tmp_path / "out") == {row["file"] for row in kept}
    assert result.statuses == {"kept": len(good), "duplicate": len(again), "refused": len(faults)}
    assert result.reasons == Counter(faulty.FAULTS.values())
    assert result.share == pytest.approx(12 / (12 + len(faults)))


def test_a_row(run, web, tmp_path, faulty):
    web.results["mug"] = ["/pictures/good/1.jpg", "/pictures/missing/2.jpg"]
    run(MUG)
    row, other = rows(tmp_path / "out").values()
    content = (tmp_path / "out" / row["file"]).read_bytes()
    assert content == faulty.picture(1)
    assert row["file"] == f"pictures/{row['sha256'][:20]}.jpg"
    assert (row["bytes"], row["width"], row["height"], len(row["fingerprint"])) == (len(content), 160, 120, 16)
    said = {name: row[name] for name in ("query", "provider", "negative", "title", "licence", "creator", "reason")}
    assert said == {
        "query": "mug", "provider": "openverse", "negative": False, "title": "Picture 1.jpg", "licence": "CC BY 2.0",
        "creator": "Ada", "reason": None,
    }  # fmt: skip
    assert (other["file"], other["sha256"], other["detail"]) == (None, None, "404 Not Found")
    assert row["fetched_at"].endswith("+00:00")


def test_several_queries_and_providers_at_once(run, web, tmp_path):
    web.results["mug"] = ["/pictures/good/1.jpg", "/pictures/good/2.jpg"]
    web.results["cup"] = ["/pictures/good/2.jpg", "/pictures/good/3.jpg"]
    web.results["desk"] = ["/pictures/good/4.jpg", "/pictures/copy/1.jpg"]
    result = run(MUG, ("commons", "cup", False), DESK)
    assert result == Result(Counter(kept=4, duplicate=1), Counter(), negatives=1, asked=5)
    assert {name: row["status"] for name, row in rows(tmp_path / "out").items()} == {
        "good/1": "kept", "good/2": "kept", "good/3": "kept", "good/4": "kept", "copy/1": "duplicate",
    }  # fmt: skip
    assert sum(name.startswith("negatives/") for name in pictures(tmp_path / "out")) == 1


def test_a_search_that_fails_stops_no_other(run, web, tmp_path):
    web.results["mug"] = ["/pictures/good/1.jpg"]
    result = run(("openverse", "none", False), MUG, ("urls", str(tmp_path / "no.txt"), False))
    assert result.statuses == {"kept": 1}
    assert sorted(trouble.split(":")[0] for trouble in result.troubles) == ["openverse", str(tmp_path / "no.txt")][::-1]


def test_again_nothing_is_asked(run, web, tmp_path):
    web.results["mug"] = [f"/pictures/{kind}/{at}.jpg" for kind in ("good", "missing", "smaller") for at in range(3)]
    first = run(MUG)
    there, asked = rows(tmp_path / "out"), web.asked.total()
    again = run(MUG)
    assert (again.statuses, again.asked) == (first.statuses, 0)
    assert (rows(tmp_path / "out"), web.asked.total()) == (there, asked)


def test_the_limit_may_grow(run, web, tmp_path):
    web.results["mug"] = [f"/pictures/good/{at}.jpg" for at in range(50)]
    assert run(MUG, limit=5).statuses == {"kept": 5, "waiting": 15}
    assert web.asked["/v1/images/"] == 1
    assert run(MUG, limit=25).statuses == {"kept": 25, "waiting": 15}
    assert web.asked["/v1/images/"] == 2
    assert all(web.asked[f"/pictures/good/{at}.jpg"] == (at < 25) for at in range(50))


def test_only_what_was_refused_is_asked_again_by_reason(run, web, faulty, tmp_path, monkeypatch):
    web.results["mug"] = ["/pictures/good/1.jpg", "/pictures/missing/2.jpg", "/pictures/broken/3.jpg"]
    run(MUG)
    before = web.asked.copy()
    result = run(retry={"timeout"})
    assert (result.asked, web.asked) == (0, before)
    monkeypatch.setattr(faulty.Handler, "_broken", faulty.Handler._good)
    result = run(retry={"server", "timeout"})
    assert (result.asked, result.statuses) == (1, Counter(kept=2, refused=1))
    assert web.asked - before == {"/pictures/broken/3.jpg": 1, "/robots.txt": 1}
    row = rows(tmp_path / "out")["broken/3"]
    assert (row["status"], row["reason"]) == ("kept", None)


def test_pictures_on_this_machine(run, faulty, tmp_path):
    mine = tmp_path / "mine" / "Köln 東京 #1.jpg"
    mine.parent.mkdir()
    mine.write_bytes(faulty.picture(1))
    mine.with_name("broken.jpg").write_bytes(b"broken")
    result = run(("folder", str(mine.parent), True))
    assert (result.statuses, result.negatives) == ({"kept": 1, "refused": 1}, 1)
    assert mine.read_bytes() == faulty.picture(1)
    assert len(pictures(tmp_path / "out")) == 1


def test_no_stranger_names_files_of_this_machine(tmp_path, faulty, quick):
    (tmp_path / "secret.jpg").write_bytes(faulty.picture(1))

    class Stranger:
        async def pages(self, query, first=1):
            yield (Candidate((tmp_path / "secret.jpg").as_uri()), Candidate("http://[::1"), Candidate("../b.jpg"))

    result = collect(
        tmp_path / "out", CollectOptions([("openverse", "mug", False)]), {"openverse": Stranger()}, limits=quick
    )
    assert result.reasons == {"url": 3}


class Killed(BaseException):
    """Ends a run as a kill does: nothing after it is written."""


def outcomes(folder):
    """How often the journal tells of each address's outcome."""
    path = folder / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    records = [json.loads(line) for line in lines]
    return Counter(record["url"] for record in records if "url" in record)


def ends(folder):
    return {name: (row["status"], row["reason"], row["file"]) for name, row in rows(folder).items()}


def test_killed_anywhere_it_ends_the_same(run, web, tmp_path, monkeypatch):
    web.results["mug"] = [f"/pictures/good/{at}.jpg" for at in range(24)]
    web.results["mug"] += ["/pictures/smaller/3.jpg", "/pictures/cut/4.jpg"]
    web.results["desk"] = ["/pictures/smaller/7.jpg", "/pictures/good/30.jpg", "/pictures/missing/1.jpg"]
    whole, left = Journal.add, [0]

    def mortal(self, record):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        whole(self, record)

    monkeypatch.setattr(Journal, "add", mortal)
    lives = (0, 1, 2, 0, 3, 5, 8, 1, 6)  # records that each run writes
    for left[0] in lives:
        with pytest.raises(Killed):
            run(MUG, DESK)
    monkeypatch.setattr(Journal, "add", whole)
    result = run(MUG, DESK)
    assert result.statuses == {"kept": 25, "duplicate": 2, "refused": 2}
    assert set(outcomes(tmp_path / "out").values()) == {1}
    (tmp_path / "out").rename(tmp_path / "killed")
    assert run(MUG, DESK).statuses == result.statuses
    assert ends(tmp_path / "out") == ends(tmp_path / "killed")
    assert pictures(tmp_path / "out") == pictures(tmp_path / "killed")


def test_killed_while_it_settles(run, web, tmp_path, monkeypatch):
    web.results["mug"] = ["/pictures/good/1.jpg", "/pictures/good/2.jpg", "/pictures/smaller/1.jpg"]

    def killed(*_):
        raise Killed

    for place in ("select.move_kept", "manifest.write", "select.delete_duplicates"):
        with monkeypatch.context() as patch:
            patch.setattr(f"brandlens.crawler.{place}", killed)
            with pytest.raises(Killed):
                run(MUG)
    asked = web.asked.total()
    assert run(MUG).statuses == {"kept": 2, "duplicate": 1}
    assert web.asked.total() == asked
    assert len(pictures(tmp_path / "out")) == 2


def test_a_full_disk_is_told_in_one_line(run, web, monkeypatch):
    web.results["mug"] = ["/pictures/good/1.jpg"]

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scrape, "validate", full)
    with pytest.raises(UserError, match=r"out.*: cannot be written: No space left on device"):
        run(MUG)


def test_the_share_of_nothing():
    assert Result().share == 1
    assert Result(Counter(refused=3)).share == 0


def test_a_list_is_taken_whole_and_may_grow(run, web, tmp_path):
    path = tmp_path / "mine.txt"
    urls = [web.whole(f"/pictures/good/{at}.jpg") for at in range(6)]
    path.write_text("\n".join(urls[:3]))
    search = ("urls", str(path), False)
    assert run(search, limit=1).statuses == {"kept": 3}
    path.write_text("\n".join([urls[5], *urls[:5]]))
    assert run(search, limit=1).statuses == {"kept": 6}
    assert run(search, limit=1).asked == 0
    assert all(web.asked[f"/pictures/good/{at}.jpg"] == 1 for at in range(6))


def test_asking_again_needs_no_limit(run, web, faulty, monkeypatch):
    web.results["mug"] = [f"/pictures/broken/{at}.jpg" for at in range(6)]
    run(MUG, limit=4)
    monkeypatch.setattr(faulty.Handler, "_broken", faulty.Handler._good)
    assert run(retry={"server"}, limit=1).statuses == {"kept": 4, "waiting": 2}


def test_asking_again_asks_for_nothing_else(run, web):
    web.results["mug"] = ["/pictures/missing/1.jpg", "/pictures/good/2.jpg"]
    run(MUG, limit=1)
    assert run(retry={"missing"}, limit=9).statuses == {"refused": 1, "waiting": 1}
    assert run(limit=9).statuses == {"refused": 1, "kept": 1}


def test_lost_files_are_fetched_again(run, web, tmp_path, monkeypatch):
    web.results["mug"] = ["/pictures/good/1.jpg"]

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(scrape.select, "move_kept", killed)
        with pytest.raises(Killed):
            run(MUG)
    for path in (tmp_path / "out" / ".fetched").iterdir():
        path.unlink()
    assert run(MUG).statuses == {"kept": 1}
    assert web.asked["/pictures/good/1.jpg"] == 2
