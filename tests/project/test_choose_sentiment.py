"""What suits tables of reviews."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brandlens import config
from brandlens.datasets.reviews import NEGATIVE, POSITIVE
from brandlens.errors import UserError
from brandlens.project import choose_sentiment, columns
from brandlens.project.choices import Choice
from brandlens.project.columns import Roles
from brandlens.project.look_reviews import Reviews, Table

KNOWN = config.parse(config.defaults(), {}).sentiment.collect.files.columns


def table(name: str = "a.csv", **values: list[Any]) -> Table:
    values = {"text": ["it works well and fast", "it is bad and slow", "so so as it is"], **values}
    return Table(Path(name), 3, 0, values, columns.guess(values))


def chosen(choices: Any) -> dict[str, Any]:
    return {choice.key.rpartition(".")[2]: choice.value for choice in choices}


@pytest.mark.parametrize(
    ("values", "choices"),
    [
        pytest.param({"label": ["pos", "neg", "neg"]}, {"text": "text", "label": "label"}, id="the default's words"),
        pytest.param(
            {"label": ["good", "bad", "bad"]},
            {"text": "text", "label": "label", "positive_labels": ["good"], "negative_labels": ["bad"]},
            id="other words",
        ),
        pytest.param(
            {"label": ["pos", "neg", "neutral"]},
            {"text": "text", "label": "label", "labels": ["negative", "positive"]},
            id="few neutral ones are left out",
        ),
        pytest.param(
            {"label": ["pos", "neg", "none"]},
            {"text": "text", "label": "label", "max_bad_rows": 0.39},
            id="rows without a label are left out",
        ),
        pytest.param(
            {"text": ["so it is"] * 60, "label": ["pos", "neg", "neutral"] * 20},
            {"text": "text", "label": "label"},
            id="neutral ones are a label",
        ),
        pytest.param(
            {"text": ["so it is"] * 60, "label": [1, 0, -1] * 20},
            {
                "text": "text",
                "label": "label",
                "positive_labels": ["1"],
                "negative_labels": ["-1"],
                "neutral_labels": ["0"],
            },
            id="0 between 1 and -1 is neutral",
        ),
        pytest.param(
            {"stars": [1, 10, 5]},
            {
                "text": "text",
                "label": None,
                "rating": "stars",
                "rating_scale": [1.0, 10.0],
                "rating_cutoffs": [4.0, 7.0],
            },
            id="stars",
        ),
    ],
)
def test_columns(values: dict[str, list[Any]], choices: dict[str, Any]) -> None:
    assert chosen(choose_sentiment.table_columns([table(**values)], "text", KNOWN)) == choices


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        pytest.param([{"label": ["pos"] * 3}], "has positive labels only; add negative", id="one class"),
        pytest.param([{"label": ["gut", "schlecht", "gut"]}], "has the values gut, schlecht; say what", id="strange"),
        pytest.param([{"label": ["true", "falsch", ""]}], "has the values falsch, true; say", id="one is strange"),
        pytest.param([{"stars": [4, 5, 4.5]}], "stars from 4 to 5, all of one kind", id="stars of one class"),
        pytest.param(
            [{"label": ["pos", "neg", "neg"]}, {"stars": [1, 5, 3]}], "have different columns", id="different"
        ),
    ],
)
def test_what_cannot_be_used(tables: list[dict[str, list[Any]]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        list(choose_sentiment.table_columns([table(**values) for values in tables], "text", KNOWN))


def test_stars_that_are_no_numbers() -> None:
    given = replace(table(stars=["4/5", "1/5", ""]), roles=Roles("text", rating="stars"))
    with pytest.raises(UserError, match=r'"stars" has no numbers, but such as 1/5, 4/5; write stars as numbers'):
        list(choose_sentiment.table_columns([given], "text", KNOWN))


def test_the_reason_for_cutoffs_is_of_the_scale_and_says_which_end_is_positive() -> None:
    *_, scale, cutoffs = choose_sentiment.table_columns([table(stars=[0, 4, 2])], "text", KNOWN)
    assert (scale.value, cutoffs.value) == ([0, 5], [1, 4])
    assert cutoffs.reason.startswith("the outer thirds of 0 to 5 stars: 1 or less is negative, 4 or more positive")


def test_two_files_of_one_class_each() -> None:
    tables = [table("pos.csv", label=["positive"] * 3), table("neg.csv", label=["negative"] * 3)]
    assert chosen(choose_sentiment.table_columns(tables, "text", KNOWN)) == {"text": "text", "label": "label"}


def test_stars_beside_labels_need_not_be_in_all_files() -> None:
    tables = [table("a.csv", label=["pos", "neg", "neg"], stars=[1, 5, 3]), table("b.csv", label=["pos", "neg", "neg"])]
    assert chosen(choose_sentiment.table_columns(tables, "text", KNOWN)) == {"text": "text", "label": "label"}


def seen(positive: int, negative: int, words: int = 20) -> Reviews:
    return Reviews(Counter({("train", POSITIVE): positive, ("train", NEGATIVE): negative}), [words] * 100)


@pytest.mark.parametrize(("count", "grows"), [(100, False), (12_000, True)])
def test_many_reviews_get_a_larger_model(count: int, grows: bool) -> None:
    choices = list(choose_sentiment.model(seen(count, count)))
    assert bool(choices) is grows
    values = {choice.key: choice.value for choice in choices}
    assert values.get("sentiment.train.bilstm.units", 64) == (128 if grows else 64)


@pytest.mark.parametrize(("words", "length"), [(20, None), (400, 600), (5000, 800)])
def test_max_length(words: int, length: int | None) -> None:
    choices = list(choose_sentiment.max_length(seen(1, 1, words), 400))
    assert [choice.value for choice in choices] == ([length] if length else [])


@pytest.mark.parametrize(
    ("positive", "negative", "words"),
    [
        pytest.param(1000, 1000, [], id="enough"),
        pytest.param(1000, 10, ["only 10 negative", "negative reviews are rare"], id="few and rare"),
        pytest.param(0, 1000, ["only 0 positive"], id="none"),
    ],
)
def test_notes(positive: int, negative: int, words: list[str]) -> None:
    notes = list(choose_sentiment.notes(seen(positive, negative)))
    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes, strict=True))


def test_files() -> None:
    files = {"train": ["a.csv"], "val": [], "test": ["b.csv"], "unlabelled": ["c.txt"]}
    choices = list(choose_sentiment.table_files(files))
    assert choices[0] == Choice("sentiment.collect.source", "files", "your own tables")
    assert chosen(choices[1:]) == {"train": ["a.csv"], "test": ["b.csv"], "unlabelled": ["c.txt"]}
