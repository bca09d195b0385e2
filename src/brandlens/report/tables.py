"""What the tables of predictions say beyond the metrics: intervals, sizes, causes, other thresholds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from brandlens.metrics import sizes, weighted
from brandlens.metrics.intervals import Interval, bootstrap, wilson, wilson_if_degenerate
from brandlens.metrics.weighted import ScoredBoxes
from brandlens.report.load import SENTIMENTS, Logo, Sentiment, numbered

Path = tuple[str, ...]
LADDER = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)  # thresholds of the table


def logo_intervals(found: Logo) -> dict[Path, Interval]:
    """The intervals of the metrics over crops, boxes and pictures, and of the baselines; pictures are drawn."""
    units = len(found.pictures)
    ranking, _ = found.ranking()
    stricter = found.stricter()
    counts = _counts(found, ranking)
    flawless = _flawless(found)
    confusions = _confusions(found)

    def statistics(draws: np.ndarray) -> dict[Path, np.ndarray]:
        each = weighted.average_precision(draws, ranking)
        flat: dict[Path, np.ndarray] = {("boxes", "ap50"): weighted.mean_known(each)}
        flat |= {("boxes", "per_class", label, "ap50"): of for label, of in zip(found.labels, each, strict=True)}
        if stricter:
            levels = [each, *(weighted.average_precision(draws, level) for level in stricter)]
            flat["boxes", "ap"] = np.mean([weighted.mean_known(level) for level in levels], axis=0)
        for place, of in counts.items():
            flat |= _under(place, weighted.ratios(draws, *of))
        flat["pictures", "accuracy"] = draws @ flawless / units
        for place, matrix in confusions.items():
            flat |= _under(place, weighted.macro(draws, matrix))
        return flat

    held = {path: rows for place, of in counts.items() for path, rows in _support(place, *of).items()}
    drawn = bootstrap(statistics, units)
    return {
        path: wilson_if_degenerate(interval, found.at(*path), held.get(path, units))
        for path, interval in drawn.items()
        if path[1] != "per_class" or path[-1] != "f1"  # which the metrics do not have
    }


Counts = tuple[np.ndarray, np.ndarray, np.ndarray]  # (units,) hits, false alarms and misses


def _counts(found: Logo, ranking: ScoredBoxes) -> dict[Path, Counts]:
    """Over all boxes, the boxes of each brand, and whole pictures."""
    units, sure = len(found.pictures), ranking.score >= found.threshold
    brands = [_of_label(ranking, sure, label) for label in range(len(found.labels))]
    boxes = tuple(np.sum(of, axis=0) for of in zip(*brands, strict=True))
    shown, said = found.rows["y_true"] == 1, found.rows["score"] >= found.threshold
    unit = found.unit(found.rows)
    pictures = tuple(np.bincount(unit[rows], minlength=units) for rows in (shown & said, said & ~shown, shown & ~said))
    by_brand = {("boxes", "per_class", label): of for label, of in zip(found.labels, brands, strict=True)}
    return {("boxes",): boxes, ("pictures",): pictures, **by_brand}


def _flawless(found: Logo) -> np.ndarray:
    """(units,) bool: the pictures of which all is right."""
    wrong = (found.rows["y_true"] == 1) != (found.rows["score"] >= found.threshold)
    return np.bincount(found.unit(found.rows)[wrong], minlength=len(found.pictures)) == 0


def _confusions(found: Logo) -> dict[Path, np.ndarray]:
    """(units, c * c) counts of crops, of the network and of the baselines."""
    units, classes, unit = len(found.pictures), len(found.classes), found.unit(found.crops)
    truth = numbered(found.crops["y_true"], found.classes)
    said = {("crops",): "y_pred"} | {("baselines", name, "crops"): name for name in found.baselines}
    return {
        place: weighted.counts_by_unit(
            unit, truth * classes + numbered(found.crops[name], found.classes), units, classes**2
        )
        for place, name in said.items()
    }


def _support(place: Path, hits: np.ndarray, alarms: np.ndarray, misses: np.ndarray) -> dict[Path, int]:
    """How many pictures a ratio rests on: three of three is less sure than thirty of thirty."""
    drawn, there = (int(np.count_nonzero(counts)) for counts in (hits + alarms, hits + misses))
    return {(*place, "precision"): drawn} | {(*place, name): there for name in ("recall", "f1", "ap50", "ap")}


def _of_label(ranking: ScoredBoxes, sure: np.ndarray, label: int) -> Counts:
    """(units,) hits, false alarms and misses of a label."""
    units, own = len(ranking.labelled), sure & (ranking.label == label)
    hits, alarms = (np.bincount(ranking.unit[own & rows], minlength=units) for rows in (ranking.hit, ~ranking.hit))
    return hits, alarms, ranking.labelled[:, label] - hits


def sentiment_intervals(found: Sentiment) -> dict[Path, Interval]:
    """The intervals of accuracy, precision, recall and F1, the area under the ROC curve, the calibration error and the
    share of unsure ones.

    Reviews are drawn. What is drawn anew is always worse calibrated than what it is drawn from, so the calibration
    errors of the samples are shifted to the one that was measured.
    """
    truth, units = found.truth, len(found.truth)
    said = {"": found.predicted} | {name: (found.rows[name] >= 0.5).astype(int) for name in found.baselines}
    score = {"": found.rows["score"]} | {name: found.rows[name] for name in found.baselines}
    confusions = {
        name: weighted.counts_by_unit(np.arange(units), truth * 2 + guess, units, 4) for name, guess in said.items()
    }

    def statistics(draws: np.ndarray) -> dict[Path, np.ndarray]:
        flat: dict[Path, np.ndarray] = {}
        for name, matrix in confusions.items():
            place = ("baselines", name) if name else ()
            flat |= _under(place, weighted.macro(draws, matrix))
            flat[*place, "auc"] = weighted.auc(draws, truth, score[name])
            flat[*place, "ece"] = weighted.ece(draws, score[name], truth, found.bins)
        for name, values in weighted.by_class(draws, confusions[""]).items():
            flat |= {("per_class", label, name): values[:, at] for at, label in enumerate(SENTIMENTS)}
        return flat

    errors = [("ece",), *(("baselines", name, "ece") for name in found.baselines)]
    drawn = bootstrap(statistics, units, {path: found.at(*path) for path in errors})
    drawn |= {path: Interval(max(drawn[path].low, 0.0), drawn[path].high) for path in errors if path in drawn}
    unsure = {("unsure",): wilson(found.at("unsure"), units)} if units else {}
    return unsure | {path: wilson_if_degenerate(interval, found.at(*path), units) for path, interval in drawn.items()}


def _under(place: Path, flat: dict[str, np.ndarray]) -> dict[Path, np.ndarray]:
    return {(*place, name): values for name, values in flat.items()}


def by_size(found: Logo) -> list[sizes.SizeBin]:
    """How well logos of each size are found, at the stored threshold."""
    label = numbered(found.boxes["label"], found.labels)
    columns = (found.boxes["outcome"], label, found.boxes["score"], found.boxes["size"])
    return sizes.by_size(*columns, len(found.labels), found.threshold)


def smallest(found: Logo) -> float | None:
    """The side, in pixels, of the smallest labelled logo that was found; None where none was."""
    hits = (found.boxes["outcome"] == "true_positive") & (found.boxes["score"] >= found.threshold)
    return float(found.boxes["size"][hits].min()) if hits.any() else None


def by_cause(found: Logo) -> dict[str, int]:
    """How many false alarms have which cause, at the stored threshold, the commonest first."""
    alarms = (found.boxes["outcome"] == "false_positive") & (found.boxes["score"] >= found.threshold)
    return dict(Counter(map(str, found.boxes["error_type"][alarms])).most_common())


@dataclass(frozen=True)
class ThresholdRow:
    """What a threshold costs: hits, false alarms and misses, and the intervals of what they come to, where known."""

    threshold: float
    hits: int
    alarms: int
    misses: int
    chosen: bool
    intervals: Mapping[str, Interval]

    @property
    def precision(self) -> float:
        """0.0 without a find."""
        return self.hits / max(self.hits + self.alarms, 1)

    @property
    def recall(self) -> float:
        """0.0 without a labelled one."""
        return self.hits / max(self.hits + self.misses, 1)


def threshold_table(
    unit: np.ndarray, positive: np.ndarray, score: np.ndarray, labelled: np.ndarray, threshold: float
) -> list[ThresholdRow]:
    """Rungs at round thresholds and at the chosen one, rising; pictures or reviews are drawn for the intervals.

    unit: (n,) int64 picture or review; positive: (n,) bool, whether a yes is right; score: (n,); labelled: (units,) how
    many are to be found in each unit.
    """
    steps, units = sorted({*LADDER, threshold}), len(labelled)
    hits, alarms = (
        np.stack([np.bincount(unit[rows & (score >= step)], minlength=units) for step in steps], axis=1)
        for rows in (positive, ~positive)
    )
    misses = labelled[:, None].astype(np.int64) - hits

    def statistics(draws: np.ndarray) -> dict[tuple[int, str], np.ndarray]:
        ratios = weighted.ratios(draws, hits, alarms, misses)
        return {(at, name): ratios[name][:, at] for at in range(len(steps)) for name in ("precision", "recall")}

    drawn = bootstrap(statistics, units)
    rungs = []
    for at, step in enumerate(steps):
        counts = hits[:, at], alarms[:, at], misses[:, at]
        rung = ThresholdRow(step, *(int(each.sum()) for each in counts), step == threshold, {})
        held = _support((), *counts)
        known = {
            name: wilson_if_degenerate(drawn[at, name], getattr(rung, name), held[name,])
            for name in ("precision", "recall")
            if (at, name) in drawn
        }
        rungs.append(replace(rung, intervals=known))
    return rungs


def confusion(truth: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    """(c, c) int64 counts, rows = truth."""
    return np.bincount(truth * classes + said, minlength=classes**2).reshape(classes, classes)


def sentiments(found: Sentiment) -> np.ndarray:
    """(2, 2) int64 counts of reviews, rows = truth."""
    return confusion(found.truth, found.predicted, len(SENTIMENTS))
