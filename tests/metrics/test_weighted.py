"""The weighted measures: drawn once each, every unit gives the metrics; drawn twice, what two copies would."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score

from brandlens.boxes import Box, Detection
from brandlens.metrics import calibration, classification, detection, weighted
from brandlens.metrics.weighted import ScoredBoxes

ONCE = np.ones((1, 6), np.float32)


def test_ratios() -> None:
    found = weighted.ratios(np.array([[1, 1], [0, 2], [0, 0]], np.float32), [3, 1], [1, 0], [0, 2])
    assert found["precision"] == pytest.approx([0.8, 1, np.nan], nan_ok=True)
    assert found["recall"] == pytest.approx([4 / 6, 1 / 3, np.nan], nan_ok=True)
    assert found["f1"] == pytest.approx([8 / 11, 0.5, np.nan], nan_ok=True)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
def test_macro_is_what_the_metrics_say(rows: list[tuple[int, int, int]]) -> None:
    unit, truth, said = np.array(rows).T
    found = weighted.macro(ONCE, weighted.counts_by_unit(unit, truth * 3 + said, 6, 9))
    expected = classification.metrics(truth, said, "abc")
    assert {name: float(values[0]) for name, values in found.items()} == pytest.approx(
        {name: expected[name] for name in found}, abs=1e-6
    )
    for name, values in weighted.by_class(ONCE, weighted.counts_by_unit(unit, truth * 3 + said, 6, 9)).items():
        assert values[0] == pytest.approx([expected[f"per_class.{label}.{name}"] for label in "abc"], abs=1e-6)


@given(
    arrays(np.int64, 8, elements=st.integers(0, 3)), arrays(np.float64, 8, elements=st.sampled_from([0.1, 0.5, 0.9]))
)
def test_auc_is_sklearns(drawn: np.ndarray, score: np.ndarray) -> None:
    truth = np.array([0, 1] * 4)
    both = {*np.repeat(truth, drawn)} == {0, 1}
    found = weighted.auc(drawn[None].astype(np.float32), truth, score)[0]
    if both:
        assert found == pytest.approx(roc_auc_score(np.repeat(truth, drawn), np.repeat(score, drawn)), abs=1e-6)
    else:
        assert np.isnan(found)


def ranking(album: list[tuple[list[Box], list[Detection]]], labels: str = "ab", iou: float = 0.5) -> ScoredBoxes:
    rows = [
        (at, labels.index(each.label), each.score, hit)
        for at, (truth, finds) in enumerate(album)
        for each, hit in zip(finds, detection.match(truth, finds, iou).hit, strict=True)
    ]
    labelled = np.array([[sum(box.label == label for box in truth) for label in labels] for truth, _ in album])
    unit, label, score, hit = np.array(rows, float).reshape(-1, 4).T
    return ScoredBoxes(unit.astype(int), label.astype(int), score, hit > 0, labelled)


boxes = st.builds(lambda left, label: Box(left, 0, 10, 10, label), st.integers(0, 60), st.sampled_from("ab"))
finds = st.builds(
    lambda left, label, score: Detection(label, score / 1000, left, 0, 10, 10),
    st.integers(0, 60), st.sampled_from("ab"), st.integers(1, 999),
)  # fmt: skip
albums = st.lists(st.tuples(st.lists(boxes, max_size=3), st.lists(finds, max_size=4)), min_size=6, max_size=6)


@settings(deadline=None, max_examples=60)
@given(
    albums.filter(lambda album: len({each.score for _, row in album for each in row}) == sum(len(r) for _, r in album))
)
def test_average_precision_is_cocos(album: list[tuple[list[Box], list[Detection]]]) -> None:
    truth, found = [truth for truth, _ in album], [finds for _, finds in album]
    expected = detection.average_precision(truth, found, "ab")
    levels = [
        weighted.mean_known(weighted.average_precision(ONCE, ranking(album, iou=iou)))[0] for iou in weighted.IOUS
    ]
    if any(truth):
        assert levels[0] == pytest.approx(expected["ap50"], abs=1e-6)
        assert np.mean(levels) == pytest.approx(expected["ap"], abs=1e-6)
    else:
        assert np.isnan(levels).all()


def test_average_precision_of_a_sample_with_a_picture_twice() -> None:
    album = [
        ([Box(0, 0, 10, 10, "a")], [Detection("a", 0.9, 0, 0, 10, 10)]),
        ([], [Detection("a", 0.95, 0, 0, 10, 10)]),
    ]
    draws = np.array([[1, 1], [2, 1], [1, 0], [0, 2]], np.float32)
    assert weighted.average_precision(draws, ranking(album, "a"))[0] == pytest.approx(
        [0.5, 2 / 3, 1, np.nan], nan_ok=True
    )


@given(arrays(np.int64, 8, elements=st.integers(0, 3)), arrays(np.float64, 8, elements=st.floats(0, 1)))
def test_ece_is_that_of_the_rows_drawn(drawn: np.ndarray, score: np.ndarray) -> None:
    truth = np.array([0, 1] * 4)
    found = weighted.ece(drawn[None].astype(np.float32), score, truth, 5)[0]
    assert found == pytest.approx(calibration.ece(np.repeat(score, drawn), np.repeat(truth, drawn), 5), abs=1e-5)


@pytest.mark.parametrize(
    ("low", "high", "hits", "labelled"),
    [
        pytest.param(0, 10, 0, 0, id="none so small"),
        pytest.param(10, 20, 1, 2, id="its lower edge belongs to it"),
        pytest.param(20, np.inf, 1, 1, id="the large one"),
    ],
)
def test_sized(low: float, high: float, hits: int, labelled: int) -> None:
    whole = ScoredBoxes(
        np.array([0, 1]), np.array([0, 0]), np.array([0.9, 0.8]), np.array([True, True]), np.array([[2], [1]])
    )
    sides = np.array([0, 0, 1]), np.array([0, 0, 0]), np.array([10.0, 12.0, 20.0])
    part = weighted.sized(whole, np.array([10.0, 20.0]), sides, low, high)
    assert (part.hit.sum(), part.labelled.sum()) == (hits, labelled)
