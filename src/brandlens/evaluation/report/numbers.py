"""What the tables of predictions say beyond the metrics: intervals, sizes, causes, other thresholds."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from brandlens.evaluation import measures
from brandlens.evaluation.intervals import Interval, bootstrap, widened, wilson
from brandlens.evaluation.measures import Ranking
from brandlens.evaluation.report.results import SENTIMENTS, Logo, Sentiment, numbered

Path = tuple[str, ...]
SIZES = (0, 24, 32, 48, 64, 96, 128, 192, 256, float("inf"))  # pixels: edges of the groups of a logo's side
LADDER = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)  # thresholds of the table


def of_logo(found: Logo) -> dict[Path, Interval]:
    """The intervals of the metrics over crops, boxes and pictures, and of the baselines; pictures are drawn."""
    units, classes, threshold = len(found.pictures), len(found.classes), found.threshold
    ranking, _ = found.ranking()
    sure = ranking.score >= threshold
    count = {
        name: np.bincount(ranking.unit[rows], minlength=units)
        for name, rows in (("hits", sure & ranking.hit), ("alarms", sure & ~ranking.hit))
    }
    misses = ranking.labelled.sum(axis=1) - count["hits"]
    shown, said = found.rows["truth"] == 1, found.rows["score"] >= threshold
    decided = found.unit(found.rows)
    pictures = [np.bincount(decided[rows], minlength=units) for rows in (shown & said, said & ~shown, shown & ~said)]
    flawless = np.bincount(decided[shown != said], minlength=units) == 0
    truth = numbered(found.crops["actual"], found.classes)
    confusions = {
        name: _confusions(found, truth, numbered(found.crops[name], found.classes), classes)
        for name in ("predicted", *found.baselines)
    }

    brands = [_of_label(ranking, sure, label) for label in range(len(found.labels))]

    totals = (count["hits"], count["alarms"], misses)

    def statistics(draws: np.ndarray) -> dict[Path, np.ndarray]:
        each = measures.ap50(draws, ranking)
        flat: dict[Path, np.ndarray] = {("boxes", "ap50"): measures.mean_known(each)}
        for label, values, counts in zip(found.labels, each, brands, strict=True):
            ratios = measures.ratios(draws, *counts)
            place = ("boxes", "per_class", label)
            flat |= {(*place, "ap50"): values} | {(*place, name): ratios[name] for name in ("precision", "recall")}
        flat |= _under(("boxes",), measures.ratios(draws, *totals))
        flat |= _under(("pictures",), measures.ratios(draws, *pictures))
        flat["pictures", "accuracy"] = draws @ flawless / units
        for name, matrix in confusions.items():
            place = ("crops",) if name == "predicted" else ("baselines", name, "crops")
            flat |= _under(place, measures.macro(draws, matrix))
        return flat

    held = _support(("boxes",), *totals) | _support(("pictures",), *pictures)
    for label, counts in zip(found.labels, brands, strict=True):
        held |= _support(("boxes", "per_class", label), *counts)
    drawn = bootstrap(statistics, units)
    return {path: widened(interval, found.at(*path), held.get(path, units)) for path, interval in drawn.items()}


def _support(place: Path, hits: np.ndarray, alarms: np.ndarray, misses: np.ndarray) -> dict[Path, int]:
    """How many pictures a ratio rests on: three of three is less sure than thirty of thirty."""
    drawn, there = (int(np.count_nonzero(counts)) for counts in (hits + alarms, hits + misses))
    return {(*place, "precision"): drawn} | {(*place, name): there for name in ("recall", "f1", "ap50")}


def _of_label(ranking: Ranking, sure: np.ndarray, label: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(units,) hits, false alarms and misses of a label."""
    units, own = len(ranking.labelled), sure & (ranking.label == label)
    hits, alarms = (np.bincount(ranking.unit[own & rows], minlength=units) for rows in (ranking.hit, ~ranking.hit))
    return hits, alarms, ranking.labelled[:, label] - hits


def of_sentiment(found: Sentiment) -> dict[Path, Interval]:
    """The intervals of accuracy, precision, recall and F1, the area under the ROC curve and the share of unsure ones.

    Reviews are drawn. The calibration error has none: what is drawn anew is always worse calibrated than what it is
    drawn from.
    """
    truth, units = found.truth, len(found.truth)
    said = {"": found.predicted} | {name: (found.rows[name] >= 0.5).astype(int) for name in found.baselines}
    score = {"": found.rows["score"]} | {name: found.rows[name] for name in found.baselines}
    confusions = {name: measures.tallies(np.arange(units), truth * 2 + guess, units, 4) for name, guess in said.items()}

    def statistics(draws: np.ndarray) -> dict[Path, np.ndarray]:
        flat: dict[Path, np.ndarray] = {}
        for name, matrix in confusions.items():
            place = ("baselines", name) if name else ()
            flat |= _under(place, measures.macro(draws, matrix))
            flat[*place, "auc"] = measures.auc(draws, truth, score[name])
        for name, values in measures.by_class(draws, confusions[""]).items():
            flat |= {("per_class", label, name): values[:, at] for at, label in enumerate(SENTIMENTS)}
        return flat

    drawn = bootstrap(statistics, units)
    unsure = {("unsure",): wilson(found.at("unsure"), units)} if units else {}
    return unsure | {path: widened(interval, found.at(*path), units) for path, interval in drawn.items()}


def _under(place: Path, flat: dict[str, np.ndarray]) -> dict[Path, np.ndarray]:
    return {(*place, name): values for name, values in flat.items()}


def _confusions(found: Logo, truth: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    return measures.tallies(found.unit(found.crops), truth * classes + said, len(found.pictures), classes**2)


@dataclass(frozen=True)
class Group:
    """Logos whose side is from `low` to under `high` pixels: how many are labelled and found, AP50, and intervals."""

    low: float
    high: float
    labelled: int
    found: int
    recall: float
    interval: Interval
    ap50: float

    @property
    def name(self) -> str:
        """Such as "32-47"."""
        return f"{self.low:.0f} or more" if self.high == float("inf") else f"{self.low:.0f}-{self.high - 1:.0f}"


def by_size(found: Logo) -> Iterator[Group]:
    """The groups that hold a labelled box, the smallest first."""
    ranking, size = found.ranking()
    labelled = found.labelled()
    once = np.ones((1, len(found.pictures)), np.float32)
    for low, high in pairwise(SIZES):
        part = measures.sized(ranking, size, labelled, low, high)
        total = int(part.labelled.sum())
        if not total:
            continue
        hits = int((part.hit & (part.score >= found.threshold)).sum())
        value = float(np.nan_to_num(measures.mean_known(measures.ap50(once, part))[0]))
        yield Group(low, high, total, hits, hits / total, wilson(hits / total, total), value)


def smallest(found: Logo) -> float | None:
    """The side, in pixels, of the smallest labelled logo that was found; None where none was."""
    hits = (found.boxes["outcome"] == "hit") & (found.boxes["score"] >= found.threshold)
    return float(found.boxes["size"][hits].min()) if hits.any() else None


def by_cause(found: Logo) -> dict[str, int]:
    """How many false alarms have which cause, at the stored threshold, the commonest first."""
    alarms = (found.boxes["outcome"] == "alarm") & (found.boxes["score"] >= found.threshold)
    return dict(Counter(map(str, found.boxes["cause"][alarms])).most_common())


@dataclass(frozen=True)
class Rung:
    """What a threshold costs: hits, false alarms and misses, and what they come to."""

    threshold: float
    hits: int
    alarms: int
    misses: int
    chosen: bool

    @property
    def precision(self) -> float:
        """0.0 without a find."""
        return self.hits / max(self.hits + self.alarms, 1)

    @property
    def recall(self) -> float:
        """0.0 without a labelled one."""
        return self.hits / max(self.hits + self.misses, 1)


def ladder(positive: np.ndarray, score: np.ndarray, total: int, threshold: float) -> list[Rung]:
    """Rungs at round thresholds and at the chosen one, rising. positive: (n,) bool of each (n,) score; total: all."""
    rungs = []
    for each in sorted({*LADDER, threshold}):
        sure = score >= each
        hits = int((sure & positive).sum())
        rungs.append(Rung(each, hits, int((sure & ~positive).sum()), total - hits, each == threshold))
    return rungs


def confusion(truth: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    """(c, c) int64 counts, rows = truth."""
    return np.bincount(truth * classes + said, minlength=classes**2).reshape(classes, classes)


def sentiments(found: Sentiment) -> np.ndarray:
    """(2, 2) int64 counts of reviews, rows = truth."""
    return confusion(found.truth, found.predicted, len(SENTIMENTS))
