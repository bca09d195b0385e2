"""The clauses of reviews that mention a term: their labels, and their sentiment, from -1 to 1."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from brandlens.datasets.reviews import NEUTRAL
from brandlens.errors import ModelError
from brandlens.sentiment.classifier import UNSURE, Prediction, SentimentClassifier
from brandlens.sentiment.terms.clauses import split_clauses
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.sentiment.text.check import iterate_texts

# What learned from whole reviews calls most short clauses neutral, though it knows to which side they lean. Chosen on
# sentences that are not in benchmarks/term_sentences.csv, where labels are then measured.
MIN_NEUTRAL = 0.8
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class TermScore:
    """What a clause says of a term.

    clause: its (start, end) offsets in the text, in characters. label: one of the classifier's, or unsure, and score, 0
    to 1: see `decide`. scores: the probability of each label.
    """

    term: str
    clause: tuple[int, int]
    label: str
    score: float
    scores: Mapping[str, float]


def label_values(labels: Sequence[str]) -> dict[str, float]:
    """Return what each label stands for, from -1 to 1.

    Of labels with positive and negative among them these are 1 and -1 and others 0; of numbers, as of stars, the lowest
    is -1, the highest 1 and those between at equal steps. Raises ModelError for other labels.
    """
    if {"negative", "positive"} <= set(labels):
        return {label: {"negative": -1.0, "positive": 1.0}.get(label, 0.0) for label in labels}
    numbers = [NUMBER.search(label) for label in labels]
    values = [float(number[0]) for number in numbers if number]
    if len(values) < len(labels) or len(set(values)) < len(labels) or len(labels) < 2:
        raise ModelError(
            f"labels {', '.join(labels)}: have no order, so no sentiment; train with positive and negative, or stars"
        )
    ranks = sorted(values)
    return {label: 2 * ranks.index(value) / (len(ranks) - 1) - 1 for label, value in zip(labels, values, strict=True)}


def sentiment_of(scores: Mapping[str, float], values: Mapping[str, float]) -> float:
    """Return the sentiment of a prediction, from -1 to 1: what its labels stand for, by their probabilities."""
    return sum(values[label] * score for label, score in scores.items())


def review_sentiment(prediction: Prediction, values: Mapping[str, float]) -> float | None:
    """Return the sentiment of a whole review, from -1 to 1; None where the classifier is unsure."""
    return None if prediction.label == UNSURE else sentiment_of(prediction.scores, values)


def record_sentiment(record: Mapping[str, Any], values: Mapping[str, float]) -> float | None:
    """Return the sentiment of a record, see `SentimentPredictor.predict`, from -1 to 1; None of an unsure one.

    values: what labels stand for, in their order: of two the score is the probability of the last one.
    """
    if record["label"] == UNSURE:
        return None
    scores = record.get("scores") or dict(zip(values, (1 - record["score"], record["score"]), strict=True))
    return sentiment_of(scores, values)


def term_record(text: str, score: TermScore, values: Mapping[str, float]) -> dict[str, Any]:
    """Return what a clause says of a term as plain values: term, clause, label, score and sentiment, four digits."""
    return {
        "term": score.term, "clause": text[slice(*score.clause)], "label": score.label, "score": round(score.score, 4),
        "sentiment": round(sentiment_of(score.scores, values), 4),
    }  # fmt: skip


def score_terms(
    classifier: SentimentClassifier, texts: Iterable[str], lexicon: Lexicon, whole: Sequence[Prediction] | None = None
) -> list[list[TermScore]]:
    """Return, for each text, the scores of the clauses that mention a term, in order; a clause and term once.

    The clauses of all texts are scored in one call, each by itself. whole: the predictions of the texts, if known;
    then a text of one clause is not scored again. Raises TypeError as `SentimentClassifier.score` does.
    """
    texts = list(iterate_texts(texts))
    found, clauses = list[list[tuple[str, tuple[int, int]]]](), dict[str, Prediction | None]()
    for index, text in enumerate(texts):
        places = _places(text, lexicon)
        found.append(places)
        for _, (start, end) in places:
            part = text[start:end]
            is_whole = whole is not None and part == text.strip()
            known = whole[index] if whole is not None and is_whole else None
            clauses[part] = clauses.get(part) or known
    missing = [part for part, prediction in clauses.items() if prediction is None]
    predicted = clauses | dict(zip(missing, classifier.score(missing), strict=True))
    results = list[list[TermScore]]()
    for text, places in zip(texts, found, strict=True):
        results.append([])
        for term, (start, end) in places:
            prediction = predicted[text[start:end]]
            assert prediction is not None
            results[-1].append(TermScore(term, (start, end), *decide(prediction), prediction.scores))
    return results


def decide(prediction: Prediction) -> tuple[str, float]:
    """Return the label of a clause and its score: neutral only from MIN_NEUTRAL on, else the likeliest other label.

    The score of a label that is taken in the place of neutral is its probability among those that are not neutral.
    """
    scores, label = prediction.scores, prediction.label
    if label != NEUTRAL or scores[NEUTRAL] >= MIN_NEUTRAL:
        return label, max(scores.values()) if label == UNSURE else scores[label]
    others = {name: score for name, score in scores.items() if name != NEUTRAL}
    label = max(others, key=lambda name: others[name])
    return label, others[label] / sum(others.values())


def _places(text: str, lexicon: Lexicon) -> list[tuple[str, tuple[int, int]]]:
    """Return the terms of a text, each with the clause that mentions it, without repeats."""
    mentions = lexicon.find(text)
    if not mentions:
        return []
    clauses, places, index = split_clauses(text), dict[tuple[str, tuple[int, int]], None](), 0
    for mention in mentions:
        while clauses[index][1] <= mention.start:
            index += 1
        last = index
        while clauses[last][1] < mention.end:  # a phrase across a line end
            last += 1
        places[mention.term, (clauses[index][0], clauses[last][1])] = None
    return list(places)
