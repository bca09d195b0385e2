"""What the metrics look like: a CSV for other tools, a PNG beside it for people, and sheets of pictures."""

import csv as csvfile
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from brandlens.metrics.calibration import Reliability
from brandlens.metrics.classification import PRCurve

# Okabe and Ito's colours, which readers with any colour vision can tell apart.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#6B6B6B"
STYLE = {
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.h_pad": 0.1,  # inches
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.1,
    "font.size": 10,
    "grid.color": "#E4E4E4",
    "lines.linewidth": 1.8,
    "savefig.dpi": 144,
}
ROWS = 500  # of a curve's CSV, at most
FONT = (cv2.FONT_HERSHEY_SIMPLEX, 0.45)
MARGIN, TEXT = 8, 22  # pixels of a contact sheet: around a tile, and for the caption below it


def write_confusion(matrix: np.ndarray, labels: Sequence[str], csv: Path, png: Path, caption: str) -> None:
    """Raw counts, rows = truth, of a (c, c) int matrix.

    csv: one row per cell: actual, predicted, count. png: each cell shows its count, coloured by its share of the row;
    the caption stands below.
    """
    cells = (
        {"actual": actual, "predicted": predicted, "count": int(matrix[row, column])}
        for row, actual in enumerate(labels)
        for column, predicted in enumerate(labels)
    )
    write_csv(cells, csv, ["actual", "predicted", "count"])
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = max(3.6, 1.6 + 0.62 * len(labels))
    with matplotlib.rc_context(STYLE | {"axes.grid": False}):
        figure = Figure(figsize=(side + 0.6, side + 0.4))
        axes = figure.subplots()
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(matrix):
            ink = "white" if share[row, column] > 0.55 else "black" if count else GREY
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=ink)
        slanted = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if len(labels) > 3 else {}
        axes.set_xticks(range(len(labels)), labels, **slanted)
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlabel="predicted", ylabel="actual")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        figure.supxlabel(textwrap.fill(caption, int(side * 13)), fontsize="small", color=GREY)
        _save(figure, png)


def write_curve(curve: PRCurve, csv: Path, png: Path, threshold: float) -> None:
    """Precision over recall, and both over the threshold, with the operating point marked.

    csv: threshold, precision, recall, thresholds falling; at most 500 rows, evenly thinned, both ends kept.
    """
    count = len(curve.threshold)
    kept = np.unique(np.linspace(0, count - 1, min(count, ROWS)).round().astype(int))
    columns = {"threshold": curve.threshold, "precision": curve.precision, "recall": curve.recall}
    rows = ({name: f"{values[at]:.6g}" for name, values in columns.items()} for at in kept)
    write_csv(rows, csv, list(columns))
    precision, recall = curve.at(threshold)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.8))
        left, right = figure.subplots(1, 2)
        left.step(curve.recall, curve.precision, where="pre", color=BLUE)
        left.plot(recall, precision, "o", color=RED, markersize=9, markeredgecolor="white", clip_on=False, zorder=3)
        left.set(xlabel="recall", ylabel="precision", title=f"precision {precision:.3f}, recall {recall:.3f}")
        right.step(curve.threshold, curve.precision, where="post", color=BLUE, label="precision")
        right.step(curve.threshold, curve.recall, where="post", color=ORANGE, label="recall", linestyle="--")
        right.step(curve.threshold, curve.f1, where="post", color=GREEN, label="F1", linestyle="-.")
        right.axvline(threshold, color=RED, linewidth=1.4)
        right.set(xlabel="threshold", title=f"at threshold {threshold:.3f}")
        figure.legend(loc="outside lower right", ncols=3, frameon=False)
        for axes in (left, right):
            axes.set(xlim=(0, 1), ylim=(0, 1.02))
        _save(figure, png)


def write_reliability(table: Reliability, csv: Path, png: Path) -> None:
    """How often a score is right, bar by bar, beside how often it says to be.

    csv: low, high, count, score, positive, one row a bar that holds rows. png: the bars' shares over their mean scores,
    and how many rows each has.
    """
    held = np.flatnonzero(table.count)
    sides = {"low": table.edges[:-1], "high": table.edges[1:], "score": table.score, "positive": table.positive}
    rows = ({name: f"{side[at]:.4g}" for name, side in sides.items()} | {"count": int(table.count[at])} for at in held)
    write_csv(rows, csv, ["low", "high", "count", "score", "positive"])
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.8))
        left, right = figure.subplots(1, 2)
        left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="as good as its word")
        left.plot(table.score[held], table.positive[held], "o-", color=BLUE, clip_on=False, label="measured")
        left.legend(loc="upper left", frameon=False)
        left.set(xlabel="score", ylabel="share of positives", xlim=(0, 1), ylim=(0, 1.02))
        left.set_title(f"calibration error {table.error:.3f}")
        right.bar(table.edges[:-1], table.count, np.diff(table.edges), align="edge", color=BLUE, edgecolor="white")
        right.set_axisbelow(True)
        right.set(xlabel="score", ylabel="rows", xlim=(0, 1))
        _save(figure, png)


def write_accuracies(rows: Sequence[Mapping[str, Any]], csv: Path, png: Path, label: str, rival: str) -> None:
    """Accuracy by groups, with intervals, and a rival's beside it.

    rows: group, reviews, accuracy, low, high, baseline; label: what the groups are, rival: its name.
    """
    write_csv(rows, csv, ["group", "reviews", "accuracy", "low", "high", "baseline"])
    at = np.arange(len(rows))
    ours, low, high, theirs = (np.array([row[key] for row in rows]) for key in ("accuracy", "low", "high", "baseline"))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(max(4.5, 1 + 0.9 * len(rows)), 3.8))
        axes = figure.subplots()
        if rows:
            axes.errorbar(at, ours, (ours - low, high - ours), fmt="o", color=BLUE, capsize=3, label="brandlens, 95 %")
            axes.plot(at, theirs, "D", color=ORANGE, markersize=5, label=rival)
            axes.set_ylim(max(0, min(*low, *theirs) - 0.03), 1.01)
            figure.legend(loc="outside lower right", ncols=2, frameon=False)
        axes.set_xticks(at, [f"{row['group']}\n{row['reviews']:,}" for row in rows])
        axes.set(xlabel=f"{label}, and how many reviews", ylabel="accuracy")
        axes.grid(axis="x", visible=False)
        _save(figure, png)


def write_csv(rows: Iterable[Mapping[str, object]], csv: Path, columns: Sequence[str]) -> None:
    """One line per row under a header of `columns`; without rows, the header alone.

    Raises ValueError for a row that holds another column.
    """
    csv.parent.mkdir(parents=True, exist_ok=True)
    with csv.open("w", newline="", encoding="utf-8") as file:
        writer = csvfile.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def contact_sheet(
    tiles: Sequence[np.ndarray], captions: Sequence[str], columns: int, tile: tuple[int, int]
) -> np.ndarray:
    """(H, W, 3) uint8 RGB: pictures side by side, `columns` in a row, each with its caption below.

    tiles: (h, w, 3) uint8 RGB of any size, scaled to fit into `tile` (width, height in pixels), never distorted. A
    caption too long for its tile is cut. Without tiles: a small white picture that says so.
    """
    if not tiles:
        sheet = np.full((3 * TEXT, 240, 3), 255, np.uint8)
        return _write(sheet, "nothing to show", MARGIN, 2 * TEXT - 5)
    width, height = tile
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    across, down = width + MARGIN, height + TEXT + MARGIN
    sheet = np.full((rows * down + MARGIN, columns * across + MARGIN, 3), 255, np.uint8)
    for at, (picture, caption) in enumerate(zip(tiles, captions, strict=True)):
        top, left = MARGIN + at // columns * down, MARGIN + at % columns * across
        sheet[top : top + height, left : left + width] = _letterboxed(picture, width, height)
        _write(sheet, _cut(caption, width), left, top + height + TEXT - 7)
    return sheet


def _letterboxed(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    scale = min(width / picture.shape[1], height / picture.shape[0])
    wide, high = (max(1, round(side * scale)) for side in picture.shape[1::-1])
    resized = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    box = np.full((height, width, 3), 236, np.uint8)
    top, left = (height - high) // 2, (width - wide) // 2
    box[top : top + high, left : left + wide] = resized
    return box


def _cut(caption: str, width: int) -> str:
    """The caption, or as much of it as fits into `width` pixels, with dots at its end."""
    shown = caption
    while len(shown) > 3 and cv2.getTextSize(shown, *FONT, 1)[0][0] > width:
        shown = shown.removesuffix("...")[:-1] + "..."
    return shown


def _write(sheet: np.ndarray, text: str, left: int, base: int) -> np.ndarray:
    return cv2.putText(sheet, text, (left, base), *FONT, (40, 40, 40), 1, cv2.LINE_AA)


def _save(figure: Figure, png: Path) -> None:
    png.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(png, metadata={"Software": None})  # no version in the file, so the same plot has the same bytes
