"""Metrics of boxes: by hand, beside COCO's own, over resampled pictures, and by size."""

import math
from dataclasses import replace

import numpy as np
import pytest
from faster_coco_eval import COCO, COCOeval_faster
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.boxes import Box, Detection
from brandlens.metrics.detection import (
    BOX_METRICS,
    IOUS,
    SIZE_EDGES,
    average_precision,
    by_size,
    by_size_intervals,
    match_pictures,
)  # fmt: skip
from brandlens.metrics.registry import compute, compute_intervals
from brandlens.metrics.thresholds import precision_recall_curve

LABELS = ["cola", "Dr. Pepper"]


def box(left=0, label="cola", ignore=False, width=10):
    return Box(left, 0, width, 10, label, ignore)


def detect(left=0, score=0.9, label="cola", width=10):
    return Detection(label, score, left, 0, width, 10)


sides = st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 15)] * 2)
any_box = st.builds(
    lambda sides, label, ignore: Box(*sides, label, ignore), sides, st.sampled_from(LABELS), st.booleans()
)
any_detection = st.builds(
    lambda sides, label, score: Detection(label, score, *sides),
    sides,
    st.sampled_from(LABELS),
    st.sampled_from([0.1, 0.5, 0.9]),
)
some_boxes, some_detections = st.lists(any_box, max_size=5), st.lists(any_detection, max_size=6)


HALF = [[box(0), box(100)]], [[detect(0, 0.9), detect(50, 0.8), detect(100, 0.7)]]


@pytest.mark.parametrize(
    ("y_true", "detections", "ap50", "ap"),
    [
        pytest.param([], [], 0, 0, id="no pictures"),
        pytest.param([[]], [[detect()]], 0, 0, id="nothing labelled"),
        pytest.param([[box()]], [[]], 0, 0, id="nothing detected"),
        pytest.param([[box(ignore=True)]], [[detect()]], 0, 0, id="ignore boxes only"),
        pytest.param(
            [[box(label="another brand")]], [[detect(label="another brand")]], 0, 0, id="only labels not asked for"
        ),
        pytest.param([[box()]], [[detect()]], 1, 1, id="perfect; a label without boxes stays out of the mean"),
        # precision 1 up to recall 0.5 (51 of the 101 points), 2/3 up to recall 1 (the other 50)
        pytest.param(*HALF, (51 + 50 * 2 / 3) / 101, (51 + 50 * 2 / 3) / 101, id="right, wrong, right: by hand"),
        # IoU 10/15: right at 0.50, 0.55, 0.60 and 0.65, four of the ten
        pytest.param([[box(width=15)]], [[detect()]], 1, 0.4, id="right up to IoU 0.65"),
        pytest.param(
            [[box(), box(50, "?", True)]], [[detect(score=0.5), detect(50)]], 1, 1, id="ignore box of any label"
        ),
        pytest.param(
            [[box()], []], [[detect(score=0.5)], [detect()]], 0.5, 0.5, id="false positive on an empty picture"
        ),
        pytest.param(
            [[box()]], [[detect(20)] * 150 + [detect(0, 0.1)]], 1 / 151, 1 / 151, id="more than 100 in a picture"
        ),
    ],
)
def test_average_precision(y_true, detections, ap50, ap):
    flat = compute(match_pictures(y_true, detections, LABELS))
    assert flat["ap50"] == pytest.approx(ap50)
    assert flat["ap"] == pytest.approx(ap)
    assert flat["per_class.cola.ap50"] == pytest.approx(ap50)
    assert flat["per_class.Dr. Pepper.ap50"] == 0.0


def test_average_precision_is_the_mean_over_labels():
    y_true = [[box(), box(50, "Dr. Pepper")]]
    flat = compute(match_pictures(y_true, [[detect()]], LABELS))
    assert flat["ap50"] == flat["ap"] == 0.5
    assert (flat["per_class.cola.ap50"], flat["per_class.Dr. Pepper.ap50"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("y_true", "detections", "counts"),
    [
        pytest.param([], [], (0, 0, 0), id="no pictures"),
        pytest.param([[]], [[]], (0, 0, 0), id="nothing there, nothing detected"),
        pytest.param([[], [box()]], [[detect()], []], (0, 1, 1), id="a false positive and a false negative"),
        pytest.param([[box()]], [[detect(score=0.49)]], (0, 0, 1), id="under the threshold"),
        pytest.param([[box()]], [[detect(score=0.5)]], (1, 0, 0), id="at the threshold"),
        pytest.param([[box()]], [[detect(), detect()]], (1, 1, 0), id="a duplicate"),
        pytest.param([[box(ignore=True)]], [[detect()]], (0, 0, 0), id="ignored"),
        pytest.param(
            [[box(label="another brand")]], [[detect(label="another brand")]], (0, 0, 0), id="a label not asked for"
        ),
        pytest.param(
            [[box(label="another brand")]], [[detect()]], (0, 1, 0), id="a false positive on a label not asked for"
        ),
        pytest.param(
            [[box(), box(50, LABELS[1])]], [[detect(), detect(50)]], (1, 1, 1), id="confused with the other label"
        ),
    ],
)
def test_at_the_threshold(y_true, detections, counts):
    flat = compute(match_pictures(y_true, detections, LABELS, 0.5))
    true_positives, false_positives, false_negatives = counts
    assert tuple(flat[name] for name in ("true_positives", "false_positives", "false_negatives")) == counts
    assert flat["precision"] == pytest.approx(true_positives / max(true_positives + false_positives, 1))
    assert flat["recall"] == pytest.approx(true_positives / max(true_positives + false_negatives, 1))
    assert flat["per_class.cola.recall"] == (1.0 if true_positives else 0.0)
    assert all(type(value) is float for value in flat.values())


pictures = st.lists(st.tuples(some_boxes, some_detections), min_size=6, max_size=6)
different_scores = pictures.map(
    lambda rows: [
        (boxes, [replace(detection, score=(7 * number + i + 1) / 100) for i, detection in enumerate(detections)])
        for number, (boxes, detections) in enumerate(rows)
    ]
)


@settings(max_examples=60)
@given(different_scores, st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_average_precision_is_cocos_also_of_a_resample(rows, weights):
    y_true, detections = [row for row, _ in rows], [row for _, row in rows]
    boxes = match_pictures(y_true, detections, LABELS)
    drawn = [row for row, weight in zip(rows, weights, strict=True) for _ in range(weight)]
    expected = coco([row for row, _ in drawn], [row for _, row in drawn])
    values = [average_precision(boxes, np.array([weights], np.float32), level)[0] for level in range(len(IOUS))]
    assert np.nan_to_num(values) == pytest.approx(np.maximum(expected, 0.0), abs=1e-6)


def coco(y_true, detections):
    """(10, labels) average precision by faster-coco-eval; -1 for a label without boxes."""
    annotations = [
        {"image_id": image, "bbox": [box.left, box.top, box.width, box.height], "area": box.width * box.height,
         "category_id": category, "iscrowd": int(box.ignore)}
        for image, row in enumerate(y_true) for box in row for category in range(1, len(LABELS) + 1)
        if box.ignore or LABELS[category - 1] == box.label
    ]  # fmt: skip
    results = [
        {"image_id": image, "bbox": [box.left, box.top, box.width, box.height], "score": box.score,
         "category_id": LABELS.index(box.label) + 1}
        for image, row in enumerate(detections) for box in row
    ]  # fmt: skip
    if not results or all(annotation["iscrowd"] for annotation in annotations):
        return np.zeros((len(IOUS), len(LABELS)))
    dataset = COCO({
        "images": [{"id": image} for image in range(len(y_true))],
        "categories": [{"id": number, "name": label} for number, label in enumerate(LABELS, 1)],
        "annotations": [annotation | {"id": number} for number, annotation in enumerate(annotations, 1)],
    })  # fmt: skip
    run = COCOeval_faster(dataset, dataset.loadRes(results), "bbox", print_function=lambda *_: None)
    run.params.maxDets = [len(results)]
    run.params.areaRng, run.params.areaRngLbl = [[0, 1e10]], ["all"]
    run.evaluate()
    run.accumulate()
    return run.eval["precision"][:, :, :, 0, 0].mean(axis=1)


def test_average_precision_of_a_resample_with_a_picture_twice():
    boxes = match_pictures([[box()], []], [[detect(score=0.9)], [detect(score=0.95)]], LABELS)
    weights = np.array([[1, 1], [2, 1], [1, 0], [0, 2]], np.float32)
    assert average_precision(boxes, weights)[:, 0] == pytest.approx([0.5, 2 / 3, 1, np.nan], nan_ok=True)


def test_ratios_of_a_resample_without_a_denominator_are_unknown():
    boxes = match_pictures([[box()], []], [[detect()], []], LABELS)
    weights = np.array([[1, 1], [0, 2]], np.float32)
    for name in ("precision", "recall", "f1"):
        assert BOX_METRICS[name].function(boxes, weights) == pytest.approx([1, np.nan], nan_ok=True)


@settings(max_examples=30)
@given(pictures)
def test_the_curve_has_the_numbers_of_the_metrics(rows):
    y_true, detections = [row for row, _ in rows], [row for _, row in rows]
    curve = precision_recall_curve(*match_pictures(y_true, detections, LABELS).ranking())
    for threshold in (0.1, 0.5, 0.9):
        flat = compute(match_pictures(y_true, detections, LABELS, threshold))
        assert curve.look_up(threshold) == pytest.approx((flat["precision"], flat["recall"]))
        counted = sum(not box.ignore for row in y_true for box in row)
        assert flat["true_positives"] + flat["false_negatives"] == counted


@pytest.mark.parametrize(
    ("y_true", "detections", "recall"),
    [
        pytest.param([], [], [], id="no pictures"),
        pytest.param([[box()]], [[]], [], id="nothing detected"),
        pytest.param([[]], [[detect()]], [0], id="a false positive alone"),
        pytest.param([[box(ignore=True)]], [[detect()]], [], id="ignored"),
        pytest.param([[box(), box(90)], [box()]], [[detect()], [detect(50, 0.2)]], [1 / 3, 1 / 3], id="a missed box"),
        pytest.param(
            [[box(), box(50, "zest")]], [[detect(), detect(50, 0.5, "zest")]], [1], id="a label not asked for"
        ),
    ],
)
def test_curve_of_boxes(y_true, detections, recall):
    ranking = match_pictures(y_true, detections, LABELS).ranking()
    assert precision_recall_curve(*ranking).recall.tolist() == pytest.approx(recall)


def test_labels_and_detections_are_of_the_same_pictures():
    with pytest.raises(ValueError, match="zip"):
        match_pictures([[]], [], LABELS)


def test_a_brand_in_few_pictures_is_not_certain():
    """One brand is in 30 pictures, the other in 2; all are detected."""
    rows = [[box()] for _ in range(30)] + [[box(label=LABELS[1])] for _ in range(2)]
    detections = [[detect(label=boxes[0].label)] for boxes in rows]
    intervals = compute_intervals(match_pictures(rows, detections, LABELS, 0.5))
    assert intervals["per_class.Dr. Pepper.recall"].low < 0.4
    assert intervals["per_class.cola.recall"].low > 0.85


# By size


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param([(None, 0.9, 30)], {}, id="nothing labelled"),
        pytest.param([(23.9, None, 0)], {"0-23": (1, 0, 0)}, id="just under an edge"),
        pytest.param([(24, None, 0)], {"24-31": (1, 0, 0)}, id="an edge"),
        pytest.param([(5000, 0.9, 5000)], {"256+": (1, 1, 1)}, id="huge"),
        pytest.param([(40, 0.5, 40)], {"32-47": (1, 1, 1)}, id="the threshold itself counts"),
        pytest.param([(40, 0.4, 40)], {"32-47": (1, 0, 1)}, id="under it: no recall, but average precision"),
        pytest.param([(None, 0.9, 40), (40, 0.8, 40)], {"32-47": (1, 1, 0.5)}, id="a false positive before it"),
        pytest.param([(None, 0.9, 60), (40, 0.8, 40)], {"32-47": (1, 1, 1)}, id="a false positive of another size"),
        pytest.param([(40, 0.9, 48)], {"32-47": (1, 1, 1)}, id="the labelled size counts"),
        pytest.param([(300, 0.8, 300), (10, None, 0)], {"0-23": (1, 0, 0), "256+": (1, 1, 1)}, id="two sizes"),
    ],
)  # fmt: skip
def test_by_size(rows, expected):
    """rows: one a picture: the side of the labelled box, the detection's score and side."""
    y_true = [[Box(0, 0, side, side, "cola")] if side else [] for side, _, _ in rows]
    detections = [[Detection("cola", score, 0, 0, side, side)] if score else [] for _, score, side in rows]
    boxes = match_pictures(y_true, detections, ["cola"], 0.5)
    names = ("count", "true_positives", "ap50")
    assert {name: tuple(size[key] for key in names) for name, size in by_size(boxes).items()} == expected
    assert {*by_size_intervals(boxes)} == {*expected}


def test_the_bins_cover_all_sizes():
    assert (SIZE_EDGES[0], SIZE_EDGES[-1]) == (0, math.inf)
    assert list(SIZE_EDGES) == sorted(SIZE_EDGES)


@settings(max_examples=30)
@given(pictures)
def test_boxes_of_one_size_are_one_bin(rows):
    y_true = [[replace(box, width=10, height=10) for box in row] for row, _ in rows]
    detections = [[replace(detection, width=10, height=10) for detection in row] for _, row in rows]
    boxes = match_pictures(y_true, detections, LABELS, 0.5)
    flat = compute(boxes)
    if count := len(boxes.labelled_unit):
        names = ("true_positives", "recall", "ap50")
        assert by_size(boxes) == {"0-23": {"count": count, **{name: flat[name] for name in names}}}
    else:
        assert by_size(boxes) == {}


def test_matches_at_each_overlap():
    """Overlaps of 9/11 and 7/13 with the same box, one in an ignored box."""
    detections = [detect(1), detect(3, 0.8), detect(60, 0.7)]
    boxes = match_pictures([[box(), box(60, "zest", True), box(200)]], [detections], LABELS)
    assert boxes.true_positive.sum(axis=0).tolist() == [7, 0, 0]
    assert boxes.ignored.sum(axis=0).tolist() == [0, 0, 10]


def test_a_pictures_number_is_not_its_place():
    boxes = match_pictures([[box()], []], [[detect()], [detect()]], LABELS, units=[1, 0])
    assert (boxes.unit.tolist(), boxes.labelled_unit.tolist()) == ([1, 0], [1])
