"""Tables of what positive and negative reviews are about."""

from dataclasses import replace

import numpy as np

from brandlens.datasets.reviews import Reviews
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.terms import evaluation

POSITIVE, NEGATIVE = "It is good, the film is good", "It is bad, the bad film is bad"


def _reviews(texts: list[str], labels: list[int]) -> Reviews:
    blank, numbers = [""] * len(texts), np.full(len(texts), np.nan, np.float32)
    return Reviews([*map(str, range(len(texts)))], texts, np.array(labels, np.int8), numbers, blank, blank, numbers)


def test_no_reviews(classifier: SentimentClassifier) -> None:
    assert evaluation.tables(classifier, {"test": _reviews([], [])}) == ([], [])


def test_labels_without_sides(classifier: SentimentClassifier) -> None:
    topics = replace(classifier, labels=("books", "films"))
    assert evaluation.tables(topics, {"test": _reviews([POSITIVE], [1])}) == ([], [])


def test_quotes_are_of_reviews_that_are_labelled_and_read_so(classifier: SentimentClassifier) -> None:
    filler = [f"a plain sentence about the garden number{index}" for index in range(40)]
    texts = [POSITIVE, "I think the film is bad", *[POSITIVE] * 20, *filler, "It is bad, all bad and awful"]
    labels = [1, 1, *[1] * 20, *[0] * 41]
    terms, quotes = evaluation.tables(classifier, {"test": _reviews(texts, labels)})
    assert [(row["term"], row["side"]) for row in terms] == [("film", "positive")]
    assert set(terms[0]) == set(evaluation.TERM_COLUMNS)
    assert [quote["text"] for quote in quotes] == [POSITIVE]
    assert POSITIVE[quotes[0]["start"] : quotes[0]["end"]] == "the film is good"
