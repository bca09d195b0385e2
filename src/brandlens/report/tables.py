"""Tables of the pages that go beyond the metrics: what other thresholds cost, and errors by type."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from brandlens.metrics.intervals import Interval
from brandlens.metrics.registry import bootstrap_ratios
from brandlens.report.load import LogoResults

THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)  # of the table


def smallest_detected(results: LogoResults) -> float | None:
    """Return the size, in pixels, of the smallest labelled logo that is detected at the threshold; None without any."""
    detected = (results.boxes["outcome"] == "true_positive") & (results.boxes["score"] >= results.threshold)
    return float(results.boxes["size"][detected].min()) if detected.any() else None


def count_error_types(results: LogoResults) -> dict[str, int]:
    """Return how many false positives at the threshold have which error type, the commonest first."""
    wrong = (results.boxes["outcome"] == "false_positive") & (results.boxes["score"] >= results.threshold)
    return dict(Counter(map(str, results.boxes["error_type"][wrong])).most_common())


@dataclass(frozen=True)
class ThresholdRow:
    """What a threshold costs. intervals: of precision and recall, where they are known."""

    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    chosen: bool
    intervals: Mapping[str, Interval]

    @property
    def predicted(self) -> int:
        """Return how many are predicted at the threshold, right or wrong."""
        return self.true_positives + self.false_positives

    @property
    def precision(self) -> float:
        """Return the precision; 0.0 where nothing is predicted."""
        return self.true_positives / max(self.predicted, 1)

    @property
    def recall(self) -> float:
        """Return the recall; 0.0 where nothing is labelled."""
        return self.true_positives / max(self.true_positives + self.false_negatives, 1)


def threshold_table(
    unit: np.ndarray, correct: np.ndarray, score: np.ndarray, labelled: np.ndarray, threshold: float
) -> list[ThresholdRow]:
    """Return a row for each of `THRESHOLDS` and for the chosen threshold, rising; units are resampled for intervals.

    unit: (n,) int64, the picture or review of each prediction; correct: (n,) bool, whether it is right; score: (n,);
    labelled: (units,) how many are to be predicted in each unit.
    """
    thresholds, num_units = sorted({*THRESHOLDS, threshold}), len(labelled)
    true_positives, false_positives = (
        np.stack([np.bincount(unit[rows & (score >= step)], minlength=num_units) for step in thresholds], axis=1)
        for rows in (correct, ~correct)
    )
    ratios = {}
    for index, correct_units in enumerate(true_positives.T):
        ratios[f"precision {index}"] = correct_units, correct_units + false_positives[:, index]
        ratios[f"recall {index}"] = correct_units, labelled
    drawn = bootstrap_ratios(ratios, num_units)
    rows = []
    for index, step in enumerate(thresholds):
        intervals = {name: drawn[f"{name} {index}"] for name in ("precision", "recall") if f"{name} {index}" in drawn}
        num_correct, num_wrong = int(true_positives[:, index].sum()), int(false_positives[:, index].sum())
        false_negatives = int(labelled.sum()) - num_correct
        rows.append(ThresholdRow(step, num_correct, num_wrong, false_negatives, step == threshold, intervals))
    return rows
