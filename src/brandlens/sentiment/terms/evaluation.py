"""What positive and negative reviews are about, as tables: terms.csv and term_quotes.csv of a test split."""

from collections.abc import Mapping, Sequence
from typing import Any

from brandlens.datasets.reviews import Reviews
from brandlens.errors import ModelError
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.terms import table
from brandlens.sentiment.terms.discover import Discovery, Found, Quote, Quotes, side_of
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.sentiment.terms.scores import TermScore, label_values, score_terms, sentiment_of, term_record

MAX_TERMS = 10  # of each side
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
    sides = [side_of(test.labels[label], values) if label >= 0 else 0 for label in test.label.tolist()]
    scores = score_terms(classifier, test.text, Lexicon.of(term.term for term in found))
    return _tables(found, test.text, sides, scores, values)


def _tables(
    found: Sequence[Found],
    texts: Sequence[str],
    sides: Sequence[int],
    scores: Sequence[Sequence[TermScore]],
    values: Mapping[str, float],
) -> tuple[Rows, Rows]:
    counts, quotes = table.TermTable(term.term for term in found), Quotes()
    for index, (text, side, of_text) in enumerate(zip(texts, sides, scores, strict=True)):
        counts.add([term_record(text, score, values) for score in of_text])
        for score in of_text:
            quote = Quote(index, text, *score.clause, score.label, round(sentiment_of(score.scores, values), 4))
            if side * quote.sentiment > 0:  # the review is labelled so, and its clause read so
                quotes.add(score.term, quote)
    of_term = {row["term"]: row for row in counts.rows()}
    terms, quoted = Rows(), Rows()
    for term in found:
        sign = 1 if term.z > 0 else -1
        name_and_side = {"term": term.term, "side": "positive" if sign > 0 else "negative"}
        measured = {name: of_term[term.term][name] for name in table.COLUMNS}
        of_reviews = {"num_positive": term.num_positive, "num_negative": term.num_negative}
        terms.append(measured | name_and_side | {"z": round(term.z, 2)} | of_reviews)
        for quote in quotes.of(term.term, sign):
            place = {"start": quote.start, "end": quote.end, "text": quote.text}
            quoted.append(name_and_side | {"label": quote.label, "sentiment": quote.sentiment} | place)
    return terms, quoted
