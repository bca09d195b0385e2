"""Which anchor points learn which box."""

import keras
import numpy as np
import pytest

from brandlens.logo.detectors.one_stage import assigner, network
from brandlens.logo.detectors.one_stage.assigner import PADDING, TOP_K, Targets
from brandlens.logo.detectors.one_stage.dataset import IGNORE

SIZE = 96
POINTS, STRIDES = network.anchor_points(SIZE, SIZE)


def to_numpy(values: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(values)


def assigned(*y_true: tuple[float, ...], boxes: np.ndarray | None = None, label: np.ndarray | None = None) -> Targets:
    """The targets of one picture. boxes: what each point gives, else squares of four strides around it; label: how
    probable it holds two labels, else about 1 % each."""
    rows = np.full((1, 5, 5), PADDING, np.float32)
    rows[0, :, :4] = 0
    rows[0, : len(y_true)] = np.array(y_true, np.float32).reshape(-1, 5)
    around = 2 * STRIDES[:, None]
    if boxes is None:
        boxes = np.concatenate([POINTS - around, POINTS + around], axis=1)
    if label is None:
        label = np.random.default_rng(1).uniform(0.010, 0.011, (len(POINTS), 2))  # no two points fit alike
    made = assigner.assign_targets(
        boxes[None].astype(np.float32), label[None].astype(np.float32), rows, POINTS, STRIDES
    )
    return Targets(*(to_numpy(target)[0] for target in made))


def test_without_boxes_every_point_learns_that_there_is_nothing() -> None:
    made = assigned()
    assert made.labels.shape == (len(POINTS), 2)
    assert made.labels.max() == made.quality.max() == 0
    assert made.mask.min() == 1


@pytest.mark.parametrize(
    ("box", "stride"),
    [
        pytest.param((20, 20, 50, 52), 8, id="small: the fine points"),
        pytest.param((10, 14, 76, 74), 16, id="middling: the middle ones"),
        pytest.param((0, 0, 96, 96), 32, id="large: the coarse ones"),
    ],
)
def test_a_box_goes_to_points_inside_it_whose_boxes_are_alike(box: tuple[float, ...], stride: int) -> None:
    made = assigned((*box, 1))
    chosen = made.quality > 0
    assert 1 <= chosen.sum() <= TOP_K
    inside = (box[:2] < POINTS).all(axis=1) & (box[2:] > POINTS).all(axis=1)
    assert inside[chosen].all()
    assert STRIDES[made.quality.argmax()] == stride
    np.testing.assert_allclose(made.boxes[chosen], np.tile(np.float32(box), (chosen.sum(), 1)))
    np.testing.assert_allclose(made.labels[:, 1], made.quality)
    assert made.labels[:, 0].max() == 0


def test_the_best_point_has_the_overlap_as_its_quality() -> None:
    box = np.float32([24, 24, 56, 56])
    made = assigned((*box, 0))
    at = made.quality.argmax()
    found = np.concatenate([POINTS[at] - 2 * STRIDES[at], POINTS[at] + 2 * STRIDES[at]])
    assert made.quality[at] == pytest.approx(float(to_numpy(assigner.iou(found, box))), rel=1e-5)


def test_more_probable_points_are_preferred() -> None:
    label = np.full((len(POINTS), 2), 0.01)
    inside = np.flatnonzero((np.abs(POINTS - 48) < 30).all(axis=1) & (STRIDES == 8))
    label[inside[::2], 0] = 0.9
    boxes = np.tile([18.0, 18, 78, 78], (len(POINTS), 1))
    made = assigned((18, 18, 78, 78, 0), boxes=boxes, label=label)
    assert set(np.flatnonzero(made.quality > 0)) <= set(inside[::2]) | set(np.flatnonzero(made.quality > 0.99))
    assert made.quality[inside[::2]].max() == pytest.approx(1)


def test_a_point_that_two_want_goes_to_the_one_it_covers_best() -> None:
    made = assigned((16, 16, 48, 48, 0), (20, 20, 80, 80, 1))
    shared = (made.labels > 0).sum(axis=1)
    assert shared.max() == 1
    assert (made.labels > 0).any(axis=0).all()  # both have points


def test_a_box_thinner_than_a_stride_has_a_point() -> None:
    assert (assigned((10, 40.5, 70, 43.5, 0)).quality > 0).any()


def test_ignored_regions_count_for_nothing_unless_a_box_is_there() -> None:
    made = assigned((0, 0, 60, 96, IGNORE), (10, 10, 44, 44, 1))
    left = POINTS[:, 0] < 60
    chosen = made.quality > 0
    assert chosen.any()
    assert made.mask[chosen].min() == 1
    assert made.mask[left & ~chosen].max() == 0
    assert made.mask[~left].min() == 1


@pytest.mark.parametrize(
    ("second", "iou", "giou"),
    [
        pytest.param((0, 0, 10, 10), 1, 1, id="the same"),
        pytest.param((5, 0, 15, 10), 1 / 3, 1 / 3, id="half aside"),
        pytest.param((10, 0, 20, 10), 0, 0, id="touching"),
        pytest.param((20, 0, 30, 10), 0, -1 / 3, id="apart"),
        pytest.param((0, 0, 5, 5), 1 / 4, 1 / 4, id="inside"),
        pytest.param((5, 5, 15, 15), 1 / 7, 1 / 7 - 2 / 9, id="across a corner"),
    ],
)
def test_overlaps_worked_out_by_hand(second: tuple[float, ...], iou: float, giou: float) -> None:
    first = np.float32([0, 0, 10, 10])
    for boxes in ((first, np.float32(second)), (np.float32(second), first)):
        assert float(to_numpy(assigner.iou(*boxes))) == pytest.approx(iou, abs=1e-5)
        assert float(to_numpy(assigner.giou(*boxes))) == pytest.approx(giou, abs=1e-5)
