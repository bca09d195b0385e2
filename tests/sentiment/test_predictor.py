"""Batches of reviews: a record a text, whatever else is in the batch; a bad row costs itself alone."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor

REVIEWS = ["good film", "bad film", "zzz", "", "great !", "the film is awful", "good good"]


def test_records(classifier: SentimentClassifier) -> None:
    predictor = SentimentPredictor(classifier)
    assert predictor.predict([]) == []
    records = predictor.predict(REVIEWS)
    assert all(tuple(record)[:3] == ("text", "label", "score") for record in records)
    reasons = {record["text"]: record["reason"] for record in records if len(record) > 3}
    assert reasons == {"zzz": "too few known words", "": "no words"}
    assert [record["text"] for record in records] == REVIEWS
    assert [record["label"] for record in records][:3] == ["positive", "negative", "unsure"]
    assert [record["score"] for record in records][:4] == [0.6225, 0.3775, 0.5, 0.5]


def test_explained_records(classifier: SentimentClassifier) -> None:
    records = SentimentPredictor(classifier, explained=True).predict(["the good film", "zzz"])
    assert records[0]["words"] == [["the", 0.0], ["good", 0.1225], ["film", 0.0]]
    assert records[0]["spans"] == [[4, 8, 0.1225]]
    assert records[1]["words"] == records[1]["spans"] == []


def test_a_batch_of_nothing(classifier: SentimentClassifier) -> None:
    assert set(map(tuple, SentimentPredictor(classifier)({"id": [], "input": []}).values())) == {()}


def test_a_bad_row_costs_itself_alone(classifier: SentimentClassifier) -> None:
    batch = {
        "id": [0, "b", 2, 3, 4],
        "input": ["good film", b"bytes", None, "bad film", float("nan")],
        "error": [None, None, None, "row 3: cut short", None],
    }
    result = SentimentPredictor(classifier, explained=True)(batch)
    assert list(result) == ["id", "input", "label", "score", "reason", "words", "spans", "error", "seconds"]
    assert result["id"] == batch["id"]
    assert result["label"] == ["positive", None, "unsure", None, "unsure"]
    assert result["score"] == [0.6225, None, 0.5, None, 0.5]
    assert result["words"][1] is None
    assert result["reason"] == [None, None, "no words", None, "no words"]
    assert result["error"] == [None, "text is a bytes, not a str", None, "row 3: cut short", None]
    assert all(seconds > 0 for seconds in result["seconds"])


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(st.sampled_from([*REVIEWS, None, 3, b"x"]), max_size=8), cut=st.integers(0, 8))
def test_a_row_does_not_depend_on_the_others(classifier: SentimentClassifier, texts: list[Any], cut: int) -> None:
    predictor = SentimentPredictor(classifier)

    def run(part: list[Any]) -> list[tuple[Any, ...]]:
        result = predictor({"id": part, "input": part})
        return list(zip(result["label"], result["score"], result["error"], strict=True))

    assert run(texts) == run(texts[:cut]) + run(texts[cut:])


def test_a_batch_of_columns_of_different_lengths_is_refused(classifier: SentimentClassifier) -> None:
    with pytest.raises(ValueError, match="zip"):
        SentimentPredictor(classifier)({"id": [1], "input": ["a"], "error": []})


def test_records_of_three_labels(many_labels: Callable[[Sequence[str]], SentimentClassifier]) -> None:
    predictor = SentimentPredictor(many_labels(("negative", "neutral", "positive")), explained=True)
    good, unsure = predictor.predict(["good", "zzz"])
    assert list(good) == ["text", "label", "score", "scores", "words", "spans"]
    assert good["score"] == good["scores"]["positive"] == max(good["scores"].values())
    assert (unsure["label"], unsure["score"], unsure["words"]) == ("unsure", 0.3333, [])
    batch = predictor({"id": [1, 2], "input": ["good", b"bytes"]})
    assert list(batch) == ["id", "input", "label", "score", "scores", "reason", "words", "spans", "error", "seconds"]
    assert batch["scores"] == [good["scores"], None]
