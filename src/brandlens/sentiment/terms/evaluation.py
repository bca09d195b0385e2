"""What positive and negative reviews are about, as tables: terms.csv and term_quotes.csv of a test split."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from brandlens.datasets.reviews import Reviews
from brandlens.errors import ModelError
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.terms import table
from brandlens.sentiment.terms.discover import Discovery, Found, side_of
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.sentiment.terms.scores import (
    TermScore,
    label_values,
    review_sentiment,
    score_terms,
    sentiment_of,
    term_record,
)
from brandlens.sentiment.top_k import TopK

MAX_TERMS, NUM_QUOTES = 10, 3  # of each side; of each term
TERM_COLUMNS = ("term", "side", "z", "num_positive", "num_negative", *table.COLUMNS[1:])
QUOTE_COLUMNS = ("term", "side", "label", "sentiment", "start", "end", "text")

Rows = list[dict[str, Any]]


def tables(classifier: SentimentClassifier, splits: Mapping[str, Reviews]) -> tuple[Rows, Rows]:
    """Return the rows of terms.csv and of term_quotes.csv; none where no label is positive or negative.

    The terms are those that set the labelled reviews of all splits apart, see `discover`; their sentiment and quotes
    are those of the test split, as the classifier reads them; quotes are of reviews that are labelled so, too.
    """
    try:
        values = label_values(classifier.labels)
    except ModelError:
        return [], []
    discovery = Discovery()
    for reviews in splits.values():
        for text, label in zip(reviews.text, reviews.label.tolist(), strict=True):
            if label >= 0:
                discovery.add(text, side_of(reviews.labels[label], values))
    found = discovery.terms(MAX_TERMS)
    test = splits["test"]
    predictions = classifier.score(test.text)
    scores = score_terms(classifier, test.text, Lexicon.of(term.term for term in found), predictions)
    counts = table.TermTable(term.term for term in found)
    for text, prediction, of_text in zip(test.text, predictions, scores, strict=True):
        counts.add([term_record(text, score, values) for score in of_text], review_sentiment(prediction, values))
    return term_rows(found, counts), quote_rows(found, best_quotes(test, scores, values))


def term_rows(found: Sequence[Found], counts: table.TermTable) -> Rows:
    """Return the rows of terms.csv, in the order of the terms."""
    of_term = {row["term"]: row for row in counts.rows()}
    return [
        {name: of_term[term.term][name] for name in table.COLUMNS}
        | {"side": "positive" if term.z > 0 else "negative", "z": round(term.z, 2)}
        | {"num_positive": term.num_positive, "num_negative": term.num_negative}
        for term in found
    ]


def best_quotes(
    reviews: Reviews, scores: Sequence[Sequence[TermScore]], values: Mapping[str, float]
) -> TopK[dict[str, Any]]:
    """Return the strongest quotes of each term and side; equals by a hash of the text, so by no order of the rows."""
    quotes = TopK[dict[str, Any]](NUM_QUOTES)
    for text, label, of_text in zip(reviews.text, reviews.label.tolist(), scores, strict=True):
        side = side_of(reviews.labels[label], values) if label >= 0 else 0
        for score in of_text:
            sentiment = round(sentiment_of(score.scores, values), 4)
            if side * sentiment > 0:  # the review is labelled so, and its clause read so
                start, end = score.clause
                quote = {"label": score.label, "sentiment": sentiment, "start": start, "end": end, "text": text}
                rank = -abs(sentiment), zlib.crc32(text.encode(errors="replace"))
                quotes.add((score.term, side), rank, text, quote)
    return quotes


def quote_rows(found: Sequence[Found], quotes: TopK[dict[str, Any]]) -> Rows:
    """Return the rows of term_quotes.csv: of each term the strongest on its side."""
    return [
        {"term": term.term, "side": "positive" if term.z > 0 else "negative", **quote}
        for term in found
        for quote in quotes.of((term.term, 1 if term.z > 0 else -1))
    ]
