import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.crawler import select, state
from brandlens.crawler.providers.candidates import Candidate
from brandlens.crawler.state import CrawlState, Fetched
from brandlens.datasets.scraped_layout import FRESH, PICTURES

MUG, DESK = ("openverse", "mug", False), ("openverse", "desk", True)
HASHES = [0, 0xFFFF, 0xFFFF0000, 0xFFFF00000000]  # far apart


def make_state(mug=(), desk=(), kept=()):
    """Return a state with fetched pictures, each a letter for its content and its perceptual hash."""
    made = CrawlState.from_records([state.searches_record([MUG, DESK]), state.kept_record(kept)])
    for search, pictures in ((MUG, mug), (DESK, desk)):
        urls = [f"{search[1]}/{rank}" for rank in range(len(pictures))]
        made.apply(state.page_record(made.searches[search], map(Candidate, urls)))
        for url, (letter, phash) in zip(urls, pictures, strict=True):
            made.apply(state.outcome_record(url, Fetched(f"{letter}.jpg", letter, phash, 80, 60, 9, "now")))
    return made


def select_kept(folder, made):
    """Move and delete files as a run does; return the statuses."""
    decisions = select.decide(made, folder, 6)
    select.move_kept(made, decisions, folder)
    select.move_kept(made, decisions, folder)  # once more, as after a kill
    made.apply(state.kept_record(select.kept_sha256s(made, decisions)))
    select.delete_duplicates(made, decisions, folder)
    return {url: decision.status for url, decision in decisions.items()}


@pytest.fixture
def fresh(tmp_path):
    """Return a folder into which the pictures a to f were fetched."""
    (tmp_path / FRESH).mkdir()
    for letter in "abcdef":
        (tmp_path / FRESH / f"{letter}.jpg").write_text(letter)
    return tmp_path


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_no_pictures(tmp_path):
    assert select_kept(tmp_path, make_state()) == {}
    assert files(tmp_path) == []


def test_each_is_kept_once(fresh):
    mug = [("a", HASHES[0]), ("b", HASHES[1]), ("a", HASHES[0]), ("c", HASHES[1] ^ 0b111111)]
    made = make_state(mug, [("d", HASHES[2]), ("b", HASHES[1])])
    decisions = select.decide(made, fresh, 6)
    assert decisions["mug/2"].duplicate_of == "a"
    assert decisions["mug/3"].duplicate_of == decisions["desk/1"].duplicate_of == "b"
    assert select_kept(fresh, made) == {
        "mug/0": "kept", "mug/1": "kept", "mug/2": "duplicate", "mug/3": "duplicate",
        "desk/0": "kept", "desk/1": "duplicate",
    }  # fmt: skip
    assert files(fresh) == ["negatives/d.jpg", "pictures/a.jpg", "pictures/b.jpg"]


def test_a_second_time_nothing_changes(fresh):
    made = make_state([("a", HASHES[0]), ("c", HASHES[0] ^ 1)], [("d", HASHES[2])])
    first, before = select_kept(fresh, made), files(fresh)
    assert select_kept(fresh, made) == first
    assert files(fresh) == before


def test_a_kept_picture_stays_though_one_of_higher_rank_is_fetched_later(fresh):
    """A picture fetched at a retry must not replace one that somebody has labelled since."""
    made = make_state([("a", HASHES[0]), ("b", HASHES[0] ^ 1)], kept=["b"])
    assert select_kept(fresh, made) == {"mug/0": "duplicate", "mug/1": "kept"}


def test_a_negative_that_equals_a_picture_of_the_logo_is_a_duplicate(fresh):
    assert select_kept(fresh, make_state([], [("a", HASHES[0]), ("b", HASHES[1])])) == {
        "desk/0": "kept",
        "desk/1": "kept",
    }
    made = make_state([("c", HASHES[0] ^ 1), ("b", HASHES[1])], [("a", HASHES[0]), ("b", HASHES[1])], kept=["a", "b"])
    (fresh / FRESH).mkdir()
    (fresh / FRESH / "c.jpg").write_text("c")
    assert select_kept(fresh, made)["desk/0"] == "duplicate"
    assert files(fresh) == ["pictures/b.jpg", "pictures/c.jpg"]


def test_a_removed_picture_does_not_come_back(fresh):
    made = make_state([("a", HASHES[0]), ("b", HASHES[0] ^ 1), ("c", HASHES[1])])
    select_kept(fresh, made)
    (fresh / PICTURES / "a.jpg").unlink()
    assert select_kept(fresh, made) == {"mug/0": "removed", "mug/1": "duplicate", "mug/2": "kept"}
    assert "a" in made.kept
    assert files(fresh) == ["pictures/c.jpg"]


def test_a_picture_without_its_file_is_lost(fresh):
    (fresh / FRESH / "a.jpg").unlink()
    made = make_state([("a", HASHES[0]), ("b", HASHES[0] ^ 1)])
    assert select_kept(fresh, made) == {"mug/0": "lost", "mug/1": "kept"}
    assert made.kept == {"b"}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_arrival_has_no_influence(tmp_path_factory, drawn, random):
    folder = tmp_path_factory.mktemp("select")
    (folder / PICTURES).mkdir()
    hashes = np.random.default_rng(1).integers(0, 2**63, 4).tolist()
    pictures = [(f"{number}", hashes[number % 4] ^ (number >> 2)) for number, _ in drawn]
    for name, _ in pictures:
        (folder / PICTURES / f"{name}.jpg").write_text(name)
    mug = [picture for picture, (_, negative) in zip(pictures, drawn, strict=True) if not negative]
    desk = [picture for picture, (_, negative) in zip(pictures, drawn, strict=True) if negative]
    made = make_state(mug, desk)
    first = select.decide(made, folder, 6)
    entries = list(made.entries.items())
    random.shuffle(entries)
    made.entries = dict(entries)
    assert select.decide(made, folder, 6) == first
    kept = [made.entries[url].outcome.phash for url, decision in first.items() if decision.status == "kept"]
    assert all((one ^ other).bit_count() > 6 for index, one in enumerate(kept) for other in kept[:index])
    assert len(kept) == len({number % 4 for number, _ in drawn})
