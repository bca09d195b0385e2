"""Which column is which."""

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.project import columns

TEXTS = [f"the {word} works and I like it {number}" for number, word in enumerate(["camera", "phone", "radio"] * 10)]
SHORT = [f"title {number}" for number in range(30)]


def alternate(*values: Any) -> list[Any]:
    return [values[number % len(values)] for number in range(30)]


@pytest.mark.parametrize(
    ("values", "roles"),
    [
        pytest.param({"a": TEXTS, "b": alternate("pos", "neg")}, {"text": "a", "label": "b"}, id="words"),
        pytest.param({"t": TEXTS, "label": alternate(1, 0)}, {"label": "label"}, id="numbers under a usual name"),
        pytest.param({"t": TEXTS, "label": alternate(1.0, 0.0, None)}, {"label": "label"}, id="floats and gaps"),
        pytest.param({"t": TEXTS, "isPositive": alternate(True, False)}, {"label": "isPositive"}, id="booleans"),
        pytest.param({"t": TEXTS, "stars": alternate(1, 5, 3)}, {"rating": "stars", "label": None}, id="stars"),
        pytest.param(
            {"t": TEXTS, "stars": alternate(1, 5, 3), "verified": alternate("yes", "no")},
            {"rating": "stars", "label": None},
            id="plain words beside stars are no labels",
        ),
        pytest.param(
            {"t": TEXTS, "stars": alternate(1, 5, 3), "sentiment": alternate("positive", "negative")},
            {"rating": "stars", "label": "sentiment"},
            id="labels and stars",
        ),
        pytest.param({"title": SHORT, "body": TEXTS, "n": alternate(1, 2)}, {"text": "body"}, id="title and text"),
        pytest.param({"t": TEXTS, "when": alternate("2024-01-02")}, {"date": "when"}, id="dates as texts"),
        pytest.param({"t": TEXTS, "d": alternate(datetime.date(2024, 1, 2))}, {"date": "d"}, id="dates"),
        pytest.param(
            {"t": TEXTS, "id": list(range(30)), "product": [f"p{n // 2}" for n in range(30)]},
            {"id": "id", "group": "product"},
            id="names and groups",
        ),
        pytest.param({"t": TEXTS, "product": alternate("a", "b")}, {"group": None}, id="groups too large to split"),
        pytest.param({"t": TEXTS, "split": alternate("train", "test")}, {"split": "split"}, id="splits"),
        pytest.param({"t": TEXTS, "vectors": [[1.0, 2.0]] * 30, "gone": [None] * 30}, {"text": "t"}, id="lists, gaps"),
    ],
)
def test_guess(values: dict[str, list[Any]], roles: dict[str, str | None]) -> None:
    found = columns.guess(values)
    assert found is not None
    assert {name: getattr(found, name) for name in roles} == roles


@pytest.mark.parametrize("values", [{}, {"n": [1, 2, 3]}, {"t": []}, {"t": [None, "", float("nan")]}])
def test_no_texts(values: dict[str, list[Any]]) -> None:
    assert columns.guess(values) is None


def test_two_columns_that_may_be_the_text() -> None:
    found = columns.guess({"pros": TEXTS, "cons": TEXTS[::-1], "title": SHORT})
    assert found is not None
    assert set(found.texts) == {"pros", "cons"}


@pytest.mark.parametrize(
    ("values", "sure"),
    [
        pytest.param({"verified": alternate("yes", "no")}, False, id="plain words"),
        pytest.param({"label": alternate("yes", "no")}, True, id="a usual name"),
        pytest.param({"x": alternate("positive", "negative")}, True, id="known words"),
    ],
)
def test_whether_a_label_is_sure(values: dict[str, list[Any]], sure: bool) -> None:
    found = columns.guess({"t": TEXTS, **values})
    assert found is not None
    assert found.sure is sure


@pytest.mark.parametrize(
    ("cells", "positive", "negative", "neutral"),
    [
        pytest.param([], (), (), (), id="nothing"),
        pytest.param(["Good ", "BAD", None], ("good",), ("bad",), (), id="in any case"),
        pytest.param(["very positive", "very negative"], ("very positive",), ("very negative",), (), id="graded"),
        pytest.param(["recommended", "not recommended"], ("recommended",), ("not recommended",), (), id="a negation"),
        pytest.param(["not very good", "neutral"], (), (), ("neutral",), id="neither"),
        pytest.param(["gut", "schlecht"], (), (), (), id="strange words"),
        pytest.param([1.0, -1.0], ("1",), ("-1",), (), id="numbers"),
        pytest.param([1, 0], ("1",), ("0",), (), id="0 beside 1"),
        pytest.param([1, 0, -1], ("1",), ("-1",), ("0",), id="0 between 1 and -1"),
    ],
)
def test_label_words(
    cells: list[Any], positive: tuple[str, ...], negative: tuple[str, ...], neutral: tuple[str, ...]
) -> None:
    assert columns.label_words(cells) == (positive, negative, neutral)


@pytest.mark.parametrize(
    ("ratings", "cutoffs"),
    [
        pytest.param([], None, id="none"),
        pytest.param([1, 2, 3, 4, 5], (2.0, 4.0), id="one to five"),
        pytest.param([1, 3, 5], (2.0, 4.0), id="some of one to five"),
        pytest.param([1, 4.5, 5], (2.0, 4.0), id="halves"),
        pytest.param(list(range(1, 11)), (4.0, 7.0), id="one to ten"),
        pytest.param([0, 50, 100], (33.0, 67.0), id="percent"),
        pytest.param([4, 5], None, id="positive alone"),
        pytest.param([3], None, id="the middle alone"),
    ],
)
def test_cutoffs(ratings: list[float], cutoffs: tuple[float, float] | None) -> None:
    assert columns.cutoffs(ratings) == cutoffs


@given(st.lists(st.floats(0, 120), min_size=1))
def test_ratings_and_cutoffs_lie_on_the_scale(ratings: list[float]) -> None:
    low, high = columns.scale(ratings)
    assert low <= min(ratings) <= max(ratings) <= high
    if found := columns.cutoffs(ratings):
        assert low <= found[0] < found[1] <= high
