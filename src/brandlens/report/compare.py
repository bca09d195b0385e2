"""Runs beside each other: their metrics with intervals, and on the rows that two have in common the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brandlens.metrics.intervals import Interval
from brandlens.metrics.significance import difference, mcnemar
from brandlens.report import load, tables, text
from brandlens.report.load import Logo, Results, ResultsError, Sentiment

LOGO = {
    ("crops", "precision"): "crops: precision",
    ("crops", "recall"): "crops: recall",
    ("crops", "f1"): "crops: F1",
    ("boxes", "ap50"): "boxes: AP50",
    ("boxes", "ap"): "boxes: AP50:95",
    ("boxes", "precision"): "boxes: precision",
    ("boxes", "recall"): "boxes: recall",
    ("pictures", "precision"): "pictures: precision",
    ("pictures", "recall"): "pictures: recall",
    ("speed", "picture_ms"): "ms a picture",
}
SENTIMENT = {
    ("accuracy",): "accuracy",
    ("f1",): "F1",
    ("auc",): "area under ROC",
    ("ece",): "calibration error",
    ("speed", "reviews_per_second"): "reviews a second",
}
TITLES = {"logo": "Logos", "sentiment": "Reviews"}


@dataclass(frozen=True)
class Pair:
    """A run against the first one, on the rows of the same name and truth; gain as a share of these rows."""

    name: str
    rows: int
    gain: float
    interval: Interval
    chance: float

    @property
    def verdict(self) -> str:
        """Whether there is a difference. Crops of a picture hang together, which the interval knows and McNemar not."""
        if self.interval.low > 0:
            return "better"
        return "worse" if self.interval.high < 0 else "no clear difference"


@dataclass(frozen=True)
class Comparison:
    """One side of several runs. rows: a metric's name and each run's value and interval; apart: params that differ.

    missing: the runs that have no rows in common with the first.
    """

    side: str
    runs: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[float, Interval | None]]]]
    unit: str
    pairs: Sequence[Pair]
    missing: Sequence[str]
    apart: Sequence[tuple[str, Sequence[str]]]

    @property
    def title(self) -> str:
        """For people."""
        return TITLES[self.side]


def compare(folders: Sequence[Path]) -> list[Comparison]:
    """What the runs in these folders have in common: logos, reviews or both.

    A folder is one of results (reports), or one that holds it. Raises ResultsError for one without results, and for
    runs that share no side.
    """
    homes = [home(folder) for folder in folders]
    told = names(folders)
    shared = [side for side in TITLES if all((each / side / "metrics.json").is_file() for each in homes)]
    if not shared:
        raise ResultsError("nothing to compare: no side, logo or sentiment, has results in all of these folders")
    return [_side(side, told, [each / side for each in homes]) for side in shared]


def home(folder: Path) -> Path:
    """The folder with logo/ and sentiment/: itself, or reports/ in it. Raises ResultsError for neither."""
    for each in (folder, folder / "reports"):
        if any((each / side / "metrics.json").is_file() for side in TITLES):
            return each
    raise ResultsError(f"{folder}: no results here; name a folder that `dvc repro` wrote, such as reports")


def names(folders: Sequence[Path]) -> list[str]:
    """Short names of folders: their last part that is not "reports", or the whole where two share that."""
    short = [(each.resolve().parent if each.resolve().name == "reports" else each.resolve()).name for each in folders]
    return short if len({*short}) == len(short) else [str(each) for each in folders]


def _side(side: str, told: Sequence[str], folders: Sequence[Path]) -> Comparison:
    found: list[Logo] | list[Sentiment]
    if side == "logo":
        found = [load.logo(folder) for folder in folders]
        intervals, shown, unit = [tables.logo_intervals(each) for each in found], LOGO, "crops"
        answers = [_crops(each) for each in found]
    else:
        found = [load.sentiment(folder) for folder in folders]
        intervals, shown, unit = [tables.sentiment_intervals(each) for each in found], SENTIMENT, "reviews"
        answers = [_reviews(each) for each in found]
    rows = [
        (name, [(each.at(*path), ranges.get(path)) for each, ranges in zip(found, intervals, strict=True)])
        for path, name in shown.items()
    ]
    pairs = [paired(name, answers[0], each) for name, each in zip(told[1:], answers[1:], strict=True)]
    missing = [name for name, pair in zip(told[1:], pairs, strict=True) if pair is None]
    return Comparison(side, told, rows, unit, [pair for pair in pairs if pair], missing, apart(side, found))


Answers = Mapping[tuple[object, ...], tuple[bool, str]]  # what makes a row what it is → whether it is right; its unit


def _crops(found: Logo) -> Answers:
    """By picture, window and truth: a crop's file may be called the same in two runs and show something else."""
    crops = found.crops
    keys = zip(*(crops[name].tolist() for name in ("picture", "left", "top", "right", "bottom", "y_true")), strict=True)
    right = (crops["y_true"] == crops["y_pred"]).tolist()
    return dict(zip(keys, zip(right, crops["picture"].tolist(), strict=True), strict=True))


def _reviews(found: Sentiment) -> Answers:
    """By name and truth."""
    names = found.rows["id"].tolist()
    keys = zip(names, found.rows["actual"].tolist(), strict=True)
    return dict(zip(keys, zip((found.truth == found.predicted).tolist(), names, strict=True), strict=True))


def paired(name: str, first: Answers, second: Answers) -> Pair | None:
    """The second against the first on what both answered; None where that is nothing."""
    common = [key for key in first if key in second]
    if not common:
        return None
    units = {of: at for at, of in enumerate(dict.fromkeys(first[key][1] for key in common))}
    unit = np.array([units[first[key][1]] for key in common])
    before, after = (np.array([each[key][0] for key in common]) for each in (first, second))
    return Pair(name, len(common), *difference(before, after, unit), mcnemar(before, after))


def apart(side: str, found: Sequence[Results]) -> list[tuple[str, list[str]]]:
    """The params in which runs differ, and each run's value; none where a run did not note them."""
    params = [text.flat(each.run["params"], side) for each in found if "params" in each.run]
    if len(params) < len(found):
        return []
    keys = dict.fromkeys(key for each in params for key in each)
    values = ((key, [text.shown(each.get(key)) for each in params]) for key in keys)
    return [(key, told) for key, told in values if len({*told}) > 1]
