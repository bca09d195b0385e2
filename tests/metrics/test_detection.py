import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.boxes import Box, Detection
from brandlens.metrics.detection import at_threshold, average_precision, box_curve, image_metrics, match

LABELS = ["cola", "Dr. Pepper"]


def box(left=0, label="cola", ignore=False, width=10):
    return Box(left, 0, width, 10, label, ignore)


def find(left=0, score=0.9, label="cola", width=10):
    return Detection(label, score, left, 0, width, 10)


sides = st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 15)] * 2)
any_box = st.builds(lambda at, label, ignore: Box(*at, label, ignore), sides, st.sampled_from(LABELS), st.booleans())
any_find = st.builds(
    lambda at, label, score: Detection(label, score, *at),
    sides,
    st.sampled_from(LABELS),
    st.sampled_from([0.1, 0.5, 0.9]),
)
truths, finds = st.lists(any_box, max_size=5), st.lists(any_find, max_size=6)
albums = st.lists(st.tuples(truths, finds), max_size=4)


@pytest.mark.parametrize(
    ("truth", "found", "truth_of", "ignored"),
    [
        pytest.param([], [], [], [], id="nothing there, nothing found"),
        pytest.param([], [find()], [-1], [0], id="alarm on an empty picture"),
        pytest.param([box()], [], [], [], id="missed"),
        pytest.param([box()], [find()], [0], [0], id="hit"),
        pytest.param([box()], [find(score=0.5), find(score=0.6)], [-1, 0], [0, 0], id="a double is an alarm"),
        pytest.param([box()], [find(), find()], [0, -1], [0, 0], id="of equal scores the first hits"),
        pytest.param([box()], [find(label="Dr. Pepper")], [-1], [0], id="another label"),
        pytest.param([box(width=20)], [find()], [0], [0], id="an overlap of exactly one half"),
        pytest.param([box(width=21)], [find()], [-1], [0], id="a little less"),
        pytest.param([box(3), box(1)], [find()], [1], [0], id="the box that fits best"),
        pytest.param(
            [box(0), box(3)], [find(1, 0.9), find(0, 0.8)], [0, 1], [0, 0], id="the second takes what is left"
        ),
        pytest.param([box(ignore=True)], [find()], [-1], [1], id="on an ignore box"),
        pytest.param([box(ignore=True, label="?")], [find(), find()], [-1, -1], [1, 1], id="of any label, any number"),
        pytest.param([box(ignore=True, width=90)], [find(40)], [-1], [1], id="a small find in a large ignore box"),
        pytest.param([box(ignore=True)], [find(6)], [-1], [0], id="mostly beside an ignore box"),
        pytest.param([box(), box(ignore=True)], [find(), find()], [0, -1], [0, 1], id="a labelled box comes first"),
        pytest.param([box()], [find(width=0)], [-1], [0], id="a find without area"),
    ],
)
def test_match(truth, found, truth_of, ignored):
    matches = match(truth, found)
    assert matches.truth_of.tolist() == truth_of
    assert matches.ignored.tolist() == [bool(value) for value in ignored]
    assert matches.hit.tolist() == [at >= 0 for at in truth_of]
    assert matches.found_truth.tolist() == [at in truth_of for at in range(len(truth))]


@settings(deadline=None)
@given(truths, finds, st.sampled_from([0.3, 0.5, 0.75]))
def test_match_takes_every_box_once(truth, found, iou):
    matches = match(truth, found, iou)
    taken = matches.truth_of[matches.hit]
    assert len(set(taken)) == len(taken) == matches.found_truth.sum() <= sum(not box.ignore for box in truth)
    assert all(truth[at].label == found[by].label for by, at in enumerate(matches.truth_of) if at >= 0)
    assert not (matches.hit & matches.ignored).any()


HALF = [[box(0), box(100)]], [[find(0, 0.9), find(50, 0.8), find(100, 0.7)]]


@pytest.mark.parametrize(
    ("truth", "found", "ap50", "ap"),
    [
        pytest.param([], [], 0, 0, id="no pictures"),
        pytest.param([[]], [[find()]], 0, 0, id="no truth"),
        pytest.param([[box()]], [[]], 0, 0, id="nothing found"),
        pytest.param([[box(ignore=True)]], [[find()]], 0, 0, id="ignore boxes only"),
        pytest.param([[box(label="other")]], [[find(label="other")]], 0, 0, id="only labels not asked for"),
        pytest.param([[box()]], [[find()]], 1, 1, id="perfect; a label without boxes stays out of the mean"),
        # precision 1 up to recall 0.5 (51 of the 101 points), 2/3 up to recall 1 (the other 50)
        pytest.param(*HALF, (51 + 50 * 2 / 3) / 101, (51 + 50 * 2 / 3) / 101, id="hit, alarm, hit: by hand"),
        # IoU 10/15: right at 0.50, 0.55, 0.60 and 0.65, four of the ten
        pytest.param([[box(width=15)]], [[find()]], 1, 0.4, id="right up to IoU 0.65"),
        pytest.param([[box(), box(50, "?", True)]], [[find(score=0.5), find(50)]], 1, 1, id="ignore box of any label"),
        pytest.param([[box()], []], [[find(score=0.5)], [find()]], 0.5, 0.5, id="alarm on an empty picture"),
        pytest.param([[box()]], [[find(20)] * 150 + [find(0, 0.1)]], 1 / 151, 1 / 151, id="more than 100 in a picture"),
    ],
)
def test_average_precision(truth, found, ap50, ap, capfd):
    flat = average_precision(truth, found, LABELS)
    assert flat["ap50"] == pytest.approx(ap50)
    assert flat["ap"] == pytest.approx(ap)
    assert flat["per_class.cola.ap50"] == pytest.approx(ap50)
    assert flat["per_class.Dr. Pepper.ap50"] == 0.0
    assert capfd.readouterr() == ("", "")


def test_average_precision_is_the_mean_over_labels():
    truth = [[box(), box(50, "Dr. Pepper")]]
    flat = average_precision(truth, [[find()]], LABELS)
    assert flat["ap50"] == flat["ap"] == 0.5
    assert (flat["per_class.cola.ap50"], flat["per_class.Dr. Pepper.ap50"]) == (1.0, 0.0)


@settings(max_examples=30, deadline=None)
@given(st.lists(truths, min_size=1, max_size=4))
def test_average_precision_of_perfect_detections_is_one(truth):
    truth = [[box for box in row if not box.ignore] for row in truth]
    found = [[Detection(box.label, 0.5, box.left, box.top, box.width, box.height) for box in row] for row in truth]
    assert average_precision(truth, found, LABELS)["ap50"] == pytest.approx(1.0 if any(truth) else 0.0)


@pytest.mark.parametrize(
    ("truth", "found", "hits", "alarms", "misses"),
    [
        pytest.param([], [], 0, 0, 0, id="no pictures"),
        pytest.param([[]], [[]], 0, 0, 0, id="nothing there, nothing found"),
        pytest.param([[], [box()]], [[find()], []], 0, 1, 1, id="an alarm and a miss"),
        pytest.param([[box()]], [[find(score=0.49)]], 0, 0, 1, id="under the threshold"),
        pytest.param([[box()]], [[find(score=0.5)]], 1, 0, 0, id="at the threshold"),
        pytest.param([[box()]], [[find(), find()]], 1, 1, 0, id="a double"),
        pytest.param([[box(ignore=True)]], [[find()]], 0, 0, 0, id="ignored"),
        pytest.param([[box(label="other")]], [[find(label="other")]], 0, 0, 0, id="a label not asked for"),
        pytest.param([[box(label="other")]], [[find()]], 0, 1, 0, id="an alarm on a label not asked for"),
        pytest.param([[box(), box(50, LABELS[1])]], [[find(), find(50)]], 1, 1, 1, id="confused with the other label"),
    ],
)
def test_at_threshold(truth, found, hits, alarms, misses):
    flat = at_threshold(truth, found, LABELS, 0.5)
    assert (flat["hits"], flat["false_alarms"], flat["misses"]) == (hits, alarms, misses)
    assert flat["precision"] == pytest.approx(hits / max(hits + alarms, 1))
    assert flat["recall"] == pytest.approx(hits / max(hits + misses, 1))
    assert flat["per_class.cola.recall"] == (1.0 if hits else 0.0)
    assert all(type(value) is float for value in flat.values())


@pytest.mark.parametrize(
    ("truth", "found", "precision", "recall", "accuracy"),
    [
        pytest.param([], [], 0, 0, 0, id="no pictures"),
        pytest.param([[]], [[]], 0, 0, 1, id="an empty picture without an alarm"),
        pytest.param([[]], [[find()]], 0, 0, 0, id="an alarm on an empty picture"),
        pytest.param([[]], [[find(score=0.4)]], 0, 0, 1, id="an alarm under the threshold"),
        pytest.param([[box()]], [[]], 0, 0, 0, id="missed"),
        pytest.param([[box()]], [[find(500)]], 1, 1, 1, id="right, wherever it is"),
        pytest.param([[box(), box(50)]], [[find(), find(), find()]], 1, 1, 1, id="numbers do not matter"),
        pytest.param([[box(), box(50, LABELS[1])]], [[find()]], 1, 0.5, 0, id="one of two labels"),
        pytest.param([[box()], []], [[find()], [find()]], 0.5, 1, 0.5, id="a hit and an alarm"),
        pytest.param([[box(ignore=True)]], [[find()]], 0, 0, 1, id="found on an ignore box only"),
        pytest.param([[box(ignore=True)]], [[]], 0, 0, 1, id="not found on an ignore box only"),
        pytest.param([[box(ignore=True)]], [[find(label=LABELS[1])]], 0, 0, 0, id="the other label is decided"),
        pytest.param([[box(ignore=True), box(50)]], [[find()]], 1, 1, 1, id="an ignore box and a counted one"),
        pytest.param([[box(label="other")]], [[find(label="other")]], 0, 0, 1, id="a label not asked for"),
    ],
)
def test_pictures(truth, found, precision, recall, accuracy):
    flat = image_metrics(truth, found, LABELS, 0.5)
    both = precision + recall
    assert flat == pytest.approx(
        {
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / both if both else 0,
            "accuracy": accuracy,
        }
    )


@pytest.mark.parametrize(
    ("truth", "found", "recall"),
    [
        pytest.param([], [], [], id="no pictures"),
        pytest.param([[box()]], [[]], [], id="nothing found"),
        pytest.param([[]], [[find()]], [0], id="an alarm alone"),
        pytest.param([[box(ignore=True)]], [[find()]], [], id="ignored"),
        pytest.param(
            [[box(), box(90)], [box()]], [[find()], [find(50, 0.2)]], [1 / 3, 1 / 3], id="a box that nobody found"
        ),
    ],
)
def test_box_curve(truth, found, recall):
    assert box_curve(truth, found).recall.tolist() == pytest.approx(recall)


def test_box_curve_of_the_labels_asked_for():
    truth, found = [[box(), box(50, "other")]], [[find(), find(50, 0.5, "other"), find(70, 0.4, "other")]]
    assert box_curve(truth, found, labels=LABELS).recall.tolist() == [1.0]


@settings(deadline=None)
@given(albums)
def test_box_curve_has_the_numbers_of_at_threshold(album):
    truth, found = [row for row, _ in album], [row for _, row in album]
    for threshold in (0.1, 0.5, 0.9):
        flat = at_threshold(truth, found, LABELS, threshold)
        assert box_curve(truth, found).at(threshold) == pytest.approx((flat["precision"], flat["recall"]))
        counted = sum(not box.ignore for row in truth for box in row)
        assert flat["hits"] + flat["misses"] == counted
        assert all(np.isfinite(value) for value in (flat | image_metrics(truth, found, LABELS, threshold)).values())


@pytest.mark.parametrize("evaluator", [at_threshold, image_metrics])
def test_truth_and_found_are_of_the_same_pictures(evaluator):
    with pytest.raises(ValueError, match="zip"):
        evaluator([[]], [], LABELS, 0.5)
