"""Training images: boxes stay on their logos, nothing is mirrored."""

from dataclasses import replace

import numpy as np
import pytest

from brandlens.boxes import area, iou
from brandlens.config.logo import OneStage
from brandlens.logo.detectors.one_stage import augment
from brandlens.logo.detectors.one_stage.dataset import IGNORE, TrainingImage
from brandlens.logo.detectors.one_stage.letterbox import GREY

SIZE = 160
EVERYTHING = {
    "mosaic": 0.5, "scale_range": (0.4, 1.8), "rotation": 15.0, "rotate90": 0.2, "shear": 0.05, "copy_paste": 0.5,
}  # fmt: skip


def samples(images: list[TrainingImage], cfg: OneStage, count: int = 40) -> list[augment.Sample]:
    return [
        augment.augment(images, index % len(images), SIZE, cfg, np.random.default_rng([7, index]))
        for index in range(count)
    ]


def is_logo(pixels: np.ndarray) -> np.ndarray:
    """(h, w) bool: red or blue, not green."""
    return pixels[..., 1].astype(int) < np.maximum(pixels[..., 0], pixels[..., 2]).astype(int) - 60


def test_a_letterboxed_picture_is_unchanged(training_images: list[TrainingImage]) -> None:
    pixels, boxes, labels = augment.letterbox_sample(training_images[0], SIZE)
    assert pixels.shape == (SIZE, SIZE, 3)
    np.testing.assert_allclose(boxes, np.float32([[40, 60, 120, 100]]) * SIZE / 300, rtol=1e-5)
    assert labels.tolist() == [0]
    assert (pixels[120:] == GREY).all()
    left, top, right, bottom = boxes[0].round().astype(int)
    assert is_logo(pixels)[top + 2 : bottom - 2, left + 2 : right - 2].all()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="whole pictures"),
        pytest.param({"scale_range": (0.4, 1.8)}, id="scaled"),
        pytest.param({"mosaic": 1.0, "scale_range": (0.4, 1.8)}, id="mosaics"),
        pytest.param({"rotate90": 1.0}, id="quarter turns"),
        pytest.param({"copy_paste": 1.0}, id="pasted logos"),
        pytest.param(EVERYTHING, id="everything"),
    ],
)
def test_boxes_stay_on_their_logos(training_images: list[TrainingImage], cfg: OneStage, changes: dict) -> None:
    """The pixels of a logo fill its box: as it is all of it, rotated a little the most of it."""
    compared = 0
    for pixels, boxes, labels in samples(training_images, replace(cfg, **changes)):
        assert pixels.shape == (SIZE, SIZE, 3)
        assert pixels.dtype == np.uint8
        assert boxes.min(initial=0) >= 0
        assert boxes.max(initial=0) <= SIZE
        logo = is_logo(pixels)
        for left, top, right, bottom in boxes[labels >= 0].round().astype(int):
            assert logo[top:bottom, left:right].mean() > (0.6 if "rotation" in changes else 0.85)
            compared += 1
        covered = np.zeros_like(logo)
        for left, top, right, bottom in boxes.round().astype(int):
            covered[max(0, top - 6) : bottom + 6, max(0, left - 6) : right + 6] = True
        assert (logo & ~covered).mean() < 0.02  # and there are no logos without a box
    assert compared > 20


def test_nothing_is_mirrored(training_images: list[TrainingImage], cfg: OneStage) -> None:
    """The logos' red half is on the left; no map turns the picture over."""
    for changes in (EVERYTHING | {"rotate90": 0.0}, {}, {"mosaic": 1.0}):
        for pixels, boxes, labels in samples(training_images, replace(cfg, **changes)):
            for box in boxes[(labels >= 0) & (area(boxes) > 200)]:
                left, top, right, bottom = box.round().astype(int)
                logo = pixels[top:bottom, left:right].astype(int)
                middle = logo.shape[1] // 2
                assert logo[:, :middle, 0].mean() >= logo[:, middle:, 0].mean()
    rng = np.random.default_rng(1)
    changed = replace(cfg, **EVERYTHING)
    assert all(np.linalg.det(augment._random_linear(changed, rng)) > 0.5 for _ in range(200))


def test_half_hidden_and_tiny_logos_are_no_targets() -> None:
    boxes = np.float32([[10, 10, 30, 30], [-12, 0, 8, 20], [-30, 0, 2, 20], [50, 50, 54, 54]])
    kept, labels = augment._visible(boxes, np.float32([0, 1, 2, 3]), (0, 0, 100, 100))
    assert labels.tolist() == [0, IGNORE, IGNORE]
    np.testing.assert_allclose(kept, [[10, 10, 30, 30], [0, 0, 8, 20], [50, 50, 54, 54]])


def test_pasted_logos_hide_no_other(training_images: list[TrainingImage], cfg: OneStage) -> None:
    for pixels, boxes, _ in samples(training_images, replace(cfg, copy_paste=1.0)):
        overlaps = iou(boxes, boxes) - np.eye(len(boxes))
        assert overlaps.max(initial=0) < 0.05
        assert pixels.shape == (SIZE, SIZE, 3)


def test_colors_change_and_boxes_do_not(training_images: list[TrainingImage], cfg: OneStage) -> None:
    jittered = replace(cfg, hue=0.1, saturation=0.5, brightness=0.4)
    pairs = zip(samples(training_images, cfg, 5), samples(training_images, jittered, 5), strict=True)
    for (pixels, boxes, _), (other_pixels, other_boxes, _) in pairs:
        assert (pixels != other_pixels).any()
        np.testing.assert_array_equal(boxes, other_boxes)
