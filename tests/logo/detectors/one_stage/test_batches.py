"""Batches of training images: shapes that never change, every picture in turn, the same again after a kill."""

from dataclasses import replace

import numpy as np

from brandlens.config.logo import OneStage
from brandlens.logo.detectors.one_stage import batches
from brandlens.logo.detectors.one_stage.assigner import PADDING
from brandlens.logo.detectors.one_stage.augment import letterbox_sample
from brandlens.logo.detectors.one_stage.batches import MAX_BOXES, CloseMosaic, MosaicBatches
from brandlens.logo.detectors.one_stage.dataset import PARTIAL, TrainingImage

Images = list[TrainingImage]


def mosaic_batches(images: Images, cfg: OneStage, seed: int = 1) -> MosaicBatches:
    return MosaicBatches(images, cfg, steps_per_epoch=3, seed=seed)


def test_shapes(training_images: Images, cfg: OneStage) -> None:
    pixels, y_true = mosaic_batches(training_images, cfg)[2]
    assert (pixels.shape, pixels.dtype) == ((4, 64, 64, 3), np.uint8)
    assert (y_true.shape, y_true.dtype) == ((4, MAX_BOXES, 5), np.float32)
    assert set(y_true[..., 4].ravel()) <= {PADDING, 0.0, 1.0, -2.0}


def test_every_picture_in_turn(training_images: Images, cfg: OneStage) -> None:
    """The only picture with a logo of the second label is in each batch of four once, at another place."""
    has_second = [
        (y_true[..., 4] == 1).sum(axis=1)
        for _, y_true in (mosaic_batches(training_images, cfg)[index] for index in range(3))
    ]
    assert [counts.sum() for counts in has_second] == [1, 1, 1]
    assert len({tuple(counts) for counts in has_second}) > 1


def test_the_same_again_whatever_was_made_before(training_images: Images, cfg: OneStage) -> None:
    cfg = replace(cfg, mosaic=0.5, scale_range=(0.5, 2.0), copy_paste=0.5)
    first, again = mosaic_batches(training_images, cfg), mosaic_batches(training_images, cfg)
    first.epoch = again.epoch = 2
    expected = [first[index] for index in range(3)]
    for index in (2, 0, 1, 2):
        np.testing.assert_array_equal(again[index][0], expected[index][0])
        np.testing.assert_array_equal(again[index][1], expected[index][1])
    again.epoch = 3
    assert (again[0][0] != expected[0][0]).any()
    assert (mosaic_batches(training_images, cfg, seed=2)[0][0] != mosaic_batches(training_images, cfg)[0][0]).any()


def test_mosaics_and_pasted_logos_end_before_the_training(training_images: Images, cfg: OneStage) -> None:
    made = mosaic_batches(training_images, replace(cfg, mosaic=1.0, copy_paste=0.5))
    callback = CloseMosaic(made, 2)
    states = []
    for epoch in range(4):
        callback.on_epoch_begin(epoch)
        states.append((made.epoch, made.cfg.mosaic, made.cfg.copy_paste))
    assert states == [(0, 1.0, 0.5), (1, 1.0, 0.5), (2, 0.0, 0.0), (3, 0.0, 0.0)]


def test_whole_pictures_for_validation(training_images: Images) -> None:
    pixels, y_true = batches.val_batch(training_images[:3], 96, 4)
    assert pixels.shape == (4, 96, 96, 3)
    np.testing.assert_array_equal(pixels[3], pixels[0])
    np.testing.assert_array_equal(pixels[2], letterbox_sample(training_images[2], 96)[0])
    assert (y_true[:, :, 4] >= 0).sum(axis=1).tolist() == [1, 0, 2, 1]


def test_of_too_many_boxes_the_smallest_go() -> None:
    boxes = np.float32([[0, 0, side, side] for side in range(1, MAX_BOXES + 3)])
    _, y_true = batches.stack([(np.zeros((8, 8, 3), np.uint8), boxes, np.zeros(len(boxes), np.float32))])
    assert y_true[0, :, 2].min() == 3


def test_labels_count_as_incomplete_from_an_epoch_on(training_images: Images, cfg: OneStage) -> None:
    made = MosaicBatches(training_images, cfg, steps_per_epoch=1, seed=1, partial_from=1)
    before = made[0][1]
    made.epoch = 1
    after = made[0][1]
    assert not (before[..., 4] == PARTIAL).any()
    np.testing.assert_array_equal(after[:, -1], np.tile(np.float32([0, 0, 64, 64, PARTIAL]), (len(after), 1)))
    assert (after[:, :-1, 4] >= 0).any()
    full = np.tile(np.float32([0, 0, 4, 4]), (MAX_BOXES, 1))
    _, y_true = batches.stack([(np.zeros((8, 8, 3), np.uint8), full, np.zeros(MAX_BOXES, np.float32))], partial=True)
    assert y_true[0, :, 4].tolist() == [0.0] * (MAX_BOXES - 1) + [PARTIAL]
