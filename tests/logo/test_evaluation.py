"""Evaluation: the threshold for all uses, the metrics, and all of it for one detector."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.config.logo import Crop, Evaluate, Jitter
from brandlens.config.types import ThresholdConfig
from brandlens.logo import evaluation, tables
from brandlens.logo.crops.extract import extract_crops, fit_window
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.evaluation import Evaluation
from brandlens.logo.predictions import Predictions, predict_class
from brandlens.metrics.registry import compute

LABELS = ("cola", "fizz")
Pictures = list[tuple[list[Box], list[Detection]]]


def box(left: int = 0, label: str = "cola", ignore: bool = False) -> Box:
    return Box(left, 0, 10, 10, label, ignore)


def detection(left: int = 0, score: float = 0.9, label: str = "cola") -> Detection:
    return Detection(label, score, left, 0, 10, 10)


def predictions(*pictures: tuple[list[Box], list[Detection]]) -> Predictions:
    records = [Picture(Path(f"{index}.jpg"), tuple(boxes)) for index, (boxes, _) in enumerate(pictures)]
    return Predictions(records, [detections for _, detections in pictures], np.full(len(pictures), 0.01))


@pytest.mark.parametrize("label", ["cola", "soda", "unlabelled"])
def test_a_detection_on_an_ignore_box_counts_for_nothing(label: str) -> None:
    result = predictions(([box(ignore=True, label=label)], [detection()]), ([box()], [detection()]))
    metrics = evaluation.box_metrics(result, LABELS, 0.5)
    assert (metrics["precision"], metrics["recall"], metrics["ap50"]) == (1, 1, 1)
    assert [row["outcome"] for row in tables.box_rows(result, LABELS)] == ["ignored", "true_positive"]


# The threshold


NO_CROPS = np.zeros((0, 3), np.float32), np.zeros(0, np.int64)
# scores 0.9 to 0.5: true, true, false, true, false positive
FIVE = predictions(
    ([box(), box(20)], [detection(0, 0.9), detection(20, 0.8), detection(40, 0.7)]),
    ([box()], [detection(0, 0.6), detection(40, 0.5)]),
)


@pytest.mark.parametrize(
    ("result", "rule", "min_score", "expected"),
    [
        pytest.param(predictions(), ThresholdConfig(min_precision=0.9), 0.1, 0.5, id="no pictures, precision"),
        pytest.param(predictions(), ThresholdConfig(maximize="f1"), 0.1, 0.5, id="no pictures, best"),
        pytest.param(predictions(), ThresholdConfig(maximize="f1"), 0.6, 0.6, id="no pictures, a high minimum"),
        pytest.param(FIVE, ThresholdConfig(min_precision=1.0), 0.1, 0.75, id="precision of boxes: as low as it holds"),
        pytest.param(FIVE, ThresholdConfig(min_precision=0.7), 0.1, 0.55, id="precision regained lower down"),
        pytest.param(FIVE, ThresholdConfig(min_recall=0.3), 0.1, 0.85, id="recall of boxes: as high as it holds"),
        pytest.param(FIVE, ThresholdConfig(min_recall=1.0), 0.1, 0.55, id="all of the recall"),
        pytest.param(FIVE, ThresholdConfig(min_precision=0.5), 0.1, 0.25, id="any precision will do"),
        pytest.param(FIVE, ThresholdConfig(min_precision=0.5), 0.4, 0.4, id="never under the minimum"),
    ],
)
def test_choose_threshold(result: Predictions, rule: ThresholdConfig, min_score: float, expected: float) -> None:
    other_crops = np.float32([[0.9, 0.05, 0.05], [0.05, 0.95, 0]]), np.array([1, 0])  # crops alone would have another
    crops = NO_CROPS if rule.maximize else other_crops
    assert evaluation.choose_threshold(result, *crops, LABELS, rule, min_score) == expected


def test_another_brands_detection_does_not_move_the_threshold() -> None:
    result = predictions(([box()], [detection(0, 0.9), detection(50, 0.95, "soda")]))
    assert evaluation.choose_threshold(result, *NO_CROPS, LABELS, ThresholdConfig(min_precision=1.0), 0.1) == 0.45


def test_the_best_threshold_serves_boxes_pictures_and_crops() -> None:
    """Boxes alone are best at 0.3, crops alone over 0.6."""
    boxes, low = [box(left) for left in range(0, 100, 20)], [detection(left, 0.3) for left in range(20, 100, 20)]
    result = predictions((boxes, [detection(0, 0.9), *low]), ([], [detection(0, 0.4)]))
    crops = np.float32([[0.05, 0.95, 0], [0.4, 0.6, 0], [0.4, 0.6, 0], [0.4, 0.6, 0]]), np.array([1, 0, 0, 0])

    def best(*crops: np.ndarray) -> float:
        return evaluation.choose_threshold(result, *crops, LABELS, ThresholdConfig(maximize="f1"), 0.1)

    # precision, recall of boxes: 1, 1/5 at 0.9, 5/6, 1 at 0.3; of pictures: 1, 1 and 1/2, 1; of crops: 1, 1 and 1/4, 1
    assert best(*NO_CROPS) == 0.15
    assert best(*crops) == 0.75


def test_the_threshold_is_a_plain_number_of_four_digits() -> None:
    result = predictions(([box()], [detection(0, 0.123456)]), ([], [detection(0, 0.0333)]))
    threshold = evaluation.choose_threshold(result, *NO_CROPS, LABELS, ThresholdConfig(min_precision=1.0), 0.01)
    assert type(threshold) is float
    assert threshold == round((0.123456 + 0.0333) / 2, 4)


scored_crops = st.lists(
    st.tuples(st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]), st.integers(1, 2), st.integers(0, 2)),
    min_size=1,
    max_size=9,
)


@given(scored_crops, st.sampled_from([0.2, 0.5, 0.75, 0.95]))
def test_the_curve_of_crops_agrees_with_predict_class(rows: list[tuple[float, int, int]], threshold: float) -> None:
    """rows: the highest score, the brand it is of, the class id of the crop."""
    probabilities = np.zeros((len(rows), 3))
    for row, (score, brand, _) in zip(probabilities, rows, strict=True):
        row[brand], row[3 - brand] = score, min(score, 1 - score) / 2
    y_true = np.array([row[2] for row in rows])
    y_pred = predict_class(probabilities, threshold)
    true_positives = ((y_pred == y_true) & (y_true > 0)).sum()
    precision, recall = evaluation.crop_curve(probabilities, y_true).look_up(threshold)
    assert precision == pytest.approx(true_positives / max((y_pred > 0).sum(), 1))
    assert recall == pytest.approx(true_positives / max((y_true > 0).sum(), 1))


any_box = st.builds(box, st.sampled_from([0, 20]), st.sampled_from([*LABELS, "soda"]), st.booleans())
any_detection = st.builds(
    detection, st.sampled_from([0, 20, 40]), st.sampled_from([0.25, 0.5, 0.9]), st.sampled_from(LABELS)
)
any_pictures = st.lists(st.tuples(st.lists(any_box, max_size=2), st.lists(any_detection, max_size=3)), max_size=4)


@given(any_pictures, st.sampled_from([0.25, 0.5, 0.9]))
def test_the_curve_of_pictures_agrees_with_their_metrics(pictures: Pictures, threshold: float) -> None:
    result = predictions(*pictures)
    metrics = compute(result.decided(LABELS, threshold))
    curve = evaluation.picture_curve(result, LABELS)
    assert curve.look_up(threshold) == pytest.approx((metrics["precision"], metrics["recall"]))


# Metrics


def test_crop_metrics_count_the_background_too() -> None:
    metrics = evaluation.crop_metrics(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]), LABELS)
    assert metrics["accuracy"] == 0.75
    assert metrics["per_class.background.recall"] == 0.5
    assert metrics["precision"] == pytest.approx((1 + 0.5 + 1) / 3)


@pytest.mark.parametrize(
    ("detections", "accuracy"),
    [
        pytest.param([], 1, id="nothing detected: right"),
        pytest.param([detection(score=0.9)], 0, id="a false positive: wrong"),
        pytest.param([detection(score=0.49)], 1, id="under the threshold: right"),
    ],
)
def test_an_empty_picture(detections: list[Detection], accuracy: float) -> None:
    alone = compute(predictions(([], detections)).decided(LABELS, 0.5))
    assert (alone["precision"], alone["recall"], alone["accuracy"]) == (0, 0, accuracy)
    beside = compute(predictions(([], detections), ([box()], [detection()])).decided(LABELS, 0.5))
    assert beside["accuracy"] == (1 + accuracy) / 2
    assert beside["precision"] == 1 / (2 - accuracy)
    assert beside["recall"] == 1


# All of it


@pytest.fixture
def result() -> Evaluation:
    """Two pictures: a cola that is detected, beside a false positive; and a large fizz that is not."""
    pictures = [
        Picture(Path("a.jpg"), (Box(0, 0, 30, 30, "cola"),)), Picture(Path("b.jpg"), (Box(0, 0, 200, 90, "fizz"),)),
    ]  # fmt: skip
    detections = [[Detection("cola", 0.9, 1, 0, 30, 30), Detection("fizz", 0.7, 300, 0, 40, 40)], []]
    records = [
        CropRecord(f"{index}.png", "test", label, "labelled", picture, 0, 0, 10, 10)
        for index, (picture, label) in enumerate([("a.jpg", "cola"), ("b.jpg", "fizz"), ("b.jpg", "background")])
    ]
    probabilities = np.array([[0.1, 0.9, 0.0], [0.8, 0.1, 0.1], [0.9, 0.05, 0.05]], np.float32)
    test = Predictions(pictures, detections, np.full(2, 0.01))
    val = Predictions(pictures[:1], detections[:1], np.full(1, 0.01))
    baseline_ids = {"majority": np.zeros(3, np.int64)}
    return Evaluation(LABELS, 0.5, val, test, records, np.array([1, 2, 0]), probabilities, baseline_ids, 0.5)


def test_metrics(result: Evaluation) -> None:
    metrics = result.metrics
    assert metrics["threshold"] == 0.5
    assert metrics["crops"]["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert metrics["baselines"]["majority"]["crops"]["accuracy"] == pytest.approx(1 / 3, abs=1e-4)
    assert (metrics["boxes"]["precision"], metrics["boxes"]["recall"]) == (0.5, 0.5)
    assert (metrics["validation"]["boxes"]["precision"], metrics["validation"]["boxes"]["recall"]) == (0.5, 1)
    assert metrics["boxes"]["by_size"]["24-31"] == {"count": 1, "true_positives": 1, "recall": 1, "ap50": 1}
    assert metrics["boxes"]["by_size"]["128-191"] == {"count": 1, "true_positives": 0, "recall": 0, "ap50": 0}
    low, high = metrics["intervals"]["boxes"]["recall"]
    assert low <= metrics["boxes"]["recall"] <= high
    assert metrics["pictures"]["recall"] == 0.5
    assert metrics["speed"] == {"picture_ms": 10.0, "crops_per_second": 6.0}


def test_what_is_written(result: Evaluation, tmp_path: Path) -> None:
    result.write(tmp_path / "logo")
    files = {"metrics.json", "precision_recall.csv", "precision_recall.png", "confusion.csv", "confusion.png"}
    files |= {"predictions.csv", "boxes.csv", "crops.csv"}
    assert {path.name for path in (tmp_path / "logo").iterdir()} == files
    assert json.loads((tmp_path / "logo" / "metrics.json").read_text(encoding="utf-8")) == result.metrics
    with (tmp_path / "logo" / "boxes.csv").open(newline="", encoding="utf-8") as file:
        assert [row["outcome"] for row in csv.DictReader(file)] == ["true_positive", "false_positive", "false_negative"]
    with (tmp_path / "logo" / "crops.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["y_true"], row["y_pred"], row["majority"]) for row in rows] == [
        ("cola", "cola", "background"), ("fizz", "background", "background"), ("background",) * 3,
    ]  # fmt: skip


def test_summary(result: Evaluation) -> None:
    assert result.summary() == (
        "threshold 0.50: crops P 0.500 R 0.667, boxes AP50 0.500, pictures P 0.500 R 0.500, 10 ms a picture"
    )


class ByColor:
    """A detector of one magenta rectangle in a grey picture; with `needs_detections`, crops are scored by these."""

    labels = ("cola",)

    def __init__(self, needs_detections: bool) -> None:
        self.needs_detections = needs_detections

    def detect(self, picture: np.ndarray, threshold: float) -> list[Detection]:
        mask = (picture[..., 1] < 30).astype(np.uint8)
        left, top, width, height = cv2.boundingRect(mask)
        return [Detection("cola", 0.8, left, top, width, height)] if width and threshold <= 0.8 else []

    def score_crops(
        self, crops: np.ndarray, records: Sequence[CropRecord], detections: Mapping[str, Sequence[Detection]]
    ) -> np.ndarray:
        assert len(crops) == len(records)
        magenta = (crops[..., 1] < 30).mean(axis=(1, 2)) > 0.3
        if self.needs_detections:
            magenta = np.array([record.label == "cola" and bool(detections[record.picture]) for record in records])
        return np.where(magenta[:, None], (0.1, 0.9), (0.9, 0.1))


@pytest.mark.parametrize("needs_detections", [False, True])
def test_evaluate(tmp_path: Path, paint: Callable[..., Picture], needs_detections: bool) -> None:
    cola = Box(120, 80, 90, 30, "cola")
    pictures = {
        split: [paint(f"{split}{index}", *([cola] if index else [])) for index in range(3)]
        for split in ("train", "val", "test")
    }
    crop = Crop((), (75, 22), 0.1, 1, 0.2, Jitter(copies=2, translate=0.1, scale=1.2, ratio=1.1), 2.0)
    window = fit_window(pictures["train"], crop)
    records = extract_crops(pictures, tmp_path / "crops", window, crop, min_size=24, seed=1)
    cfg = Evaluate(ThresholdConfig(maximize="f1"), min_score=0.05, gallery_images=4)
    splits: list[str] = []

    def progress(split: str) -> Callable[[Sequence[Picture]], Sequence[Picture]]:
        splits.append(split)
        return lambda own: own

    result = evaluation.evaluate(ByColor(needs_detections), pictures, tmp_path / "crops", cfg, progress)
    assert splits == ["val", "test"]
    assert [record.file for record in result.records] == [record.file for record in records if record.split == "test"]
    metrics = result.metrics
    assert metrics["crops"]["accuracy"] == metrics["boxes"]["ap50"] == metrics["pictures"]["accuracy"] == 1
    assert 0.05 <= result.threshold <= 0.8
    assert list(metrics["baselines"]) == ["majority", "sift"]
    assert (result.crop_seconds > result.test.seconds.sum()) or not needs_detections


def test_describe_split() -> None:
    pictures = [Picture(Path("a.jpg"), (box(), box(20, "fizz"), box(40, ignore=True))), Picture(Path("b.jpg"))]
    assert evaluation.describe_split(pictures) == {
        "pictures": {"all": 2, "without a box": 1}, "boxes": {"cola": 1, "fizz": 1},
    }  # fmt: skip
