"""Batches of training squares: shapes that never change, every picture in turn, the same again after a kill."""

from dataclasses import replace

import numpy as np

from brandlens.logo.detectors.one_stage import augment, batches
from brandlens.logo.detectors.one_stage.assigner import PADDING
from brandlens.logo.detectors.one_stage.augment import Augmentation
from brandlens.logo.detectors.one_stage.batches import MOST, CloseMosaic, MosaicBatches
from brandlens.logo.detectors.one_stage.dataset import TrainingImage


def made(album: list[TrainingImage], change: Augmentation, **more: int) -> MosaicBatches:
    return MosaicBatches(album, **{"size": 64, "batch": 4, "steps": 3, "change": change, "seed": 1, **more})


def test_shapes(album: list[TrainingImage], unchanged: Augmentation) -> None:
    pixels, truth = made(album, unchanged)[2]
    assert (pixels.shape, pixels.dtype) == ((4, 64, 64, 3), np.uint8)
    assert (truth.shape, truth.dtype) == ((4, MOST, 5), np.float32)
    assert set(truth[..., 4].ravel()) <= {PADDING, 0.0, 1.0, -2.0}


def test_every_picture_in_turn(album: list[TrainingImage], unchanged: Augmentation) -> None:
    squares = made(album, unchanged)
    for at in range(len(squares)):
        assert (squares[at][1][..., 4] == 1).sum() == 1  # the only picture with a second logo is there once
    orders = {tuple((squares[at][1][..., 4] == 1).sum(axis=1)) for at in range(len(squares))}
    assert len(orders) > 1


def test_the_same_again_whatever_was_made_before(album: list[TrainingImage], unchanged: Augmentation) -> None:
    change = replace(unchanged, mosaic=0.5, zoom=(0.5, 2.0), paste=0.5)
    first, again = made(album, change), made(album, change)
    first.epoch = again.epoch = 2
    expected = [first[at] for at in range(3)]
    for at in (2, 0, 1, 2):
        np.testing.assert_array_equal(again[at][0], expected[at][0])
        np.testing.assert_array_equal(again[at][1], expected[at][1])
    again.epoch = 3
    assert (again[0][0] != expected[0][0]).any()
    assert (made(album, change, seed=2)[0][0] != made(album, change)[0][0]).any()


def test_the_end_of_the_training_is_calm(album: list[TrainingImage], unchanged: Augmentation) -> None:
    change = replace(unchanged, mosaic=1.0)
    squares = made(album, change)
    turns = CloseMosaic(squares, 2, unchanged)
    seen = []
    for epoch in range(4):
        turns.on_epoch_begin(epoch)
        seen.append((squares.epoch, squares.change.mosaic))
    assert seen == [(0, 1.0), (1, 1.0), (2, 0.0), (3, 0.0)]


def test_whole_pictures_for_validation(album: list[TrainingImage]) -> None:
    pixels, truth = batches.plain(album[:3], 96, 4)
    assert pixels.shape == (4, 96, 96, 3)
    np.testing.assert_array_equal(pixels[3], pixels[0])
    np.testing.assert_array_equal(pixels[2], augment.plain(album[2], 96)[0])
    assert (truth[:, :, 4] >= 0).sum(axis=1).tolist() == [1, 0, 2, 1]


def test_of_too_many_boxes_the_smallest_go() -> None:
    boxes = np.float32([[0, 0, side, side] for side in range(1, MOST + 3)])
    _, truth = batches.stacked([(np.zeros((8, 8, 3), np.uint8), boxes, np.zeros(len(boxes), np.float32))])
    assert truth[0, :, 2].min() == 3
