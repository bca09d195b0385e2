import csv
import json
from collections import Counter

import pyarrow.parquet
import pytest

from brandlens.crawler import run as run_module
from brandlens.crawler.journal import Journal
from brandlens.crawler.providers.candidates import Candidate, SearchError
from brandlens.crawler.providers.commons import Commons
from brandlens.crawler.providers.folder import Folder
from brandlens.crawler.providers.openverse import Openverse
from brandlens.crawler.providers.urls import Urls
from brandlens.crawler.run import CollectOptions, CollectResult, collect
from brandlens.errors import UserError

MUG, DESK = ("openverse", "mug", False), ("openverse", "desk", True)


@pytest.fixture
def run(web, quick, loopback, tmp_path):
    """Return a function of searches and options that collects into tmp_path/out."""
    providers = {
        "openverse": Openverse("a test", base_url=web.url, interval=0.001),
        "commons": Commons("a test", "me", base_url=web.url, interval=0.001),
        "urls": Urls(),
        "folder": Folder(),
    }

    def run_once(*searches, **options):
        options = CollectOptions(searches, **options)
        return collect(tmp_path / "out", options, providers, contact="me", limits=quick, allowed_networks=loopback)

    return run_once


def rows(folder):
    """Return the rows of the manifest, which is the same in both formats, by the ends of the addresses."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        csv_rows = list(csv.DictReader(file))
    table = pyarrow.parquet.read_table(folder / "manifest.parquet").to_pylist()
    assert csv_rows == [{name: "" if value is None else str(value) for name, value in row.items()} for row in table]
    return {row["url"].split("/", 3)[-1].removeprefix("pictures/").removesuffix(".jpg"): row for row in table}


def pictures(folder):
    return {path.relative_to(folder).as_posix() for path in folder.glob("*/*")}


def test_nothing_found_is_an_error_and_leaves_no_folder(run, tmp_path):
    with pytest.raises(SearchError, match='openverse: nothing found for "mug"; try other or fewer words'):
        run(MUG)
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_resume(run, tmp_path):
    with pytest.raises(SearchError, match="nothing to resume"):
        run()
    assert list(tmp_path.iterdir()) == []


def test_every_good_picture_once_and_every_fault_with_its_reason(run, web, fake_web, tmp_path):
    good = [f"/pictures/{kind}/{number}.jpg" for number, kind in enumerate(fake_web.GOOD_KINDS * 2)]
    duplicates = [f"/pictures/{kind}/0.jpg" for kind in fake_web.DUPLICATE_KINDS]
    faults = [f"/pictures/{kind}/{number}.jpg" for number, kind in enumerate(fake_web.FAULTS, 100)]
    web.results["mug"] = [*good[:5], *faults, *duplicates, *good[5:]]
    result = run(MUG)
    manifest = rows(tmp_path / "out")
    assert {name: row["reason"] for name, row in manifest.items() if row["status"] == "failed"} == {
        f"{kind}/{number}": reason for number, (kind, reason) in enumerate(fake_web.FAULTS.items(), 100)
    }
    kept = [row for row in manifest.values() if row["status"] == "kept"]
    assert len(kept) == len(good)
    assert {row["duplicate_of"] for row in manifest.values() if row["status"] == "duplicate"} == {
        manifest["good/0"]["sha256"]
    }
    assert pictures(tmp_path / "out") == {row["file"] for row in kept}
    assert result.status_counts == {"kept": len(good), "duplicate": len(duplicates), "failed": len(faults)}
    assert result.reason_counts == Counter(fake_web.FAULTS.values())
    assert result.success_ratio == pytest.approx(12 / (12 + len(faults)))


def test_a_row(run, web, tmp_path, fake_web):
    web.results["mug"] = ["/pictures/good/1.jpg", "/pictures/missing/2.jpg"]
    run(MUG)
    row, failed = rows(tmp_path / "out").values()
    content = (tmp_path / "out" / row["file"]).read_bytes()
    assert content == fake_web.picture(1)
    assert row["file"] == f"pictures/{row['sha256'][:20]}.jpg"
    assert (row["bytes"], row["width"], row["height"], len(row["phash"])) == (len(content), 160, 120, 16)
    cells = {name: row[name] for name in ("query", "provider", "negative", "title", "licence", "creator", "reason")}
    assert cells == {
        "query": "mug", "provider": "openverse", "negative": False, "title": "Picture 1.jpg", "licence": "CC BY 2.0",
        "creator": "Ada", "reason": None,
    }  # fmt: skip
    assert (failed["file"], failed["sha256"], failed["detail"]) == (None, None, "404 Not Found")
    assert row["fetched_at"].endswith("+00:00")
    assert failed["fetched_at"].endswith("+00:00")


def test_several_queries_and_providers_at_once(run, web, tmp_path):
    web.results["mug"] = ["/pictures/good/1.jpg", "/pictures/good/2.jpg"]
    web.results["cup"] = ["/pictures/good/2.jpg", "/pictures/good/3.jpg"]
    web.results["desk"] = ["/pictures/good/4.jpg", "/pictures/copy/1.jpg"]
    result = run(MUG, ("commons", "cup", False), DESK)
    assert result == CollectResult(Counter(kept=4, duplicate=1), Counter(), num_negatives=1)
    assert {name: row["status"] for name, row in rows(tmp_path / "out").items()} == {
        "good/1": "kept", "good/2": "kept", "good/3": "kept", "good/4": "kept", "copy/1": "duplicate",
    }  # fmt: skip
    assert sum(name.startswith("negatives/") for name in pictures(tmp_path / "out")) == 1


def test_a_search_that_fails_stops_no_other(run, web, tmp_path):
    web.results["mug"] = ["/pictures/good/1.jpg"]
    missing = str(tmp_path / "no.txt")
    result = run(("openverse", "none", False), MUG, ("urls", missing, False))
    assert result.status_counts == {"kept": 1}
    assert {message.split(":")[0] for message in result.search_errors} == {"openverse", missing}


def test_a_second_run_requests_nothing(run, web, tmp_path):
    web.results["mug"] = [
        f"/pictures/{kind}/{number}.jpg" for kind in ("good", "missing", "smaller") for number in range(3)
    ]
    first = run(MUG)
    first_rows, num_requests = rows(tmp_path / "out"), web.request_counts.total()
    second = run(MUG)
    assert second.status_counts == first.status_counts
    assert (rows(tmp_path / "out"), web.request_counts.total()) == (first_rows, num_requests)


def test_the_limit_may_be_raised(run, web, tmp_path):
    web.results["mug"] = [f"/pictures/good/{number}.jpg" for number in range(50)]
    assert run(MUG, limit=5).status_counts == {"kept": 5, "pending": 15}
    assert web.request_counts["/v1/images/"] == 1
    assert run(MUG, limit=25).status_counts == {"kept": 25, "pending": 15}
    assert web.request_counts["/v1/images/"] == 2
    assert all(web.request_counts[f"/pictures/good/{number}.jpg"] == (number < 25) for number in range(50))


def test_retry_fetches_again_by_reason(run, web, fake_web, tmp_path, monkeypatch):
    web.results["mug"] = ["/pictures/good/1.jpg", "/pictures/missing/2.jpg", "/pictures/broken/3.jpg"]
    run(MUG)
    before = web.request_counts.copy()
    run(retry_reasons={"timeout"})
    assert web.request_counts == before
    monkeypatch.setattr(fake_web.Handler, "_broken", fake_web.Handler._good)
    result = run(retry_reasons={"server", "timeout"})
    assert result.status_counts == Counter(kept=2, failed=1)
    assert web.request_counts - before == {"/pictures/broken/3.jpg": 1, "/robots.txt": 1}
    row = rows(tmp_path / "out")["broken/3"]
    assert (row["status"], row["reason"]) == ("kept", None)


def test_pictures_of_this_machine(run, fake_web, tmp_path):
    source = tmp_path / "mine" / "Köln 東京 #1.jpg"
    source.parent.mkdir()
    source.write_bytes(fake_web.picture(1))
    source.with_name("broken.jpg").write_bytes(b"broken")
    result = run(("folder", str(source.parent), True))
    assert (result.status_counts, result.num_negatives) == ({"kept": 1, "failed": 1}, 1)
    assert source.read_bytes() == fake_web.picture(1)
    assert len(pictures(tmp_path / "out")) == 1


def test_other_providers_cannot_name_files_of_this_machine(tmp_path, fake_web, quick):
    (tmp_path / "secret.jpg").write_bytes(fake_web.picture(1))

    class HostileProvider:
        async def pages(self, query, first_page=1):
            yield (Candidate((tmp_path / "secret.jpg").as_uri()), Candidate("http://[::1"), Candidate("../b.jpg"))

    result = collect(tmp_path / "out", CollectOptions([MUG]), {"openverse": HostileProvider()}, limits=quick)
    assert result.reason_counts == {"url": 3}


class Killed(BaseException):
    """Ends a run as a kill does: nothing after it is written."""


def outcome_counts(folder):
    """Return how many outcomes of each address the journal holds."""
    path = folder / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    records = [json.loads(line) for line in lines]
    return Counter(record["url"] for record in records if "url" in record)


def outcomes(folder):
    return {name: (row["status"], row["reason"], row["file"]) for name, row in rows(folder).items()}


def test_killed_anywhere_it_ends_the_same(run, web, tmp_path, monkeypatch):
    web.results["mug"] = [f"/pictures/good/{number}.jpg" for number in range(24)]
    web.results["mug"] += ["/pictures/smaller/3.jpg", "/pictures/cut/4.jpg"]
    web.results["desk"] = ["/pictures/smaller/7.jpg", "/pictures/good/30.jpg", "/pictures/missing/1.jpg"]
    add, records_left = Journal.add, 0

    def add_or_die(self, record):
        nonlocal records_left
        if records_left == 0:
            raise Killed
        records_left -= 1
        add(self, record)

    monkeypatch.setattr(Journal, "add", add_or_die)
    for num_records in (0, 1, 2, 0, 3, 5, 8, 1, 6):  # that each run writes before it is killed
        records_left = num_records
        with pytest.raises(Killed):
            run(MUG, DESK)
    monkeypatch.setattr(Journal, "add", add)
    result = run(MUG, DESK)
    assert result.status_counts == {"kept": 25, "duplicate": 2, "failed": 2}
    assert set(outcome_counts(tmp_path / "out").values()) == {1}
    (tmp_path / "out").rename(tmp_path / "killed")
    assert run(MUG, DESK).status_counts == result.status_counts
    assert outcomes(tmp_path / "out") == outcomes(tmp_path / "killed")
    assert pictures(tmp_path / "out") == pictures(tmp_path / "killed")


def kill(*_):
    raise Killed


def test_killed_while_it_finishes(run, web, tmp_path, monkeypatch):
    web.results["mug"] = ["/pictures/good/1.jpg", "/pictures/good/2.jpg", "/pictures/smaller/1.jpg"]
    for function in ("select.move_kept", "manifest.write", "select.delete_duplicates"):
        with monkeypatch.context() as patch:
            patch.setattr(f"brandlens.crawler.{function}", kill)
            with pytest.raises(Killed):
                run(MUG)
    num_requests = web.request_counts.total()
    assert run(MUG).status_counts == {"kept": 2, "duplicate": 1}
    assert web.request_counts.total() == num_requests
    assert len(pictures(tmp_path / "out")) == 2


def test_lost_files_are_fetched_again(run, web, tmp_path, monkeypatch):
    web.results["mug"] = ["/pictures/good/1.jpg"]
    with monkeypatch.context() as patch:
        patch.setattr(run_module.select, "move_kept", kill)
        with pytest.raises(Killed):
            run(MUG)
    for path in (tmp_path / "out" / ".fetched").iterdir():
        path.unlink()
    assert run(MUG).status_counts == {"kept": 1}
    assert web.request_counts["/pictures/good/1.jpg"] == 2


def test_a_full_disk_is_reported_in_one_line(run, web, monkeypatch):
    web.results["mug"] = ["/pictures/good/1.jpg"]

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_module, "validate", fail)
    with pytest.raises(UserError, match=r"out.*: cannot be written: No space left on device"):
        run(MUG)


def test_success_ratio():
    assert CollectResult().success_ratio == 1
    assert CollectResult(Counter(failed=3)).success_ratio == 0


def test_a_list_is_taken_whole_and_may_grow(run, web, tmp_path):
    path = tmp_path / "mine.txt"
    urls = [web.url_of(f"/pictures/good/{number}.jpg") for number in range(6)]
    path.write_text("\n".join(urls[:3]))
    search = ("urls", str(path), False)
    assert run(search, limit=1).status_counts == {"kept": 3}
    path.write_text("\n".join([urls[5], *urls[:5]]))
    assert run(search, limit=1).status_counts == {"kept": 6}
    assert run(search, limit=1).status_counts == {"kept": 6}
    assert all(web.request_counts[f"/pictures/good/{number}.jpg"] == 1 for number in range(6))


def test_retry_has_no_limit(run, web, fake_web, monkeypatch):
    web.results["mug"] = [f"/pictures/broken/{number}.jpg" for number in range(6)]
    run(MUG, limit=4)
    monkeypatch.setattr(fake_web.Handler, "_broken", fake_web.Handler._good)
    assert run(retry_reasons={"server"}, limit=1).status_counts == {"kept": 4, "pending": 2}


def test_retry_fetches_nothing_that_is_pending(run, web):
    web.results["mug"] = ["/pictures/missing/1.jpg", "/pictures/good/2.jpg"]
    run(MUG, limit=1)
    assert run(retry_reasons={"missing"}, limit=9).status_counts == {"failed": 1, "pending": 1}
    assert run(limit=9).status_counts == {"failed": 1, "kept": 1}
