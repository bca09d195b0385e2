"""The reviews that come with the project are what its README says."""

import csv
import re
from collections import Counter
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "data/sentiment/sample.csv"
with SAMPLE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))


def runs(text: str, count: int) -> set[tuple[str, ...]]:
    """All its runs of so many words."""
    found = words(text)
    return {tuple(found[at : at + count]) for at in range(len(found) - count + 1)}


def test_there_are_many_and_no_two_the_same() -> None:
    assert len(ROWS) >= 1000
    assert len({" ".join(words(row["text"])) for row in ROWS}) == len(ROWS)


def test_they_are_short() -> None:
    lengths = [len(row["text"].split()) for row in ROWS]
    assert max(lengths) <= 80
    assert sum(length < 5 for length in lengths) < 0.03 * len(ROWS)


def test_three_labels_and_a_test_fifth() -> None:
    assert {row["split"] for row in ROWS} == {"train", "val", "test"}
    for split, count in Counter(row["split"] for row in ROWS).items():
        positive = sum(row["label"] == "positive" for row in ROWS if row["split"] == split)
        negative = sum(row["label"] == "negative" for row in ROWS if row["split"] == split)
        neutral = sum(row["label"] == "neutral" for row in ROWS if row["split"] == split)
        assert positive + negative + neutral == count
        assert abs(positive - negative) < 0.02 * count
        assert 0.13 < neutral / count < 0.16
    assert sum(row["label"] == "neutral" for row in ROWS) >= 700
    assert 0.18 < sum(row["split"] == "test" for row in ROWS) / len(ROWS) < 0.22


def test_the_test_split_shares_no_phrase_with_the_others() -> None:
    test = [row["text"] for row in ROWS if row["split"] == "test"]
    others = [row["text"] for row in ROWS if row["split"] != "test"]
    assert not set().union(*(runs(text, 5) for text in test)) & set().union(*(runs(text, 5) for text in others))
