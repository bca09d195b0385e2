"""reports/digits → index.html in it: the small pipeline's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from brandlens.io import atomic_write
from brandlens.report import text
from brandlens.report.charts import Axis, Line, chart
from brandlens.report.load import Results, read_json, read_table
from brandlens.report.render import MetricCells, data_uri, render

SOURCES = {"sample": "scikit-learn's sample of 1,797 digits", "mnist": "MNIST"}
WARNING = (
    "These digits are few, enlarged from 8x8 pixels, and their writers are in all splits: the published errors, which "
    "are on MNIST, are shown to say what is meant, not to compare with."
)
METHODS = {
    "connected_components": "connected components",
    "distance_watershed": "watershed of the distance to the ground",
    "direct_maps": "watershed of the network's maps",
    "dictionary_maps": "watershed of maps out of the patch dictionary",
}
STYLES = ("first", "second", "third")


@dataclass(frozen=True, eq=False)
class DigitsResults(Results):
    """The small pipeline's results. epochs: the rows of training.csv."""

    side = "digits"

    epochs: Sequence[Mapping[str, str]]


def write(folder: Path) -> Path:
    """Write index.html into the folder that the stages fill. Raises ResultsError for a file that is not as they do."""
    metrics, run, facts = (read_json(folder / name) for name in ("metrics.json", "run.json", "training.json"))
    results = DigitsResults(folder, metrics, run, facts, read_table(folder / "training.csv"))
    page = folder / "index.html"
    with atomic_write(page) as path:
        path.write_text(
            render("digits.html", pages=[("index.html", "Digits")], here="index.html", **context(results)),
            encoding="utf-8",
        )
    return page


def context(results: DigitsResults) -> dict[str, Any]:
    """Return the values that the template shows."""
    networks: dict[str, Any] = results.metric("networks")
    folder = results.folder
    best = results.run["model"]
    return {
        "results": results,
        "cells": MetricCells(results),
        "source": SOURCES.get(results.run.get("source", ""), "digits"),
        "warning": WARNING if results.run.get("source") == "sample" else None,
        "best": best,
        "networks": networks,
        "architectures": {name: results.run["params"]["train"]["networks"][name]["architecture"] for name in networks},
        "methods": METHODS,
        "charts": {name: error_chart(results, name) for name in networks},
        "weights": {name: data_uri(folder / f"weights/{name}.png") for name in networks},
        "mistakes": data_uri(folder / "mistakes.png"),
        "separation": data_uri(folder / "separation.png"),
        "seconds": sum(facts["seconds"] for facts in results.training.values()),
        "duration": text.describe_duration,
        "params": {name: text.format_param(value) for name, value in results.params.items()},
    }


def error_chart(results: DigitsResults, network: str) -> Markup:
    """Return the validation error by epoch of a network's first trainings, and the published one as a line."""
    lines = []
    for number, style in enumerate(STYLES):
        rows = [row for row in results.epochs if row["network"] == f"{network}-{number}"]
        epoch = np.array([float(row["epoch"]) + 1 for row in rows])
        error = np.array([100 * (1 - float(row["val_accuracy"])) for row in rows])
        if rows:
            lines.append(Line(f"seed {number + 1}", epoch, error, style))
    if not lines:
        return Markup()
    last = max(float(line.x.max()) for line in lines)
    ends = ", ".join(f"{line.y[-1]:.2f}" for line in lines)
    values = results.metric("networks", network)
    if "published_error" in values:
        published = 100 * values["published_error"]
        lines.append(Line("published", np.array([1.0, last]), np.full(2, published), "guide"))
    settled = np.concatenate([line.y[len(line.y) // 4 :] for line in lines])
    highest = max(0.5, 1.1 * float(settled.max()))
    clipped = [Line(line.name, line.x, np.minimum(line.y, highest), line.style) for line in lines]
    return chart(
        f"Validation error by epoch of {network}; at the end {ends} %.",
        clipped,
        Axis("epoch", 0, last + 0.5),
        Axis("validation error, %", 0, highest),
    )
