"""What a metric is: one function that takes resampling weights, and a title.

The metrics file, its intervals, the report's tables and `brandlens report` all go through the dicts of `Metric`:
`classification.METRICS` (crops and reviews), `classification.SCORE_METRICS` (reviews), `detection.BOX_METRICS` and
`pictures.PICTURE_METRICS`. Adding a metric is adding its function and title to one of them; its key there is its name
in metrics.json.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from brandlens.metrics.intervals import Interval, bootstrap, wilson_if_degenerate

Function = Callable[[Any, np.ndarray], np.ndarray]
Support = Callable[[Any], tuple[int, np.ndarray]]


@dataclass(frozen=True)
class Metric:
    """A number that stages write and reports show.

    title: its column in tables.
    function: (rows, weights) → (r,) values; weights is (r, units): how often each unit, a picture or a review, is in
    each of r resamples. Weights of 1 give the metric itself. NaN stands where there is nothing to compute it from.
    by_class: the same → (r, classes), where it also exists for each class.
    support: rows → how many units the metric rests on, and the same for each class, (classes,); None: all units. Three
    right of three are less sure than thirty of thirty.
    undefined: what the metrics file holds where there is nothing to compute it from.
    biased: whether resamples are biased in it, so that their mean is shifted to the metric itself.
    """

    title: str
    function: Function
    by_class: Function | None = None
    support: Support | None = None
    undefined: float = 0.0
    biased: bool = False


class Rows(Protocol):
    """What was predicted for the rows of one table, and what is true of them, by pictures or reviews."""

    @property
    def labels(self) -> Sequence[str]:
        """Return the names of the classes."""

    @property
    def num_units(self) -> int:
        """Return how many pictures or reviews there are, those without a row too."""

    @property
    def registry(self) -> Mapping[str, Metric]:
        """Return the metrics of such rows."""

    def counts(self) -> dict[str, float]:
        """Return numbers that have no interval, by the flat names of `compute`."""


def compute(rows: Rows) -> dict[str, float]:
    """Return every metric of the rows by its name, `per_class.<label>.<name>` for those of a class, and the counts."""
    flat = {}
    for name, values in _compute(rows, np.ones((1, rows.num_units))).items():
        value = float(values[0])
        flat[name] = rows.registry[_metric_name(name)].undefined if math.isnan(value) else value
    return flat | rows.counts()


def compute_intervals(rows: Rows) -> dict[str, Interval]:
    """Return the 95 % intervals of the metrics that have one, by the names of `compute`; units are resampled."""
    values, counts = compute(rows), rows.counts()
    biased = {name for name in values if name not in counts and rows.registry[_metric_name(name)].biased}
    drawn = bootstrap(
        lambda weights: _compute(rows, weights), rows.num_units, {name: values[name] for name in sorted(biased)}
    )
    support = _support(rows)
    intervals = {}
    for name, interval in drawn.items():
        shifted = Interval(max(interval.low, 0.0), interval.high) if name in biased else interval
        intervals[name] = wilson_if_degenerate(shifted, round(values[name], 9), support[name])
    return intervals


def _compute(rows: Rows, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return the (r,) values of every metric, by the names of `compute`."""
    flat = {}
    for name, metric in rows.registry.items():
        flat[name] = metric.function(rows, weights)
        if metric.by_class:
            columns = metric.by_class(rows, weights).T
            flat |= {f"per_class.{label}.{name}": column for label, column in zip(rows.labels, columns, strict=True)}
    return flat


def _support(rows: Rows) -> dict[str, int]:
    """Return how many units each metric rests on, by the names of `compute`."""
    flat = {}
    for name, metric in rows.registry.items():
        overall, by_class = rows.num_units, np.full(len(rows.labels), rows.num_units)
        if metric.support:
            overall, by_class = metric.support(rows)
        flat[name] = overall
        flat |= {f"per_class.{label}.{name}": int(units) for label, units in zip(rows.labels, by_class, strict=True)}
    return flat


def _metric_name(name: str) -> str:
    """Return the registry's key of a name of `compute`; labels may hold dots, keys do not."""
    return name.rsplit(".", 1)[-1]


def counts_by_unit(unit: np.ndarray, class_id: np.ndarray, num_units: int, num_classes: int) -> np.ndarray:
    """Return (units, classes) float32: how many of the (n,) rows each unit has of each class."""
    counts = np.bincount(unit * num_classes + class_id, minlength=num_units * num_classes)
    return counts.reshape(num_units, num_classes).astype(np.float32)


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Return their quotient, NaN where the denominator is 0: such a resample has no value."""
    return np.divide(
        numerator, denominator, out=np.full(denominator.shape, np.nan, denominator.dtype), where=denominator > 0
    )


def bootstrap_ratios(ratios: Mapping[str, tuple[np.ndarray, np.ndarray]], num_units: int) -> dict[str, Interval]:
    """Return the intervals of ratios of sums over units, by name; Wilson's for those that no resample moves.

    ratios: (units,) numerators and denominators. One whose denominators are all 0 is left out; without units all are.
    """
    parts = {name: [np.asarray(part, np.float32) for part in pair] for name, pair in ratios.items()}
    drawn = bootstrap(
        lambda weights: {name: divide(weights @ top, weights @ bottom) for name, (top, bottom) in parts.items()},
        num_units,
    )
    intervals = {}
    for name, interval in drawn.items():
        top, bottom = parts[name]
        intervals[name] = wilson_if_degenerate(interval, float(top.sum() / bottom.sum()), int(np.count_nonzero(bottom)))
    return intervals


def unflatten(flat: Mapping[str, float | Interval]) -> dict[str, Any]:
    """Return a flat mapping as nested dicts, to be written as JSON: rounded to four digits; an interval becomes
    [low, high].

    A name is split at its first and its last dot only, so a label may hold dots and spaces:
    "per_class.Dr. Pepper.recall" becomes {"per_class": {"Dr. Pepper": {"recall": ...}}}.
    Raises ValueError for a value that is not finite, and for a name that is a value and a group at once.
    """
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        numbers = list(value) if isinstance(value, tuple) else [value]
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"{name} is {value}; a metrics file holds finite numbers only")
        group, dot, rest = name.partition(".")
        *middle, leaf = rest.rsplit(".", 1) if dot else [group]
        branch = tree
        for key in [group, *middle] if dot else []:
            branch = branch.setdefault(key, {})
            if not isinstance(branch, dict):
                raise ValueError(f"{name}: {key} is a value already and cannot be a group")
        if leaf in branch:
            raise ValueError(f"{name} is a group already and cannot be a value")
        rounded = [round(float(number), 4) for number in numbers]
        branch[leaf] = rounded if isinstance(value, tuple) else rounded[0]
    return tree
