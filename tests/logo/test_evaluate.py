"""Evaluation: the threshold for all uses, what is decided by it, and the rows that are shown."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from brandlens.logo.evaluate import Predictions
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo import evaluate
from brandlens.logo.crops.extract import CropRecord
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.sliding_window.scan import ScanConfig, WindowScorer
from brandlens.metrics import detection
from brandlens.metrics.classification import ThresholdRule

LABELS = ("cola", "fizz")


def box(left: int = 0, label: str = "cola", ignore: bool = False) -> Box:
    return Box(left, 0, 10, 10, label, ignore)


def find(left: int = 0, score: float = 0.9, label: str = "cola") -> Detection:
    return Detection(label, score, left, 0, 10, 10)


def found(*pictures: tuple[list[Box], list[Detection]]) -> Predictions:
    records = [Picture(Path(f"{at}.jpg"), tuple(boxes)) for at, (boxes, _) in enumerate(pictures)]
    return Predictions(records, [finds for _, finds in pictures], np.full(len(pictures), 0.01))


# Looking at pictures


@pytest.fixture
def detector(looker: WindowScorer, wide: WindowSpec, plan: ScanConfig) -> LogoDetector:
    return LogoDetector(looker, wide, plan, 0.99, {})


def test_every_picture_is_looked_at_in_order(
    tmp_path: Path, detector: LogoDetector, scene: Callable[..., np.ndarray]
) -> None:
    logos = [[], [Box(20, 30, 60, 60, "cola")], [Box(30, 40, 80, 40, "fizz")]]
    pictures = []
    for at, there in enumerate(logos):
        images.write(tmp_path / f"{at}.png", scene((160, 120), *there))
        pictures.append(Picture(tmp_path / f"{at}.png", tuple(there)))
    told = []

    def progress(these: Sequence[Picture]) -> Sequence[Picture]:
        told.extend(these)
        return these

    result = evaluate.predict(detector, pictures, 0.3, progress)
    assert told == list(result.pictures) == pictures
    assert [[each.label for each in row] for row in result.detections] == [[], ["cola"], ["fizz"]]
    assert result.detections == [detector.detect(picture.path, 0.3) for picture in pictures]
    assert result.seconds.shape == (3,)
    assert (result.seconds > 0).all()


def test_no_pictures_to_look_at(detector: LogoDetector) -> None:
    result = evaluate.predict(detector, [], 0.3)
    assert (result.detections, result.seconds.shape) == ([], (0,))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param([], 0.0, id="no pictures"),
        pytest.param([0.5], 500.0, id="one"),
        pytest.param([0.01, 0.0123456, 9], 12.35, id="the median: a slow first picture is no matter"),
    ],
)
def test_typical_ms(seconds: list[float], expected: float) -> None:
    assert evaluate.typical_ms(Predictions([], [], np.array(seconds))) == expected


@pytest.mark.parametrize(
    ("boxes", "kept"),
    [
        pytest.param([], [], id="none"),
        pytest.param([box(), box(20, "fizz")], [0, 1], id="both labels"),
        pytest.param([box(), box(20, "rival")], [0], id="a rival is not looked for"),
        pytest.param([box(ignore=True)], [0], id="an ignore box"),
        pytest.param([box(ignore=True, label="unlabelled")], [0], id="an ignore box of any label"),
    ],
)
def test_truth_is_what_counts(boxes: list[Box], kept: list[int]) -> None:
    assert found((boxes, [])).truth(LABELS) == [[boxes[at] for at in kept]]


@pytest.mark.parametrize("label", ["cola", "rival", "unlabelled"])
def test_a_find_on_an_ignore_box_counts_for_nothing(label: str) -> None:
    result = found(([box(ignore=True, label=label)], [find()]), ([box()], [find()]))
    assert evaluate.box_metrics(result, LABELS, 0.5)["false_alarms"] == 0
    assert evaluate.box_metrics(result, LABELS, 0.5)["ap50"] == 1
    assert [row["outcome"] for row in evaluate.box_rows(result, LABELS)] == ["ignored", "hit"]


# The threshold


NO_CROPS = np.zeros((0, 3), np.float32), np.zeros(0, np.int64)
# finds of scores 0.9 to 0.5: hit, hit, alarm, hit, alarm
FIVE = found(([box(), box(20)], [find(0, 0.9), find(20, 0.8), find(40, 0.7)]), ([box()], [find(0, 0.6), find(40, 0.5)]))


@pytest.mark.parametrize(
    ("result", "wish", "floor", "expected"),
    [
        pytest.param(found(), ThresholdRule(precision=0.9), 0.1, 0.5, id="no pictures, precision"),
        pytest.param(found(), ThresholdRule(best="f1"), 0.1, 0.5, id="no pictures, best"),
        pytest.param(found(), ThresholdRule(best="f1"), 0.6, 0.6, id="no pictures, a high floor"),
        pytest.param(FIVE, ThresholdRule(precision=1.0), 0.1, 0.75, id="precision of boxes: as low as it holds"),
        pytest.param(FIVE, ThresholdRule(precision=0.7), 0.1, 0.55, id="precision regained lower down"),
        pytest.param(FIVE, ThresholdRule(recall=0.3), 0.1, 0.85, id="recall of boxes: as high as it holds"),
        pytest.param(FIVE, ThresholdRule(recall=1.0), 0.1, 0.55, id="all of the recall"),
        pytest.param(FIVE, ThresholdRule(precision=0.5), 0.1, 0.25, id="any precision will do"),
        pytest.param(FIVE, ThresholdRule(precision=0.5), 0.4, 0.4, id="never under the floor"),
    ],
)  # fmt: skip
def test_the_threshold_that_a_wish_asks_for(
    result: Predictions, wish: ThresholdRule, floor: float, expected: float
) -> None:
    crops = np.float32([[0.9, 0.05, 0.05], [0.05, 0.95, 0]]), np.array([1, 0])  # they would say otherwise
    given_crops = NO_CROPS if wish.best else crops
    assert evaluate.choose_threshold(result, *given_crops, LABELS, wish, floor) == expected


def test_a_rivals_find_is_no_matter_for_the_threshold() -> None:
    result = found(([box()], [find(0, 0.9), find(50, 0.95, "rival")]))
    assert evaluate.choose_threshold(result, *NO_CROPS, LABELS, ThresholdRule(precision=1.0), 0.1) == 0.45


def test_the_best_threshold_serves_boxes_pictures_and_crops() -> None:
    """Boxes alone are best at 0.3, crops alone over 0.6."""
    boxes, low = [box(left) for left in range(0, 100, 20)], [find(left, 0.3) for left in range(20, 100, 20)]
    result = found((boxes, [find(0, 0.9), *low]), ([], [find(0, 0.4)]))
    crops = np.float32([[0.05, 0.95, 0], [0.4, 0.6, 0], [0.4, 0.6, 0], [0.4, 0.6, 0]]), np.array([1, 0, 0, 0])

    def best(*crops: np.ndarray) -> float:
        return evaluate.choose_threshold(result, *crops, LABELS, ThresholdRule(best="f1"), 0.1)

    # precision, recall of boxes: 1, 1/5 at 0.9, 5/6, 1 at 0.3; of pictures: 1, 1 and 1/2, 1; of crops: 1, 1 and 1/4, 1
    assert best(*NO_CROPS) == 0.15
    assert best(*crops) == 0.75


def test_the_threshold_is_a_plain_number_of_four_digits() -> None:
    result = found(([box()], [find(0, 0.123456)]), ([], [find(0, 0.0333)]))
    threshold = evaluate.choose_threshold(result, *NO_CROPS, LABELS, ThresholdRule(precision=1.0), 0.01)
    assert type(threshold) is float
    assert threshold == round((0.123456 + 0.0333) / 2, 4)


probabilities = st.lists(
    st.tuples(st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]), st.integers(1, 2), st.integers(0, 2)),
    min_size=1,
    max_size=9,
)


@settings(deadline=None)
@given(probabilities, st.sampled_from([0.2, 0.5, 0.75, 0.95]))
def test_the_crops_curve_is_what_deciding_gives(rows: list[tuple[float, int, int]], threshold: float) -> None:
    """rows: score, the brand it is of, the true class."""
    table = np.zeros((len(rows), 3))
    for at, (score, brand, _) in enumerate(rows):
        table[at, brand], table[at, 3 - brand] = score, min(score, 1 - score) / 2
    classes = np.array([row[2] for row in rows])
    guess = evaluate.predict_class(table, threshold)
    hits = ((guess == classes) & (classes > 0)).sum()
    precision, recall = evaluate.crop_curve(table, classes).at(threshold)
    assert precision == pytest.approx(hits / max((guess > 0).sum(), 1))
    assert recall == pytest.approx(hits / max((classes > 0).sum(), 1))


any_box = st.builds(box, st.sampled_from([0, 20]), st.sampled_from([*LABELS, "rival"]), st.booleans())
any_find = st.builds(find, st.sampled_from([0, 20, 40]), st.sampled_from([0.25, 0.5, 0.9]), st.sampled_from(LABELS))
albums = st.lists(st.tuples(st.lists(any_box, max_size=2), st.lists(any_find, max_size=3)), max_size=4)


@settings(deadline=None)
@given(albums, st.sampled_from([0.25, 0.5, 0.9]))
def test_the_pictures_curve_is_what_picture_metrics_say(
    album: list[tuple[list[Box], list[Detection]]], threshold: float
) -> None:
    result = found(*album)
    flat = evaluate.picture_metrics(result, LABELS, threshold)
    assert evaluate.picture_curve(result, LABELS).at(threshold) == pytest.approx((flat["precision"], flat["recall"]))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([[0.9, 0.1, 0]], [0], id="other"),
        pytest.param([[0.4, 0.5, 0.1]], [1], id="at the threshold"),
        pytest.param([[0.5, 0.49, 0.01]], [0], id="under it"),
        pytest.param([[0.3, 0.1, 0.6]], [2], id="the likelier brand"),
        pytest.param([[0.1, 0.45, 0.45]], [0], id="torn between two brands"),
    ],
)
def test_decide(rows: list[list[float]], expected: list[int]) -> None:
    classes = evaluate.predict_class(np.float32(rows).reshape(-1, 3), 0.5)
    assert classes.dtype == np.int64
    assert classes.tolist() == expected


def test_a_brand_may_win_over_a_likelier_other() -> None:
    assert evaluate.predict_class(np.float32([[0.6, 0.3, 0.1]]), 0.3).tolist() == [1]


def test_crop_metrics_are_of_other_too() -> None:
    flat = evaluate.crop_metrics(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]), LABELS)
    assert flat["accuracy"] == 0.75
    assert flat["per_class.other.recall"] == 0.5
    assert flat["precision"] == pytest.approx((1 + 0.5 + 1) / 3)


# Pictures


@pytest.mark.parametrize(
    ("finds", "accuracy"),
    [
        pytest.param([], 1, id="nothing found: right"),
        pytest.param([find(score=0.9)], 0, id="an alarm: wrong"),
        pytest.param([find(score=0.49)], 1, id="under the threshold: right"),
    ],
)
def test_an_empty_picture(finds: list[Detection], accuracy: float) -> None:
    flat = evaluate.picture_metrics(found(([], finds)), LABELS, 0.5)
    assert flat == {"precision": 0, "recall": 0, "f1": 0, "accuracy": accuracy}
    beside = evaluate.picture_metrics(found(([], finds), ([box()], [find()])), LABELS, 0.5)
    alarms = 1 - accuracy
    assert beside["accuracy"] == (1 + accuracy) / 2
    assert beside["precision"] == 1 / (1 + alarms)
    assert beside["recall"] == 1


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([([], [])], [("0.jpg", "cola", 0, 0), ("0.jpg", "fizz", 0, 0)], id="an empty one"),
        pytest.param([([box()], [find(0, 0.3), find(50, 0.87654321)])],
                     [("0.jpg", "cola", 1, 0.8765), ("0.jpg", "fizz", 0, 0)], id="the best score, wherever it is"),
        pytest.param([([box(ignore=True)], [find(label="fizz")]), ([box(label="fizz"), box(20, "rival")], [])],
                     [("0.jpg", "fizz", 0, 0.9), ("1.jpg", "cola", 0, 0), ("1.jpg", "fizz", 1, 0)],
                     id="an ignore box leaves its label out, a rival shows nothing"),
        pytest.param([([box(ignore=True), box(20)], [])], [("0.jpg", "cola", 1, 0), ("0.jpg", "fizz", 0, 0)],
                     id="an ignore box beside a counted one"),
        pytest.param([([box(ignore=True, label="unlabelled")], [])], [("0.jpg", "cola", 0, 0), ("0.jpg", "fizz", 0, 0)],
                     id="an ignore box of no label"),
    ],
)  # fmt: skip
def test_picture_rows(pictures: list[tuple[list[Box], list[Detection]]], expected: list[tuple[object, ...]]) -> None:
    rows = evaluate.picture_rows(found(*pictures), LABELS)
    assert [tuple(row.values()) for row in rows] == expected
    assert all(tuple(row) == ("picture", "label", "truth", "score") for row in rows)


@pytest.mark.parametrize(
    ("boxes", "finds", "expected"),
    [
        pytest.param([], [], [], id="nothing there, nothing found"),
        pytest.param([], [find(3)], [("alarm", 0.9, 3)], id="an alarm"),
        pytest.param([box(7)], [], [("missed", 0.0, 7)], id="missed"),
        pytest.param([box()], [find(1, 0.87654321)], [("hit", 0.8765, 1)], id="a hit is where it was found"),
        pytest.param([box()], [find(0, 0.6), find(1, 0.7)], [("alarm", 0.6, 0), ("hit", 0.7, 1)], id="a double"),
        pytest.param([box()], [find(label="fizz")], [("alarm", 0.9, 0), ("missed", 0.0, 0)], id="the other label"),
        pytest.param([box(ignore=True)], [], [], id="an ignore box is not missed"),
        pytest.param([box(ignore=True)], [find()], [("ignored", 0.9, 0)], id="a find on an ignore box"),
        pytest.param([box(label="rival")], [], [], id="nor is a rival"),
        pytest.param([box(label="rival")], [find()], [("alarm", 0.9, 0)], id="a find on a rival"),
    ],
)
def test_box_rows(boxes: list[Box], finds: list[Detection], expected: list[tuple[str, float, int]]) -> None:
    rows = evaluate.box_rows(found((boxes, finds)), LABELS)
    assert [(row["outcome"], row["score"], row["left"]) for row in rows] == expected
    for row in rows:
        assert tuple(row) == evaluate.BOX_COLUMNS
        assert (row["picture"], row["top"], row["width"], row["height"]) == ("0.jpg", 0, 10, 10)


@settings(deadline=None)
@given(albums)
def test_box_rows_tell_the_counts(album: list[tuple[list[Box], list[Detection]]]) -> None:
    result = found(*album)
    rows = [row["outcome"] for row in evaluate.box_rows(result, LABELS)]
    flat = detection.at_threshold(result.truth(LABELS), result.detections, LABELS, 0.0)
    assert (rows.count("hit"), rows.count("alarm"), rows.count("missed")) == (
        flat["hits"], flat["false_alarms"], flat["misses"],
    )  # fmt: skip


def test_box_rows_tell_why_and_how_large() -> None:
    rival = Box(40, 0, 20, 20, "rival")
    finds = [find(1), find(0, 0.8), Detection("cola", 0.7, 40, 0, 20, 20), Detection("cola", 0.6, 100, 0, 30, 30)]
    rows = evaluate.box_rows(found(([box(), rival, box(200, "fizz")], finds)), LABELS)
    assert [(row["cause"], row["size"]) for row in rows] == [
        ("", 10.0), ("double", 10.0), ("other brand", 20.0), ("background", 30.0), ("", 10.0),
    ]  # fmt: skip


def test_box_rows_tell_each_overlap() -> None:
    finds = [find(1), find(3, 0.8), find(60, 0.7)]  # overlaps of 9/11, 7/13 with the same box; in an ignored one
    ignored = Box(60, 0, 10, 10, "fizz", ignore=True)
    rows = evaluate.box_rows(found(([box(), ignored, box(200)], finds)), LABELS)
    assert [row["overlaps"] for row in rows] == ["h" * 7 + "a" * 3, "a" * 10, "i" * 10, ""]


@settings(deadline=None)
@given(albums)
def test_boxes_of_one_size_are_one_group(album: list[tuple[list[Box], list[Detection]]]) -> None:
    result = found(*album)
    whole = evaluate.box_metrics(result, LABELS, 0.5)
    groups = evaluate.size_metrics(evaluate.box_rows(result, LABELS), LABELS, 0.5)
    count = whole["hits"] + whole["misses"]
    of_all = {"count": count, "recall": whole["recall"], "ap50": whole["ap50"]}
    assert groups == pytest.approx({f"by_size.0-23.{name}": value for name, value in of_all.items()} if count else {})


def test_what_is_of_another_size_is_no_matter_for_a_group() -> None:
    large = Box(100, 100, 150, 150, "cola")
    finds = [find(0, 0.9), Detection("cola", 0.95, 300, 300, 140, 140)]
    groups = evaluate.size_metrics(evaluate.box_rows(found(([box(), large], finds)), LABELS), LABELS, 0.5)
    assert groups == pytest.approx({
        "by_size.0-23.count": 1, "by_size.0-23.recall": 1, "by_size.0-23.ap50": 1,
        "by_size.128-191.count": 1, "by_size.128-191.recall": 0, "by_size.128-191.ap50": 0,
    })  # fmt: skip


def test_crop_rows() -> None:
    cut = [
        CropRecord(f"{at}.png", "test", label, "box", "a.jpg", 0, 5, 9, 8) for at, label in enumerate(["other", "fizz"])
    ]
    rows = evaluate.crop_rows(
        cut, np.array([[0.5, 0.3, 0.2], [0.1, 0.0, 0.9]]), 0.5, LABELS, {"rival": np.array([1, 2])}
    )
    assert [tuple(row) for row in rows] == [(*evaluate.CROP_COLUMNS, "rival")] * 2
    assert [tuple(row.values()) for row in rows] == [
        ("0.png", "a.jpg", "other", "other", "cola", 0.3, 0, 5, 9, 8, "cola"),
        ("1.png", "a.jpg", "fizz", "fizz", "fizz", 0.9, 0, 5, 9, 8, "fizz"),
    ]
    assert evaluate.crop_rows([], np.zeros((0, 3)), 0.5, LABELS, {}) == []
