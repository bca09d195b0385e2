"""The label of what a review says of a term: that of the clause which mentions it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from brandlens.sentiment.classifier import UNSURE, Prediction, SentimentClassifier
from brandlens.sentiment.terms.clauses import Span, split_at_commas, split_clauses
from brandlens.sentiment.terms.lexicon import Lexicon

MIN_MARGIN = 0.15  # of two labels: how far from one half a part of a clause must score to be read alone


@dataclass(frozen=True)
class TermScore:
    """A clause that mentions a term. clause: character offsets. label, score: as of a review, see `Prediction`."""

    term: str
    clause: Span
    label: str
    score: float


def score_terms(classifier: SentimentClassifier, texts: Sequence[str], lexicon: Lexicon) -> list[list[TermScore]]:
    """Return for each text a score of every clause that mentions a term, once a term and clause, in order.

    The part between two commas that mentions the term is read alone where it is decided, so that "great idea, terrible
    execution" is praise and blame; where it is neutral or unsure, the clause around it is read.
    """
    found = [list(_mentions(text, lexicon)) for text in texts]
    wanted = dict.fromkeys(
        text[start:end]
        for text, mentions in zip(texts, found, strict=True)
        for _, clause, part in mentions
        for start, end in (clause, part)
    )
    predictions = dict(zip(wanted, classifier.score(wanted), strict=True))
    scored = []
    for text, mentions in zip(texts, found, strict=True):
        scores: dict[tuple[str, Span], TermScore] = {}
        for term, clause, part in mentions:
            span = part if is_decided(predictions[text[slice(*part)]]) else clause
            prediction = predictions[text[slice(*span)]]
            scores.setdefault((term, span), TermScore(term, span, prediction.label, prediction.score))
        scored.append(list(scores.values()))
    return scored


def is_decided(prediction: Prediction) -> bool:
    """Return whether a part of a clause says something by itself: neither unsure nor neutral nor near one half."""
    if prediction.label in (UNSURE, "neutral"):
        return False
    return len(prediction.scores) > 2 or abs(prediction.score - 0.5) >= MIN_MARGIN


def _mentions(text: str, lexicon: Lexicon) -> Iterator[tuple[str, Span, Span]]:
    """Yield each mention's term, the clause around it, and the part of that between two commas."""
    mentions = lexicon.find(text)
    if not mentions:
        return
    clauses = split_clauses(text)
    parts = {clause: split_at_commas(text, clause) for clause in clauses}
    for mention in mentions:
        clause = _around(clauses, mention.start, mention.end)
        yield mention.term, clause, _around(parts.get(clause, [clause]), mention.start, mention.end)


def _around(spans: Sequence[Span], start: int, end: int) -> Span:
    """Return the span of all those that a mention lies in: more than one where its form has a comma or a dash."""
    touched = [span for span in spans if span[0] < end and start < span[1]]
    return touched[0][0], touched[-1][1]
