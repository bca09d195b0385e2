"""Runs beside each other: their metrics with intervals, and the difference on the rows that two have in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from brandlens.metrics.classification import METRICS
from brandlens.metrics.detection import BOX_METRICS
from brandlens.metrics.intervals import Interval
from brandlens.metrics.pictures import PICTURE_METRICS
from brandlens.metrics.significance import difference, mcnemar
from brandlens.report import load, text
from brandlens.report.load import LogoResults, Results, ResultsError, SentimentResults
from brandlens.report.text import TITLES


@dataclass(frozen=True)
class MetricRow:
    """A metric of several runs: each run's value, with its interval where it has one."""

    title: str
    values: Sequence[tuple[float, Interval | None]]


@dataclass(frozen=True)
class Pair:
    """A run against the first one, on the rows of the same name and label. gain: as a fraction of these rows."""

    name: str
    rows: int
    gain: float
    interval: Interval
    p_value: float

    @property
    def verdict(self) -> str:
        """Return whether there is a difference.

        Crops of one picture are not independent, which the interval takes into account and McNemar's test does not.
        """
        if self.interval.low > 0:
            return "better"
        return "worse" if self.interval.high < 0 else "no clear difference"


@dataclass(frozen=True)
class Comparison:
    """One side of several runs. row_noun: what `pairs` count; unpaired: the runs that share no rows with the first.

    params: the name of each param that differs, and its value in each run.
    """

    side: str
    runs: Sequence[str]
    metrics: Sequence[MetricRow]
    row_noun: str
    pairs: Sequence[Pair]
    unpaired: Sequence[str]
    params: Sequence[tuple[str, Sequence[str]]]

    @property
    def title(self) -> str:
        """Return the side's title."""
        return TITLES[self.side]


Answers = Mapping[tuple[object, ...], tuple[bool, str]]  # what identifies a row → whether it is right; its unit


def compare(folders: Sequence[Path]) -> list[Comparison]:
    """Compare the runs in these folders: logos, reviews or both, whichever they have in common.

    A folder is one of results (reports), or one that holds it. Raises ResultsError for one without results, and for
    runs that share no side.
    """
    homes = [find_results(folder) for folder in folders]
    names = short_names(folders)
    for path in (home / side / "metrics.json" for home in homes for side in TITLES):
        if path.with_name("predictions.csv").exists() and not path.exists():
            raise ResultsError(f"{path}: no such file; copy the whole folder, or evaluate again: dvc repro")
    shared = [side for side in TITLES if all((home / side / "metrics.json").is_file() for home in homes)]
    if not shared:
        raise ResultsError("nothing to compare: no side, logo or sentiment, has results in all of these folders")
    compare_side = {"logo": _compare_logo, "sentiment": _compare_sentiment}
    return [compare_side[side](names, [home / side for home in homes]) for side in shared]


def find_results(folder: Path) -> Path:
    """Return the folder with logo/ and sentiment/: itself, or reports/ in it. Raises ResultsError for neither."""
    for home in (folder, folder / "reports"):
        if any((home / side / "metrics.json").is_file() for side in TITLES):
            return home
    raise ResultsError(f"{folder}: no results here; name a folder that `dvc repro` wrote, such as reports")


def short_names(folders: Sequence[Path]) -> list[str]:
    """Return short names of folders: their last part that is not "reports", or the whole where two share that."""
    resolved = [folder.resolve() for folder in folders]
    names = [(folder.parent if folder.name == "reports" else folder).name for folder in resolved]
    return names if len({*names}) == len(names) else [str(folder) for folder in folders]


def _compare_logo(names: Sequence[str], folders: Sequence[Path]) -> Comparison:
    titles: dict[tuple[str, ...], str] = {
        (group, name): f"{group}: {metric.title}"
        for group, metrics in (("crops", METRICS), ("boxes", BOX_METRICS), ("pictures", PICTURE_METRICS))
        for name, metric in metrics.items()
    }
    titles["speed", "picture_ms"] = "ms per picture"
    runs = [load.read_logo(folder) for folder in folders]
    return _compare(names, runs, titles, "crops", _crop_answers)


def _compare_sentiment(names: Sequence[str], folders: Sequence[Path]) -> Comparison:
    runs = [load.read_sentiment(folder) for folder in folders]
    registries = [run.registry for run in runs]
    titles: dict[tuple[str, ...], str] = {
        (name,): metric.title for name, metric in registries[0].items() if all(name in other for other in registries)
    }
    titles["speed", "reviews_per_second"] = "reviews per second"
    return _compare(names, runs, titles, "reviews", _review_answers)


def _compare(
    names: Sequence[str],
    runs: Sequence[Results],
    titles: Mapping[tuple[str, ...], str],
    row_noun: str,
    answers_of: Callable[[Any], Answers],
) -> Comparison:
    rows = [
        MetricRow(title, [(run.metric(*path), run.interval(*path)) for run in runs]) for path, title in titles.items()
    ]
    first, *others = [answers_of(run) for run in runs]
    pairs = [pair(name, first, answers) for name, answers in zip(names[1:], others, strict=True)]
    unpaired = [name for name, result in zip(names[1:], pairs, strict=True) if result is None]
    return Comparison(
        runs[0].side, names, rows, row_noun, [result for result in pairs if result], unpaired, differing_params(runs)
    )


def _crop_answers(results: LogoResults) -> Answers:
    """Return the answers by picture, window and label: in two runs a crop's file may show something else."""
    crops = results.crops
    keys = zip(*(crops[name].tolist() for name in ("picture", "left", "top", "right", "bottom", "y_true")), strict=True)
    correct = (crops["y_true"] == crops["y_pred"]).tolist()
    return dict(zip(keys, zip(correct, crops["picture"].tolist(), strict=True), strict=True))


def _review_answers(results: SentimentResults) -> Answers:
    """Return the answers by the review's name and label."""
    names = results.predictions["id"].tolist()
    keys = zip(names, results.predictions["y_true"].tolist(), strict=True)
    return dict(zip(keys, zip((results.y_true == results.y_pred).tolist(), names, strict=True), strict=True))


def pair(name: str, first: Answers, second: Answers) -> Pair | None:
    """Compare the second run with the first on the rows that both have; None where they share none."""
    common = [key for key in first if key in second]
    if not common:
        return None
    numbers = {unit: index for index, unit in enumerate(dict.fromkeys(first[key][1] for key in common))}
    unit = np.array([numbers[first[key][1]] for key in common])
    before, after = (np.array([answers[key][0] for key in common]) for answers in (first, second))
    return Pair(name, len(common), *difference(before, after, unit), mcnemar(before, after))


def differing_params(runs: Sequence[Results]) -> list[tuple[str, list[str]]]:
    """Return the params in which runs differ, and each run's value; none where a run did not note them."""
    params = [run.params for run in runs]
    if not all(params):
        return []
    names = dict.fromkeys(name for flat in params for name in flat)
    values = ((name, [text.format_param(flat.get(name)) for flat in params]) for name in names)
    return [(name, formatted) for name, formatted in values if len({*formatted}) > 1]
