"""A folder of results as the stages write it → arrays: the one place that knows its files and columns."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from brandlens.errors import UserError
from brandlens.metrics.weighted import IOUS, ScoredBoxes, counts_by_unit

SENTIMENTS = ("negative", "positive")  # a label's number is its place
Columns = Mapping[str, np.ndarray]


class ResultsError(UserError):
    """A folder that holds no results, or a file in it that is not what a stage writes."""


@dataclass(frozen=True, eq=False)
class Results:
    """What both sides have: metrics.json, run.json and training.json ({} where an older run wrote none)."""

    folder: Path
    metrics: dict[str, Any]
    run: dict[str, Any]
    training: dict[str, Any]

    @property
    def threshold(self) -> float:
        """The one chosen on validation."""
        return self.at("threshold")

    def at(self, *path: str) -> Any:
        """A metric, or a group of them. Raises ResultsError when the file lacks it."""
        value: Any = self.metrics
        for key in path:
            if not isinstance(value, dict) or key not in value:
                raise ResultsError(f"{self.folder / 'metrics.json'}: no {'.'.join(path)}; evaluate again: dvc repro")
            value = value[key]
        return value


@dataclass(frozen=True, eq=False)
class Logo(Results):
    """The detector's. boxes, crops, rows: the columns of boxes.csv, crops.csv and predictions.csv."""

    boxes: Columns
    crops: Columns
    rows: Columns

    @cached_property
    def pictures(self) -> list[str]:
        """The test pictures' names, sorted; a picture's number is its place.

        One in which all that is labelled is to be ignored may have crops alone.
        """
        return sorted({*self.rows["picture"], *self.boxes["picture"], *self.crops["picture"]})

    @property
    def labels(self) -> list[str]:
        """The brands, in the order of the metrics."""
        return list(self.at("boxes", "per_class"))

    @property
    def classes(self) -> list[str]:
        """The background and the brands."""
        return list(self.at("crops", "per_class"))

    @property
    def baselines(self) -> list[str]:
        """Those whose word on each crop is in crops.csv."""
        return [name for name in self.at("baselines") if name in self.crops]

    def unit(self, columns: Columns) -> np.ndarray:
        """(n,) int64 number of each row's picture."""
        return numbered(columns["picture"], self.pictures)

    def labelled(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Picture's number, label's number and side in pixels of every labelled box."""
        kept = np.isin(self.boxes["outcome"], ("true_positive", "false_negative"))
        label = numbered(self.boxes["label"], self.labels)
        return self.unit(self.boxes)[kept], label[kept], self.boxes["size"][kept]

    def ranking(self) -> tuple[ScoredBoxes, np.ndarray]:
        """The found boxes against the labelled ones, and each found one's size."""
        hit, alarm = (self.boxes["outcome"] == each for each in ("true_positive", "false_positive"))
        return self._ranked(hit, alarm), self.boxes["size"][hit | alarm]

    def stricter(self) -> list[ScoredBoxes]:
        """The same at overlaps of 0.55, 0.60 ... 0.95; none where an older run did not note them."""
        levels = [self.boxes.get(f"outcome_{round(100 * iou)}") for iou in IOUS[1:]]
        return [
            self._ranked(level == "true_positive", level == "false_positive") for level in levels if level is not None
        ]

    def _ranked(self, hit: np.ndarray, alarm: np.ndarray) -> ScoredBoxes:
        unit, label, _ = self.labelled()
        counts = counts_by_unit(unit, label, len(self.pictures), len(self.labels))
        kept = hit | alarm
        found = numbered(self.boxes["label"][kept], self.labels)
        return ScoredBoxes(self.unit(self.boxes)[kept], found, self.boxes["score"][kept], hit[kept], counts)


@dataclass(frozen=True, eq=False)
class Sentiment(Results):
    """The classifier's. rows: the columns of predictions.csv."""

    rows: Columns

    @cached_property
    def truth(self) -> np.ndarray:
        """(n,) int64, 1 positive."""
        return numbered(self.rows["actual"], SENTIMENTS)

    @cached_property
    def predicted(self) -> np.ndarray:
        """(n,) int64, 1 positive."""
        return numbered(self.rows["predicted"], SENTIMENTS)

    @property
    def bins(self) -> int:
        """Bars of the reliability curve and of the calibration error."""
        return self.run.get("params", {}).get("evaluate", {}).get("bins", 10)

    @property
    def baselines(self) -> list[str]:
        """Those whose score of each review is in predictions.csv."""
        return [name for name in self.at("baselines") if name in self.rows]


BOXES = {"picture": str, "label": str, "outcome": str, "score": float, "error_type": str, "size": float}
BOXES |= dict.fromkeys(("left", "top", "width", "height"), float)
CROPS = {"crop": str, "picture": str, "y_true": str, "y_pred": str, "brand": str, "score": float}
CROPS |= dict.fromkeys(("left", "top", "right", "bottom"), float)
PICTURES = {"picture": str, "label": str, "y_true": float, "score": float}
REVIEWS = {"id": str, "actual": str, "predicted": str, "score": float}


def logo(folder: Path) -> Logo:
    """What stage logo-evaluate wrote. Raises ResultsError for a file that is missing or not of its kind."""
    boxes, crops = columns(folder / "boxes.csv", BOXES), columns(folder / "crops.csv", CROPS)
    return Logo(folder, *_facts(folder), boxes, crops, columns(folder / "predictions.csv", PICTURES))


def sentiment(folder: Path) -> Sentiment:
    """What stage sentiment-evaluate wrote. Raises ResultsError for a file that is missing or not of its kind."""
    metrics, run, training = _facts(folder)
    rivals = dict.fromkeys(metrics.get("baselines", {}), float)
    return Sentiment(folder, metrics, run, training, columns(folder / "predictions.csv", REVIEWS, rivals))


def _facts(folder: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    return content(folder / "metrics.json"), content(folder / "run.json", {}), content(folder / "training.json", {})


def content(path: Path, default: dict[str, Any] | None = None) -> dict[str, Any]:
    """A JSON object. Raises ResultsError when it is none, and when there is no file and no default."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if default is not None:
            return default
        raise ResultsError(f"{path}: no such file; make it with: dvc repro") from None
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path}: cannot be read as JSON: {error}; make it again: dvc repro") from None
    if not isinstance(found, dict):
        raise ResultsError(f"{path}: not a JSON object; make it again: dvc repro")
    return found


def columns(path: Path, kinds: Mapping[str, type], more: Mapping[str, type] | None = None) -> Columns:
    """A CSV file's columns; those of `kinds` must be there, those of `more` may; others keep their text.

    Raises ResultsError, naming the file, the line and the column.
    """
    rows = table(path)
    names = rows[0].keys() if rows else [*kinds, *(more or {})]
    if lacking := [name for name in kinds if name not in names]:
        raise ResultsError(f'{path}: no column "{lacking[0]}"; written by an older version? Evaluate again: dvc repro')
    known = {**kinds, **(more or {})}
    return {name: _column(path, name, [row[name] for row in rows], known.get(name, str)) for name in names}


def _column(path: Path, name: str, cells: Sequence[str], kind: type) -> np.ndarray:
    if kind is str:
        return np.array(cells, str)
    try:
        return np.array(cells, np.float64)
    except (TypeError, ValueError):
        for line, cell in enumerate(cells, 2):
            try:
                float(cell)
            except (TypeError, ValueError):
                raise ResultsError(
                    f'{path}, row {line - 1}: {name} is "{cell}"; a number is wanted; evaluate again: dvc repro'
                ) from None
        raise


def table(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows. Raises ResultsError when it cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise ResultsError(f"{path}: no such file; make it with: dvc repro") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ResultsError(f"{path}: cannot be read as CSV: {error}; make it again: dvc repro") from None


def numbered(names: np.ndarray, known: Sequence[str]) -> np.ndarray:
    """(n,) int64 place of each name among the known ones. Raises ResultsError for one that is not known."""
    places = {name: at for at, name in enumerate(known)}
    try:
        return np.array([places[name] for name in map(str, names)], np.int64)
    except KeyError as error:
        raise ResultsError(f"results that do not fit together: {error} is in one file only; run: dvc repro") from None
