import csv

import cv2
import numpy as np
import pytest

from brandlens.metrics.calibration import reliability
from brandlens.metrics.plots import (
    contact_sheet,
    write_accuracies,
    write_confusion,
    write_curve,
    write_reliability,
)
from brandlens.metrics.thresholds import precision_recall_curve


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def painted(path):
    """A PNG that reads and is not all one colour."""
    picture = cv2.imread(str(path))
    return picture is not None and picture.std() > 0


@pytest.mark.parametrize(
    ("matrix", "labels"),
    [
        pytest.param([[0, 0], [0, 0]], ["yes", "no"], id="nothing counted"),
        pytest.param([[140, 42], [3, 855]], ["logo", "no logo"], id="two labels"),
        pytest.param(np.eye(9, dtype=int) * 12345, [f"brand, {at}" for at in range(9)], id="nine labels with commas"),
    ],
)
def test_write_confusion(tmp_path, matrix, labels):
    table, picture = tmp_path / "reports" / "confusion.csv", tmp_path / "reports" / "confusion.png"
    write_confusion(np.array(matrix), labels, table, picture, "Crops of the test pictures.")
    header, *cells = rows(table)
    assert header == ["y_true", "y_pred", "count"]
    assert cells == [[a, p, str(matrix[i][j])] for i, a in enumerate(labels) for j, p in enumerate(labels)]
    assert painted(picture)


@pytest.mark.parametrize(
    ("count", "lines"),
    [
        pytest.param(0, 0, id="an empty curve"),
        pytest.param(1, 1, id="one point"),
        pytest.param(499, 499, id="all points"),
        pytest.param(5000, 500, id="thinned"),
    ],
)
def test_write_curve(tmp_path, count, lines):
    score = np.linspace(0.01, 0.99, count)
    curve = precision_recall_curve(np.arange(count) % 3 > 0, score)
    table, picture = tmp_path / "curve.csv", tmp_path / "curve.png"
    write_curve(curve, table, picture, 0.5)
    header, *points = rows(table)
    assert header == ["threshold", "precision", "recall"]
    values = np.array(points, float).reshape(-1, 3)
    assert len(values) == lines
    if lines:
        whole = np.stack([curve.threshold, curve.precision, curve.recall], axis=1)
        assert values[[0, -1]] == pytest.approx(whole[[0, -1]], rel=1e-5)
    assert (np.diff(values[:, 0]) < 0).all()
    assert painted(picture)


def test_the_same_plot_has_the_same_bytes(tmp_path):
    curve = precision_recall_curve(np.array([True, False]), np.array([0.9, 0.1]))
    for name in ("first", "second"):
        write_curve(curve, tmp_path / f"{name}.csv", tmp_path / f"{name}.png", 0.5)
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


@pytest.mark.parametrize(
    ("score", "y_true", "expected"),
    [
        pytest.param([], [], [], id="no rows"),
        pytest.param(
            [0.1, 0.3, 0.9], [0, 1, 1],
            [["0", "0.25", "1", "0.1", "0"], ["0.25", "0.5", "1", "0.3", "1"], ["0.75", "1", "1", "0.9", "1"]],
            id="empty bins are left out",
        ),
    ],
)  # fmt: skip
def test_write_reliability(tmp_path, score, y_true, expected):
    table, picture = tmp_path / "reports" / "reliability.csv", tmp_path / "reports" / "reliability.png"
    write_reliability(reliability(np.array(score), np.array(y_true), 4), table, picture)
    assert rows(table) == [["low", "high", "count", "score", "positive"], *expected]
    assert painted(picture)


@pytest.mark.parametrize("count", [0, 1, 12])
def test_write_accuracies(tmp_path, count):
    lines = [
        {
            "group": f"{at} stars",
            "reviews": 1000 * at,
            "accuracy": 0.9,
            "low": 0.8,
            "high": 0.95,
            "baseline": at / count,
        }
        for at in range(count)
    ]
    table, picture = tmp_path / "reports" / "by.csv", tmp_path / "reports" / "by.png"
    write_accuracies(lines, table, picture, "stars", "linear")
    header, *cells = rows(table)
    assert header == ["group", "reviews", "accuracy", "low", "high", "baseline"]
    assert cells == [[str(value) for value in line.values()] for line in lines]
    assert painted(picture)


@pytest.mark.parametrize(
    ("sizes", "columns", "expected"),
    [
        pytest.param([], 4, (66, 240, 3), id="no tiles: a small picture that says so"),
        pytest.param([(30, 40)], 4, (78, 96, 3), id="fewer tiles than columns"),
        pytest.param([(22, 75), (75, 22), (1, 500), (500, 1), (200, 200)], 2, (218, 184, 3), id="all shapes, in rows"),
    ],
)
def test_contact_sheet(sizes, columns, expected):
    tiles = [np.zeros((*size, 3), np.uint8) for size in sizes]
    sheet = contact_sheet(tiles, ["a caption that is too long for a tile"] * len(tiles), columns, (80, 40))
    assert sheet.dtype == np.uint8
    assert sheet.shape == expected
    assert sheet.min() < 60
    assert (sheet[:, -8:] == 255).all()  # no caption runs out of its tile


def test_contact_sheet_keeps_color_and_shape():
    red = np.full((10, 10, 3), (255, 0, 0), np.uint8)
    sheet = contact_sheet([red], [""], 1, (80, 40))
    places = np.argwhere((sheet == (255, 0, 0)).all(axis=2))
    assert np.ptp(places, axis=0).tolist() == [39, 39]
