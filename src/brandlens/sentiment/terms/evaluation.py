"""What reviews praise and blame, as tables: terms.csv and term_quotes.csv of a test split."""

from collections.abc import Mapping, Sequence
from typing import Any

from brandlens.datasets.reviews import Reviews
from brandlens.errors import ModelError
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.terms import table
from brandlens.sentiment.terms.discover import Discovery, Found, Quote, Quotes, side_of
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.sentiment.terms.mood import label_values

MAX_TERMS = 10  # of praise, and as many of blame
TERM_COLUMNS = ("term", "side", "z", "praise", "blame", *table.COLUMNS[1:])
QUOTE_COLUMNS = ("term", "side", "label", "sentiment", "start", "end", "text")

Rows = list[dict[str, Any]]


def tables(classifier: SentimentClassifier, splits: Mapping[str, Reviews]) -> tuple[Rows, Rows]:
    """Return the rows of terms.csv and of term_quotes.csv; none where the labels have no praise and blame.

    The terms are those that set the labelled reviews of all splits apart, see `discover`; their sentiment and quotes
    are those of the test split, as the classifier reads them.
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
    test = splits["test"].text
    records = SentimentPredictor(classifier, lexicon=Lexicon.of(term.term for term in found)).predict(test)
    return _tables(found, test, records)


def _tables(found: Sequence[Found], texts: Sequence[str], records: Sequence[Mapping[str, Any]]) -> tuple[Rows, Rows]:
    counts, quotes = table.TermTable(term.term for term in found), Quotes()
    for index, (text, record) in enumerate(zip(texts, records, strict=True)):
        counts.add(record["terms"])
        for mention in record["terms"]:
            start = text.index(mention["clause"])
            end = start + len(mention["clause"])
            quote = Quote(index, text, start, end, mention["label"], mention["sentiment"])
            quotes.add(mention["term"], quote)
    of_term = {row["term"]: row for row in counts.rows()}
    terms, quoted = Rows(), Rows()
    for term in found:
        sign = 1 if term.z > 0 else -1
        side = {"term": term.term, "side": "praise" if sign > 0 else "blame"}
        measured = {name: of_term[term.term][name] for name in table.COLUMNS}
        terms.append(measured | side | {"z": round(term.z, 2), "praise": term.praise, "blame": term.blame})
        for quote in quotes.of(term.term, sign):
            place = {"start": quote.start, "end": quote.end, "text": quote.text}
            quoted.append(side | {"label": quote.label, "sentiment": quote.sentiment} | place)
    return terms, quoted
