"""A folder of results as the stages write it → metrics and arrays: the one place that knows its files and columns."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from brandlens.errors import UserError
from brandlens.io import text_digest
from brandlens.metrics.classification import score_registry
from brandlens.metrics.intervals import Interval
from brandlens.metrics.registry import Metric

Columns = Mapping[str, np.ndarray]


class ResultsError(UserError):
    """A folder that holds no results, or a file in it that is not what a stage writes."""


@dataclass(frozen=True, eq=False)
class Results:
    """What both sides have: metrics.json, run.json and training.json ({} where an older run wrote none)."""

    side: ClassVar[str]

    folder: Path
    metrics: dict[str, Any]
    run: dict[str, Any]
    training: dict[str, Any]

    @property
    def threshold(self) -> float:
        """Return the threshold that was chosen on validation."""
        return self.metric("threshold")

    def metric(self, *path: str) -> Any:
        """Return a metric, or a group of them. Raises ResultsError when metrics.json lacks it."""
        value: Any = self.metrics
        for key in path:
            if not isinstance(value, dict) or key not in value:
                raise ResultsError(f"{self.folder / 'metrics.json'}: no {'.'.join(path)}; evaluate again: dvc repro")
            value = value[key]
        return value

    def interval(self, *path: str) -> Interval | None:
        """Return a metric's 95 % interval; None for a metric that has none."""
        value: Any = self.metrics.get("intervals", {})
        for key in path:
            value = value.get(key, {})
        return Interval(*value) if value else None

    @property
    def baselines(self) -> list[str]:
        """Return the names of the baselines."""
        return list(self.metric("baselines"))

    @property
    def params(self) -> dict[str, object]:
        """Return the side's params by dotted names; none where an older run did not note them."""
        return flatten(self.run.get("params", {}), self.side)


@dataclass(frozen=True, eq=False)
class LogoResults(Results):
    """The detector's results. boxes, crops, pictures: the columns of boxes.csv, crops.csv and predictions.csv."""

    side = "logo"

    boxes: Columns
    crops: Columns
    pictures: Columns

    @cached_property
    def picture_names(self) -> list[str]:
        """Return the test pictures' names, sorted; a picture's number is its place.

        One in which all that is labelled is to be ignored may have crops alone.
        """
        return sorted({*self.pictures["picture"], *self.boxes["picture"], *self.crops["picture"]})

    @property
    def labels(self) -> list[str]:
        """Return the brands, in the order of the metrics."""
        return list(self.metric("boxes", "per_class"))

    @property
    def classes(self) -> list[str]:
        """Return the classes of crops: the background, and the brands."""
        return list(self.metric("crops", "per_class"))

    def units(self, columns: Columns) -> np.ndarray:
        """Return (n,) int64, the number of each row's picture."""
        return to_indices(columns["picture"], self.picture_names)

    def detections(self) -> Columns:
        """Return the rows of boxes.csv that are detections which count: true and false positives."""
        return self._boxes("true_positive", "false_positive")

    def labelled(self) -> Columns:
        """Return the rows of boxes.csv that are labelled boxes which count: true positives and false negatives."""
        return self._boxes("true_positive", "false_negative")

    def _boxes(self, *outcomes: str) -> Columns:
        chosen = np.isin(self.boxes["outcome"], outcomes)
        return {name: column[chosen] for name, column in self.boxes.items()}


@dataclass(frozen=True, eq=False)
class SentimentResults(Results):
    """The classifier's results. predictions: the columns of predictions.csv, with one for each baseline."""

    side = "sentiment"

    predictions: Columns

    @property
    def labels(self) -> list[str]:
        """Return the labels; a label's number is its place."""
        return list(self.metric("per_class"))

    @property
    def is_binary(self) -> bool:
        """Return whether there are two labels, the last of which is decided by a threshold."""
        return len(self.labels) == 2

    @property
    def main_label(self) -> int:
        """Return the number of the label that figures for one label are of: positive, or else the last."""
        return self.labels.index("positive") if "positive" in self.labels else len(self.labels) - 1

    @property
    def registry(self) -> dict[str, Metric]:
        """Return the metrics that such reviews have."""
        return score_registry(self.labels, ordered="quadratic_kappa" in self.metrics)

    @cached_property
    def y_true(self) -> np.ndarray:
        """Return (n,) int64 class numbers."""
        return to_indices(self.predictions["y_true"], self.labels)

    @cached_property
    def y_pred(self) -> np.ndarray:
        """Return (n,) int64 class numbers."""
        return to_indices(self.predictions["y_pred"], self.labels)

    @property
    def score(self) -> np.ndarray:
        """Return (n,) the probability of the last of two labels, or else of the predicted one."""
        return self.predictions["score"]

    def probability(self, label: str) -> np.ndarray:
        """Return (n,) the probability of a label."""
        if self.is_binary:
            return self.score if label == self.labels[1] else 1 - self.score
        return self.predictions[f"score_{label}"]

    def baseline_pred(self, name: str) -> np.ndarray:
        """Return (n,) int64 class numbers that a baseline predicts."""
        column = self.predictions[name]
        return (column >= 0.5).astype(np.int64) if self.is_binary else to_indices(column, self.labels)

    @property
    def calibration_bins(self) -> int:
        """Return the number of bins of the reliability curve and of the calibration error."""
        bins = self.params.get("sentiment.evaluate.calibration_bins", 10)
        return bins if isinstance(bins, int) else 10


BOX_TYPES: Mapping[str, type] = {
    "picture": str, "label": str, "outcome": str, "error_type": str,
    **dict.fromkeys(("score", "size", "left", "top", "width", "height"), float),
}  # fmt: skip
CROP_TYPES: Mapping[str, type] = {
    "crop": str, "picture": str, "y_true": str, "y_pred": str, "brand": str,
    **dict.fromkeys(("score", "left", "top", "right", "bottom"), float),
}  # fmt: skip
PICTURE_TYPES: Mapping[str, type] = {"picture": str, "label": str, "y_true": float, "score": float}
REVIEW_TYPES: Mapping[str, type] = {"id": str, "y_true": str, "y_pred": str, "score": float}


def read_logo(folder: Path) -> LogoResults:
    """Read what stage logo-evaluate wrote.

    Raises ResultsError for a file that is missing, not of its kind, or not of the same run as the others.
    """
    results = LogoResults(
        folder,
        *_read_facts(folder),
        read_columns(folder / "boxes.csv", BOX_TYPES),
        read_columns(folder / "crops.csv", CROP_TYPES),
        read_columns(folder / "predictions.csv", PICTURE_TYPES),
    )
    counts = results.metric("boxes")
    num_labelled = counts.get("true_positives", 0) + counts.get("false_negatives", 0)
    _check_count(folder / "boxes.csv", len(results.labelled()["label"]), num_labelled, "labelled boxes")
    _check_count(folder / "crops.csv", len(results.crops["crop"]), _num_rows(results.metric("crops")), "rows")
    labels_shown = {*zip(results.labelled()["picture"], results.labelled()["label"], strict=True)}
    num_shown = int(results.pictures["y_true"].sum())
    _check_count(folder / "predictions.csv", num_shown, len(labels_shown), "labels that pictures show", "boxes.csv")
    _check_digests(results)
    return results


def read_sentiment(folder: Path) -> SentimentResults:
    """Read what stage sentiment-evaluate wrote.

    Raises ResultsError for a file that is missing, not of its kind, or not of the same run as the others.
    """
    metrics, run, training = _read_facts(folder)
    types: dict[str, type] = {**REVIEW_TYPES}
    labels = list(metrics.get("per_class", {}))
    types |= dict.fromkeys(metrics.get("baselines", {}), float if len(labels) == 2 else str)
    types |= {f"score_{label}": float for label in labels if len(labels) > 2}
    predictions = read_columns(folder / "predictions.csv", types)
    results = SentimentResults(folder, metrics, run, training, predictions)
    _check_count(folder / "predictions.csv", len(predictions["id"]), _num_rows(metrics), "rows")
    _check_digests(results)
    return results


def _num_rows(metrics: Mapping[str, Any]) -> float | None:
    """Return how many rows metrics were computed from; None where they do not tell."""
    classes = metrics.get("per_class", {}).values()
    return sum(values["count"] for values in classes) if all("count" in values for values in classes) else None


def _check_count(path: Path, count: int, expected: float | None, noun: str, other: str = "metrics.json") -> None:
    """Raise ResultsError for a table that has not as many rows as another file counts, so one that was half copied."""
    if expected is not None and count != expected:
        raise ResultsError(
            f"{path}: {count:,} {noun} where {other} counts {expected:,.0f}; copy the whole folder, or evaluate "
            "again: dvc repro"
        )


def _check_digests(results: Results) -> None:
    """Raise ResultsError for a file that is not as it was when run.json was written; older runs did not note that."""
    for name, digest in results.run.get("files", {}).items():
        if text_digest(results.folder / name) != digest:
            raise ResultsError(
                f"{results.folder / name}: not the one that run.json noted; copy the whole folder, or evaluate again: "
                "dvc repro"
            )


def _read_facts(folder: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the contents of metrics.json, run.json and training.json."""
    metrics = read_json(folder / "metrics.json")
    return metrics, read_json(folder / "run.json", {}), read_json(folder / "training.json", {})


def read_json(path: Path, default: dict[str, Any] | None = None) -> dict[str, Any]:
    """Read a JSON object. Raises ResultsError when it is none, and when there is no file and no default."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if default is not None:
            return default
        raise ResultsError(f"{path}: no such file; make it with: dvc repro") from None
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path}: cannot be read as JSON: {error}; make it again: dvc repro") from None
    if not isinstance(content, dict):
        raise ResultsError(f"{path}: not a JSON object; make it again: dvc repro")
    return content


def read_columns(path: Path, types: Mapping[str, type]) -> Columns:
    """Read a CSV file's columns: (n,) float64 or str arrays as `types` says, and str for columns that it lacks.

    Raises ResultsError, naming the file, the row and the column.
    """
    names, rows = _read_csv(path)
    if missing := [name for name in types if name not in names]:
        raise ResultsError(f'{path}: no column "{missing[0]}"; written by an older version? Evaluate again: dvc repro')
    return {name: _column(path, name, [row[name] for row in rows], types.get(name, str)) for name in names}


def _column(path: Path, name: str, cells: Sequence[str], dtype: type) -> np.ndarray:
    if dtype is str:
        return np.array(cells, str)
    values = np.zeros(len(cells))
    for index, cell in enumerate(cells):
        try:
            values[index] = float(cell)
            if not math.isfinite(values[index]):
                raise ValueError(cell)
        except ValueError:
            raise ResultsError(
                f'{path}, row {index + 1}: {name} is "{cell}", not a number; evaluate again: dvc repro'
            ) from None
    return values


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file's rows. Raises ResultsError when it cannot be read, is empty, or for a row that is cut short."""
    return _read_csv(path)[1]


def _read_csv(path: Path) -> tuple[Sequence[str], list[dict[str, str]]]:
    """Return the names of a CSV file's columns, and its rows."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            names, rows = reader.fieldnames, list(reader)
    except FileNotFoundError:
        raise ResultsError(f"{path}: no such file; make it with: dvc repro") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ResultsError(f"{path}: cannot be read as CSV: {error}; make it again: dvc repro") from None
    if not names:
        raise ResultsError(f"{path}: the file is empty; copy it again, or evaluate again: dvc repro")
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():  # more cells than the header has names, or fewer
            raise ResultsError(
                f"{path}, row {number}: cut short or damaged; copy it whole, or evaluate again: dvc repro"
            )
    return names, rows


def read_optional_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file's rows; none where an older run did not write it."""
    return read_table(path) if path.is_file() else []


def to_indices(names: np.ndarray, known: Sequence[str]) -> np.ndarray:
    """Return (n,) int64, the place of each name among the known ones. Raises ResultsError for an unknown name."""
    indices = {name: index for index, name in enumerate(known)}
    try:
        return np.array([indices[name] for name in map(str, names)], np.int64)
    except KeyError as error:
        raise ResultsError(f"results that do not fit together: {error} is in one file only; run: dvc repro") from None


def flatten(section: Mapping[str, object], prefix: str) -> dict[str, object]:
    """Return nested params by dotted names that begin with `prefix`."""
    flat: dict[str, object] = {}
    for name, value in section.items():
        key = f"{prefix}.{name}"
        flat |= flatten(value, key) if isinstance(value, Mapping) and value else {key: value}
    return flat
