import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.crawler import select
from brandlens.crawler import state as book
from brandlens.crawler.providers.candidates import Candidate
from brandlens.crawler.state import CrawlState, Fetched
from brandlens.datasets.scraped_layout import FRESH, PICTURES

MUG, DESK = ("openverse", "mug", False), ("openverse", "desk", True)
FAR = [0, 0xFFFF, 0xFFFF0000, 0xFFFF00000000]  # fingerprints


def ledger(mug=(), desk=(), kept=()):
    """Of fetched pictures, each a letter for its content and its fingerprint."""
    made = CrawlState.of([book.wanted([MUG, DESK]), book.settled(kept)])
    for search, some in ((MUG, mug), (DESK, desk)):
        urls = [f"{search[1]}/{rank}" for rank in range(len(some))]
        made.enter(book.page(made.searches[search], map(Candidate, urls)))
        for url, (letter, fingerprint) in zip(urls, some, strict=True):
            made.enter(book.outcome(url, Fetched(f"{letter}.jpg", letter, fingerprint, 80, 60, 9, "now")))
    return made


def settled(folder, made):
    """The statuses, after everything has gone where it belongs."""
    found = select.decide(made, folder, 6)
    select.move_kept(made, found, folder)
    select.move_kept(made, found, folder)  # once more, as after a kill
    made.enter(book.settled(select.kept(made, found)))
    select.delete_duplicates(made, found, folder)
    return {url: verdict.status for url, verdict in found.items()}


@pytest.fixture
def fresh(tmp_path):
    """A folder where the pictures a to f have arrived."""
    (tmp_path / FRESH).mkdir()
    for letter in "abcdef":
        (tmp_path / FRESH / f"{letter}.jpg").write_text(letter)
    return tmp_path


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_nothing(tmp_path):
    assert settled(tmp_path, ledger()) == {}
    assert files(tmp_path) == []


def test_each_is_kept_once(fresh):
    mug = [("a", FAR[0]), ("b", FAR[1]), ("a", FAR[0]), ("c", FAR[1] ^ 0b111111)]
    made = ledger(mug, [("d", FAR[2]), ("b", FAR[1])])
    found = select.decide(made, fresh, 6)
    assert found["mug/2"].of == "a"
    assert found["mug/3"].of == found["desk/1"].of == "b"
    assert settled(fresh, made) == {
        "mug/0": "kept", "mug/1": "kept", "mug/2": "duplicate", "mug/3": "duplicate",
        "desk/0": "kept", "desk/1": "duplicate",
    }  # fmt: skip
    assert files(fresh) == ["negatives/d.jpg", "pictures/a.jpg", "pictures/b.jpg"]


def test_again_nothing_changes(fresh):
    made = ledger([("a", FAR[0]), ("c", FAR[0] ^ 1)], [("d", FAR[2])])
    first, there = settled(fresh, made), files(fresh)
    assert settled(fresh, made) == first
    assert files(fresh) == there


def test_what_was_kept_stays_though_an_earlier_one_comes_later(fresh):
    """A picture that came at the second try is not to push out one that somebody has labelled since."""
    made = ledger([("a", FAR[0]), ("b", FAR[0] ^ 1)], kept=["b"])
    assert settled(fresh, made) == {"mug/0": "duplicate", "mug/1": "kept"}


def test_a_negative_that_may_show_the_logo_is_none(fresh):
    assert settled(fresh, ledger([], [("a", FAR[0]), ("b", FAR[1])])) == {"desk/0": "kept", "desk/1": "kept"}
    made = ledger([("c", FAR[0] ^ 1), ("b", FAR[1])], [("a", FAR[0]), ("b", FAR[1])], kept=["a", "b"])
    (fresh / FRESH).mkdir()
    (fresh / FRESH / "c.jpg").write_text("c")
    assert settled(fresh, made)["desk/0"] == "duplicate"
    assert files(fresh) == ["pictures/b.jpg", "pictures/c.jpg"]


def test_what_someone_removed_does_not_come_back(fresh):
    made = ledger([("a", FAR[0]), ("b", FAR[0] ^ 1), ("c", FAR[1])])
    settled(fresh, made)
    (fresh / PICTURES / "a.jpg").unlink()
    assert settled(fresh, made) == {"mug/0": "removed", "mug/1": "duplicate", "mug/2": "kept"}
    assert "a" in made.kept
    assert files(fresh) == ["pictures/c.jpg"]


def test_what_never_reached_the_disk_is_lost(fresh):
    (fresh / FRESH / "a.jpg").unlink()
    made = ledger([("a", FAR[0]), ("b", FAR[0] ^ 1)])
    assert settled(fresh, made) == {"mug/0": "lost", "mug/1": "kept"}
    assert made.kept == {"b"}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_arrival_decides_nothing(tmp_path_factory, some, random):
    folder = tmp_path_factory.mktemp("settle")
    (folder / PICTURES).mkdir()
    prints = np.random.default_rng(1).integers(0, 2**63, 4).tolist()
    pictures = [(f"{kind}", prints[kind % 4] ^ (kind >> 2)) for kind, _ in some]
    for name, _ in pictures:
        (folder / PICTURES / f"{name}.jpg").write_text(name)
    mug = [picture for picture, (_, negative) in zip(pictures, some, strict=True) if not negative]
    desk = [picture for picture, (_, negative) in zip(pictures, some, strict=True) if negative]
    made = ledger(mug, desk)
    first = select.decide(made, folder, 6)
    entries = list(made.entries.items())
    random.shuffle(entries)
    made.entries = dict(entries)
    again = select.decide(made, folder, 6)
    assert again == first
    kept = [made.entries[url].outcome.fingerprint for url, verdict in first.items() if verdict.status == "kept"]
    assert all((one ^ other).bit_count() > 6 for at, one in enumerate(kept) for other in kept[:at])
    assert len(kept) == len({kind % 4 for kind, _ in some})
