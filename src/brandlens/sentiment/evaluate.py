"""How good a classifier is: overall, by length and by stars, and where it is most wrong. Arrays in file order in."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from brandlens.config.types import ThresholdConfig
from brandlens.metrics import thresholds
from brandlens.metrics.classification import LabelledRows
from brandlens.metrics.intervals import wilson
from brandlens.metrics.registry import compute

LABELS = ("negative", "positive")  # a label's number is its place
LENGTHS = (10, 25, 50, 100, 200, 400)  # tokens: the longest review of each group; longer ones make the last group
PREDICTIONS = ("id", "y_true", "y_pred", "score")  # and one column a baseline, its score
MISTAKES = ("id", "y_true", "score", "text", "words")

Groups = Iterator[tuple[str, np.ndarray]]


def choose_threshold(probability: np.ndarray, truth: np.ndarray, rule: ThresholdConfig) -> float:
    """The threshold that the rule asks for on (n,) probabilities of "positive" and their (n,) 0 or 1 truth.

    A precision or recall is that of the positive label. The best F1 is that of both labels alike, the macro mean;
    of all thresholds within one standard error of the best the one nearest to 0.5 is taken (the rule of Breiman et al.
    1984), since the very best of a few hundred reviews is mostly luck. 0.5 without rows.
    """
    probability, truth = np.asarray(probability, np.float64), np.asarray(truth)
    if rule.maximize is None or not len(truth):
        curve = thresholds.precision_recall_curve(truth == 1, probability)
        return round(thresholds.choose_threshold(curve, rule), 4)
    places = np.unique([0, *probability, 1])
    candidates = np.concatenate([[0.5], (places[1:] + places[:-1]) / 2])
    below = {label: np.searchsorted(np.sort(probability[truth == label]), candidates) for label in (0, 1)}
    positives = int((truth == 1).sum())
    wrong = below[1] + (len(truth) - positives - below[0])
    f1 = [2 * right / np.maximum(2 * right + wrong, 1) for right in (below[0], positives - below[1])]
    mean = (f1[0] + f1[1]) / 2
    share = (mean.max() * len(truth) + 2) / (len(truth) + 4)  # Agresti and Coull 1998: all right is not certainty
    good = candidates[mean >= mean.max() - math.sqrt(share * (1 - share) / len(truth))]
    return round(float(good[np.abs(good - 0.5).argmin()]), 4)


def decide(probability: np.ndarray, threshold: float) -> np.ndarray:
    """(n,) int64: 1 positive, 0 negative."""
    return (np.asarray(probability) >= threshold).astype(np.int64)


def labelled_rows(probability: np.ndarray, truth: np.ndarray, threshold: float, bins: int) -> LabelledRows:
    """Return reviews with (n,) probabilities of "positive" and their (n,) 0 or 1 labels; each review is a unit.

    bins: of the calibration error.
    """
    truth, count = np.asarray(truth, np.int64), len(truth)
    return LabelledRows(LABELS, truth, decide(probability, threshold), np.arange(count), count, probability, bins)


def metrics(probability: np.ndarray, truth: np.ndarray, threshold: float, bins: int) -> dict[str, float]:
    """Return the metrics over both labels, and those of the scores, see `labelled_rows`."""
    return compute(labelled_rows(probability, truth, threshold, bins))


def by_length(lengths: np.ndarray) -> Groups:
    """Names of groups, such as "11-25", and their (n,) bool rows, of (n,) lengths in tokens; empty groups left out."""
    for first, last in zip((0, *(each + 1 for each in LENGTHS)), (*LENGTHS, None), strict=True):
        rows = (lengths >= first) & (lengths <= (math.inf if last is None else last))
        if rows.any():
            yield f"{first}-{last}" if last else f"{first}+", rows


def by_rating(ratings: np.ndarray) -> Groups:
    """Names of groups, such as "4", and their (n,) bool rows, of (n,) star ratings, rising; rows of NaN are in none."""
    for rating in np.unique(ratings[np.isfinite(ratings)]):
        yield f"{rating:g}", ratings == rating


def accuracy_by_group(groups: Groups, right: np.ndarray, rival: np.ndarray) -> list[dict[str, object]]:
    """One row a group: how many reviews, the share that is right with its 95 % interval, and a rival's share.

    right, rival: (n,) bool. The interval is Wilson's (1927), which holds for few reviews and for shares near 1.
    """
    rows = []
    for name, members in groups:
        count, share = int(members.sum()), float(right[members].mean())
        low, high = wilson(share, count)
        numbers = {"accuracy": share, "low": low, "high": high, "baseline": float(rival[members].mean())}
        rows.append({"group": name, "reviews": count} | {key: round(value, 4) for key, value in numbers.items()})
    return rows


def prediction_rows(
    ids: Sequence[str], truth: np.ndarray, probability: np.ndarray, threshold: float, rivals: Mapping[str, np.ndarray]
) -> Iterator[Mapping[str, object]]:
    """Rows of predictions.csv, in file order; rivals: the (n,) scores of each baseline."""
    guesses = decide(probability, threshold)
    for at, (name, actual, score, guess) in enumerate(zip(ids, truth, probability, guesses, strict=True)):
        yield {
            "id": name,
            "y_true": LABELS[actual],
            "y_pred": LABELS[guess],
            "score": round(float(score), 4),
            **{rival: round(float(scores[at]), 4) for rival, scores in rivals.items()},
        }


def mistakes(
    ids: Sequence[str], texts: Sequence[str], truth: np.ndarray, probability: np.ndarray, threshold: float, most: int,
    telling: Callable[[str], Sequence[tuple[str, float]]],
) -> list[dict[str, object]]:  # fmt: skip
    """Rows of mistakes.csv: at most `most` reviews that are judged wrong, the surest first.

    telling: a text → the words that moved its score, and by how much; written as "word +0.20; other -0.13".
    """
    probability, truth = np.asarray(probability, np.float64), np.asarray(truth, np.int64)
    wrong = np.flatnonzero(decide(probability, threshold) != truth)
    worst = wrong[np.argsort(-np.abs(probability - truth)[wrong], kind="stable")][:most]
    return [
        {
            "id": ids[at],
            "y_true": LABELS[truth[at]],
            "score": round(float(probability[at]), 4),
            "text": "\n".join(texts[at].splitlines()),
            "words": "; ".join(f"{word} {change:+.2f}" for word, change in telling(texts[at])),
        }
        for at in worst
    ]
