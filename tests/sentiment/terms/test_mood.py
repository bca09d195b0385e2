"""Scores of clauses, and means with their intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.errors import ModelError
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.sentiment.terms.mood import MoodTally, excludes_zero, label_values, score_terms, student_t
from brandlens.sentiment.terms.table import TermTable, format_table

FILM = Lexicon.of(["film"])
VALUES = st.lists(st.floats(-1, 1), max_size=8)


def test_values_of_labels() -> None:
    assert label_values(("negative", "neutral", "positive")) == {"negative": -1, "neutral": 0, "positive": 1}
    assert label_values(("1 star", "5 stars", "3 stars")) == {"1 star": -1, "3 stars": 0, "5 stars": 1}
    with pytest.raises(ModelError, match="no order"):
        label_values(("books", "films"))


def test_clauses_are_scored_by_themselves(classifier: SentimentClassifier) -> None:
    assert score_terms(classifier, [], FILM) == []
    text = "good film, the bad film."
    first, second = score_terms(classifier, [text, "zzz"], FILM)
    assert [text[slice(*score.clause)] for score in first] == ["good film,", "the bad film."]
    assert [score.label for score in first] == ["positive", "negative"]
    assert [round(score.score, 4) for score in first] == [0.6225, 0.6225]
    assert second == []


def test_records_have_terms(classifier: SentimentClassifier) -> None:
    predictor = SentimentPredictor(classifier, lexicon=FILM)
    records = predictor.predict(["the bad film", "good", "xxx yyy film zzz"])
    clause = {"term": "film", "clause": "the bad film", "label": "negative", "score": 0.6225, "sentiment": -0.2449}
    assert [record["terms"] for record in records[:2]] == [[clause], []]
    assert records[2]["terms"][0]["label"] == "unsure"
    columns = predictor({"id": [1], "input": [b"bytes"]})
    assert columns["terms"] == [None]


@given(VALUES, VALUES)
def test_merged_tallies_are_one(first: list[float], second: list[float]) -> None:
    parts = [MoodTally(), MoodTally()]
    for tally, values in zip(parts, (first, second), strict=True):
        for value in values:
            tally.add("x", value)
    parts[0].merge(parts[1])
    both = first + second
    assert parts[0].labels.total() == parts[0].count == len(both)
    if len(both) > 1:
        assert parts[0].mean == pytest.approx(np.mean(both), abs=1e-9)
        assert parts[0].variance == pytest.approx(np.var(both, ddof=1), abs=1e-9)


def test_reviews_are_the_unit() -> None:
    tally = MoodTally()
    for group, value in ((1, 1.0), (1, 0.0), (2, -0.5)):
        tally.add(None, value, group)
    assert tally.interval().value == 0.0
    assert tally.count == 2


def test_intervals() -> None:
    assert math.isnan(MoodTally().interval().value)
    one, other = MoodTally(), MoodTally()
    for _ in range(20):
        one.add(None, 0.9), one.add(None, 0.7), other.add(None, -0.2), other.add(None, -0.4)
    low, high = one.interval()[1:]
    assert 0.76 < low < 0.8 < high < 0.84
    assert excludes_zero(one.minus(other))
    assert not excludes_zero(one.minus(one))
    assert not excludes_zero(one.minus(MoodTally()))


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.706), (2, 4.303), (3, 3.182), (10, 2.228), (1e6, 1.960)])
def test_quantiles_of_student(freedom: float, quantile: float) -> None:
    assert student_t(freedom) == pytest.approx(quantile, rel=5e-3)


def test_table() -> None:
    table = TermTable(["price", "battery", "menu"])
    for index in range(10):
        wobble = 0.01 * (index % 3)
        price = {"term": "price", "label": "positive", "sentiment": 0.8 - wobble}
        battery = {"term": "battery", "label": "negative", "sentiment": wobble - 0.8}
        table.add([price, battery, battery])
    rows = {row["term"]: row for row in table.rows()}
    assert list(rows) == ["battery", "price", "menu"]
    assert (rows["battery"]["reviews"], rows["battery"]["mentions"], rows["battery"]["verdict"]) == (10, 20, "below")
    assert rows["price"]["verdict"] == "above"
    assert rows["menu"]["sentiment"] is None
    assert len(format_table(table.rows()).splitlines()) == 4
