"""Scores of clauses that mention a term, and the table of terms."""

import pytest

from brandlens.errors import ModelError
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.sentiment.terms.scores import label_values, record_sentiment, review_sentiment, score_terms
from brandlens.sentiment.terms.table import TermTable, format_table

FILM = Lexicon.of(["film"])


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


def test_texts_are_those_that_score_takes(classifier: SentimentClassifier) -> None:
    expected = score_terms(classifier, ["great film", ""], FILM)
    assert score_terms(classifier, (text for text in ("great film", None)), FILM) == expected  # type: ignore[misc]
    with pytest.raises(TypeError, match="texts is one str"):
        score_terms(classifier, "great film", FILM)


def test_records_have_terms(classifier: SentimentClassifier) -> None:
    predictor = SentimentPredictor(classifier, lexicon=FILM)
    records = predictor.predict(["the bad film", "good", "xxx yyy film zzz"])
    clause = {"term": "film", "clause": "the bad film", "label": "negative", "score": 0.6225, "sentiment": -0.2449}
    assert [record["terms"] for record in records[:2]] == [[clause], []]
    assert records[2]["terms"][0]["label"] == "unsure"
    columns = predictor({"id": [1], "input": [b"bytes"]})
    assert columns["terms"] == [None]


def test_no_term_and_no_review() -> None:
    assert TermTable([]).rows() == []
    (row,) = TermTable(["film"]).rows()
    assert (row["reviews"], row["mentions"], row["sentiment"], row["difference"], row["verdict"]) == (
        0,
        0,
        None,
        None,
        "",
    )


def test_reviews_are_the_unit() -> None:
    table = TermTable(["film"])
    for sentiments in ((1.0, 0.0), (-0.5,)):
        table.add([{"term": "film", "label": "neutral", "sentiment": sentiment} for sentiment in sentiments], 0.0)
    (row,) = table.rows()
    assert (row["sentiment"], row["reviews"], row["mentions"]) == (0.0, 2, 3)


def test_table() -> None:
    table = TermTable(["price", "battery", "menu"])
    for index in range(10):
        wobble = 0.01 * (index % 3)
        price = {"term": "price", "label": "positive", "sentiment": 0.8 - wobble}
        battery = {"term": "battery", "label": "negative", "sentiment": wobble - 0.8}
        table.add([battery, battery], wobble - 0.5)
        table.add([price], 0.5 - wobble)
        table.add([], 0.0)
    table.add([], None)
    rows = {row["term"]: row for row in table.rows()}
    assert list(rows) == ["battery", "price", "menu"]
    assert (rows["battery"]["reviews"], rows["battery"]["mentions"], rows["battery"]["verdict"]) == (10, 20, "below")
    assert rows["price"]["verdict"] == "above"
    assert rows["menu"]["sentiment"] is None
    assert len(format_table(table.rows()).splitlines()) == 4


def test_the_difference_is_of_whole_reviews() -> None:
    """Clauses are read less surely than reviews, so a term of which all reviews are alike makes no difference."""
    table = TermTable(["film"])
    for index in range(20):
        clause = {"term": "film", "label": "positive", "sentiment": 0.2}
        table.add([clause] if index % 2 else [], 0.7)
    (row,) = table.rows()
    assert (row["sentiment"], row["difference"], row["verdict"]) == (0.2, 0.0, "")


def test_the_sentiment_of_records(classifier: SentimentClassifier) -> None:
    values = label_values(classifier.labels)
    texts = ["the bad film", "good", "zzz"]
    records = SentimentPredictor(classifier).predict(texts)
    expected = [review_sentiment(prediction, values) for prediction in classifier.score(texts)]
    assert [record_sentiment(record, values) for record in records] == [
        pytest.approx(expected[0], abs=2e-4), pytest.approx(expected[1], abs=2e-4), None,
    ]  # fmt: skip
    three = {"label": "neutral", "score": 0.5, "scores": {"negative": 0.1, "neutral": 0.5, "positive": 0.4}}
    assert record_sentiment(three, label_values(("negative", "neutral", "positive"))) == pytest.approx(0.3)
