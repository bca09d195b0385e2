"""What the metrics look like: a CSV for other tools, a PNG beside it for people, and sheets of pictures."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from brandlens.io import write_csv
from brandlens.metrics.calibration import Reliability
from brandlens.metrics.thresholds import PRCurve

# Okabe and Ito's colors, which readers with any color vision can tell apart.
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
MAX_ROWS = 500  # of a curve's CSV
FONT = (cv2.FONT_HERSHEY_SIMPLEX, 0.45)
ACCURACY_COLUMNS = ("group", "reviews", "accuracy", "low", "high", "baseline")
MARGIN, TEXT = 8, 22  # pixels of a contact sheet: around a tile, and for the caption below it


def write_confusion(matrix: np.ndarray, labels: Sequence[str], csv: Path, png: Path, caption: str) -> None:
    """Write and draw a (c, c) int matrix of counts, rows = y_true.

    csv: one row per cell: y_true, y_pred, count. png: each cell shows its count, colored by its fraction of the row;
    the caption stands below.
    """
    cells = (
        {"y_true": y_true, "y_pred": y_pred, "count": int(matrix[row, column])}
        for row, y_true in enumerate(labels)
        for column, y_pred in enumerate(labels)
    )
    write_csv(cells, csv, ["y_true", "y_pred", "count"])
    fraction = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = max(3.6, 1.6 + 0.62 * len(labels))
    with matplotlib.rc_context(STYLE | {"axes.grid": False}):
        figure = Figure(figsize=(side + 0.6, side + 0.4))
        axes = figure.subplots()
        axes.imshow(fraction, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(matrix):
            color = "white" if fraction[row, column] > 0.55 else "black" if count else GREY
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=color)
        slanted: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if len(labels) > 3 else {}
        axes.set_xticks(range(len(labels)), labels, **slanted)
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlabel="prediction", ylabel="label")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        figure.supxlabel(textwrap.fill(caption, int(side * 13)), fontsize="small", color=GREY)
        _save(figure, png)


def write_curve(curve: PRCurve, csv: Path, png: Path, threshold: float | None) -> None:
    """Write and draw precision over recall, and both over the threshold, with the operating point marked, if any.

    csv: threshold, precision, recall, thresholds falling; at most 500 rows, evenly thinned, both ends kept.
    """
    count = len(curve.threshold)
    kept = np.unique(np.linspace(0, count - 1, min(count, MAX_ROWS)).round().astype(int))
    columns = {"threshold": curve.threshold, "precision": curve.precision, "recall": curve.recall}
    rows = ({name: f"{values[index]:.6g}" for name, values in columns.items()} for index in kept)
    write_csv(rows, csv, list(columns))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.8))
        left, right = figure.subplots(1, 2)
        left.step(curve.recall, curve.precision, where="pre", color=BLUE)
        left.set(xlabel="recall", ylabel="precision")
        right.step(curve.threshold, curve.precision, where="post", color=BLUE, label="precision")
        right.step(curve.threshold, curve.recall, where="post", color=ORANGE, label="recall", linestyle="--")
        right.step(curve.threshold, curve.f1, where="post", color=GREEN, label="F1", linestyle="-.")
        right.set(xlabel="threshold")
        if threshold is not None:
            precision, recall = curve.look_up(threshold)
            left.plot(recall, precision, "o", color=RED, markersize=9, markeredgecolor="white", clip_on=False, zorder=3)
            left.set_title(f"precision {precision:.3f}, recall {recall:.3f}")
            right.axvline(threshold, color=RED, linewidth=1.4)
            right.set_title(f"at threshold {threshold:.3f}")
        figure.legend(loc="outside lower right", ncols=3, frameon=False)
        for axes in (left, right):
            axes.set(xlim=(0, 1), ylim=(0, 1.02))
        _save(figure, png)


def write_reliability(table: Reliability, csv: Path, png: Path) -> None:
    """Write and draw a reliability table: how often scores are right, beside the scores.

    csv: low, high, count, score, positive, one row a bin that holds rows. png: the fraction of positives over the mean
    score of each bin, and how many rows each has.
    """
    filled = np.flatnonzero(table.count)
    columns = {"low": table.edges[:-1], "high": table.edges[1:], "score": table.score, "positive": table.positive}
    rows = (
        {name: f"{column[index]:.4g}" for name, column in columns.items()} | {"count": int(table.count[index])}
        for index in filled
    )
    write_csv(rows, csv, ["low", "high", "count", "score", "positive"])
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.8))
        left, right = figure.subplots(1, 2)
        left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="perfectly calibrated")
        left.plot(table.score[filled], table.positive[filled], "o-", color=BLUE, clip_on=False, label="measured")
        left.legend(loc="upper left", frameon=False)
        left.set(xlabel="score", ylabel="fraction of positives", xlim=(0, 1), ylim=(0, 1.02))
        right.bar(table.edges[:-1], table.count, np.diff(table.edges), align="edge", color=BLUE, edgecolor="white")
        right.set_axisbelow(True)
        right.set(xlabel="score", ylabel="rows", xlim=(0, 1))
        _save(figure, png)


def write_accuracies(rows: Sequence[Mapping[str, Any]], csv: Path, png: Path, label: str, baseline: str) -> None:
    """Write and draw accuracy by groups, with its intervals, beside a baseline's.

    rows: `ACCURACY_COLUMNS`; label: what the groups are; baseline: its name.
    """
    write_csv(rows, csv, ACCURACY_COLUMNS)
    x = np.arange(len(rows))
    ours, low, high, theirs = (np.array([row[key] for row in rows]) for key in ("accuracy", "low", "high", "baseline"))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(max(4.5, 1 + 0.9 * len(rows)), 3.8))
        axes = figure.subplots()
        if rows:
            axes.errorbar(x, ours, (ours - low, high - ours), fmt="o", color=BLUE, capsize=3, label="brandlens, 95 %")
            axes.plot(x, theirs, "D", color=ORANGE, markersize=5, label=baseline)
            axes.set_ylim(max(0, min(*low, *theirs) - 0.03), 1.01)
            figure.legend(loc="outside lower right", ncols=2, frameon=False)
        axes.set_xticks(x, [f"{row['group']}\n{row['reviews']:,}" for row in rows])
        axes.set(xlabel=f"{label}, and how many reviews", ylabel="accuracy")
        axes.grid(axis="x", visible=False)
        _save(figure, png)


def contact_sheet(
    tiles: Sequence[np.ndarray], captions: Sequence[str], columns: int, tile_wh: tuple[int, int]
) -> np.ndarray:
    """Return (H, W, 3) uint8 RGB: pictures side by side, `columns` in a row, each with its caption below.

    tiles: (h, w, 3) uint8 RGB of any size, scaled to fit into `tile_wh` pixels, never distorted. A caption too long for
    its tile is cut. Without tiles: a small white picture that says so.
    """
    if not tiles:
        sheet = np.full((3 * TEXT, 240, 3), 255, np.uint8)
        return _put_text(sheet, "nothing to show", MARGIN, 2 * TEXT - 5)
    width, height = tile_wh
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    column_width, row_height = width + MARGIN, height + TEXT + MARGIN
    sheet = np.full((rows * row_height + MARGIN, columns * column_width + MARGIN, 3), 255, np.uint8)
    for index, (picture, caption) in enumerate(zip(tiles, captions, strict=True)):
        top, left = MARGIN + index // columns * row_height, MARGIN + index % columns * column_width
        sheet[top : top + height, left : left + width] = _letterboxed(picture, width, height)
        _put_text(sheet, _shorten(caption, width), left, top + height + TEXT - 7)
    return sheet


def _letterboxed(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return the picture at the middle of a grey one of this size, as large as fits."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    new_width, new_height = (max(1, round(side * scale)) for side in picture.shape[1::-1])
    resized = cv2.resize(
        picture, (new_width, new_height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    tile = np.full((height, width, 3), 236, np.uint8)
    top, left = (height - new_height) // 2, (width - new_width) // 2
    tile[top : top + new_height, left : left + new_width] = resized
    return tile


def _shorten(caption: str, width: int) -> str:
    """Return the caption, or as much of it as fits into `width` pixels, with dots at its end."""
    while len(caption) > 3 and cv2.getTextSize(caption, *FONT, 1)[0][0] > width:
        caption = caption.removesuffix("...")[:-1] + "..."
    return caption


def _put_text(sheet: np.ndarray, text: str, left: int, base: int) -> np.ndarray:
    return cv2.putText(sheet, text, (left, base), *FONT, (40, 40, 40), 1, cv2.LINE_AA)


def _save(figure: Figure, png: Path) -> None:
    png.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(png, metadata={"Software": None})  # no version in the file, so the same plot has the same bytes
