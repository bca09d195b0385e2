"""The sentiment of the clauses that mention a term, from -1 to 1, and its mean over reviews with a 95 % interval."""

import math
import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from brandlens.errors import ModelError
from brandlens.metrics.intervals import Interval
from brandlens.sentiment.classifier import UNSURE, Prediction, SentimentClassifier
from brandlens.sentiment.terms.clauses import split_clauses
from brandlens.sentiment.terms.lexicon import Lexicon

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class TermScore:
    """What a clause says of a term.

    clause: its (start, end) offsets in the text, in characters. label: one of the classifier's, or unsure. score: the
    probability of the label, 0 to 1. scores: that of each label.
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


def mood(scores: Mapping[str, float], values: Mapping[str, float]) -> float:
    """Return the sentiment of a prediction, from -1 to 1: what its labels stand for, by their probabilities."""
    return sum(values[label] * score for label, score in scores.items())


def score_terms(
    classifier: SentimentClassifier, texts: Sequence[str], lexicon: Lexicon, whole: Sequence[Prediction] | None = None
) -> list[list[TermScore]]:
    """Return, for each text, the scores of the clauses that mention a term, in order; a clause and term once.

    The clauses of all texts are scored in one call, each by itself. whole: the predictions of the texts, if known;
    then a text of one clause is not scored again.
    """
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
            score = max(prediction.scores.values())
            if prediction.label != UNSURE:
                score = prediction.scores[prediction.label]
            results[-1].append(TermScore(term, (start, end), prediction.label, score, prediction.scores))
    return results


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


class Mean(NamedTuple):
    """A mean over reviews with its 95 % interval; low and high are NaN for fewer than two of them."""

    value: float
    low: float
    high: float


@dataclass
class MoodTally:
    """Counts reviews and their sentiment in memory that does not grow: Welford's sums, merged as Chan et al. (1983) do.

    count: of reviews. labels: of mentions. Reviews are the unit: what is added in a row for one group, a review's id,
    is averaged first.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    labels: Counter[str] = field(default_factory=Counter)
    _group: Hashable = None
    _sum: float = 0.0
    _pending: int = 0

    def add(self, label: str | None, mood: float, group: Hashable = None) -> None:
        """Add a mention's label, if it has one, and sentiment, from -1 to 1; group: its review, None for one more."""
        if label is not None:
            self.labels[label] += 1
        if group is None or group != self._group:
            self._flush()
        self._group, self._sum, self._pending = group, self._sum + mood, self._pending + 1
        if group is None:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            value = self._sum / self._pending
            self._group, self._sum, self._pending = None, 0.0, 0
            self._merge(1, value, 0.0)

    def _merge(self, count: int, mean: float, squares: float) -> None:
        if total := self.count + count:
            shift = mean - self.mean
            self.squares += squares + shift * shift * self.count * count / total
            self.mean += shift * count / total
            self.count = total

    def merge(self, other: "MoodTally") -> None:
        """Add all that another tally has, of other reviews."""
        self._flush()
        other._flush()
        self._merge(other.count, other.mean, other.squares)
        self.labels.update(other.labels)

    @property
    def variance(self) -> float:
        """The variance of a review's sentiment; NaN for fewer than two reviews."""
        self._flush()
        return self.squares / (self.count - 1) if self.count > 1 else math.nan

    def interval(self) -> Mean:
        """Return the mean sentiment of a review with its interval, by Student's t, within -1 and 1; NaN of none."""
        self._flush()
        if not self.count:
            return Mean(math.nan, math.nan, math.nan)
        spread = student_t(self.count - 1) * math.sqrt(self.variance / self.count)
        return Mean(self.mean, *_clip(self.mean - spread, self.mean + spread))

    def minus(self, rest: "MoodTally") -> Mean:
        """Return how far the mean is above that of other reviews, with its interval (Welch 1947); NaN where unknown."""
        mine, others = self.variance / max(1, self.count), rest.variance / max(1, rest.count)
        value = self.mean - rest.mean if self.count and rest.count else math.nan
        if math.isnan(mine + others):
            return Mean(value, math.nan, math.nan)
        total = mine + others
        freedom = math.inf
        if total:
            freedom = total * total / (mine * mine / (self.count - 1) + others * others / (rest.count - 1))
        spread = student_t(freedom) * math.sqrt(total)
        return Mean(value, value - spread, value + spread)

    def without(self, part: "MoodTally") -> "MoodTally":
        """Return the tally of the reviews that a part of them leaves, such as those that do not mention a term."""
        self._flush()
        part._flush()
        count = self.count - part.count
        if count <= 0:
            return MoodTally()
        mean = (self.mean * self.count - part.mean * part.count) / count
        shift = mean - part.mean
        squares = self.squares - part.squares - shift * shift * count * part.count / self.count
        return MoodTally(count, mean, max(0.0, squares))


def excludes_zero(mean: Mean) -> bool:
    """Return whether an interval lies on one side of 0; not where there is none."""
    return mean.low > 0 or mean.high < 0


def student_t(freedom: float) -> float:
    """Return the 97.5 % quantile of Student's t, within 0.5 %: exact for 1 and 2 degrees of freedom.

    For others by the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5). NaN below 1 degree.
    """
    if freedom < 1:
        return math.nan
    if freedom < 2:
        exact = {1: 12.7062, 2: 4.3027}
        return exact[1] ** (2 - freedom) * exact[2] ** (freedom - 1)
    z, n = 1.959964, freedom
    if freedom < 3:
        return 4.3027 * (3.1824 / 4.3027) ** (freedom - 2)
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )


def _clip(low: float, high: float) -> Interval:
    return Interval(*(value if math.isnan(value) else min(1.0, max(-1.0, value)) for value in (low, high)))
