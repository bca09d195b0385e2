"""Training squares: boxes stay on their logos, nothing is mirrored."""

from dataclasses import replace

import numpy as np
import pytest

from brandlens.boxes import area, iou
from brandlens.logo.detectors.one_stage import augment
from brandlens.logo.detectors.one_stage.augment import Augmentation
from brandlens.logo.detectors.one_stage.dataset import IGNORE, TrainingImage

SIZE = 160
NONE = Augmentation(
    mosaic=0.0, zoom=(1.0, 1.0), rotation=0.0, turned=0.0, shear=0.0, hue=0.0, saturation=0.0, brightness=0.0, paste=0.0
)
CHANGED = replace(NONE, mosaic=0.5, zoom=(0.4, 1.8), rotation=15.0, turned=0.2, shear=0.05, paste=0.5)


def squares(album: list[TrainingImage], change: Augmentation, count: int = 40) -> list[augment.Square]:
    return [augment.square(album, at % len(album), SIZE, change, np.random.default_rng([7, at])) for at in range(count)]


def logo_like(pixels: np.ndarray) -> np.ndarray:
    """(h, w) bool: red or blue, not green."""
    return pixels[..., 1].astype(int) < np.maximum(pixels[..., 0], pixels[..., 2]).astype(int) - 60


def test_unchanged_pictures_fill_the_square(album: list[TrainingImage]) -> None:
    pixels, boxes, kinds = augment.plain(album[0], SIZE)
    assert pixels.shape == (SIZE, SIZE, 3)
    np.testing.assert_allclose(boxes, np.float32([[40, 60, 120, 100]]) * SIZE / 300, rtol=1e-5)
    assert kinds.tolist() == [0]
    assert (pixels[120:] == augment.GREY).all()
    left, top, right, bottom = boxes[0].round().astype(int)
    assert logo_like(pixels)[top + 2 : bottom - 2, left + 2 : right - 2].all()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(NONE, id="whole pictures"),
        pytest.param(replace(NONE, zoom=(0.4, 1.8)), id="zoomed"),
        pytest.param(replace(NONE, mosaic=1.0, zoom=(0.4, 1.8)), id="mosaics"),
        pytest.param(replace(NONE, turned=1.0), id="quarter turns"),
        pytest.param(replace(NONE, paste=1.0), id="pasted logos"),
        pytest.param(CHANGED, id="everything"),
    ],
)
def test_boxes_stay_on_their_pixels(album: list[TrainingImage], change: Augmentation) -> None:
    """The pixels of a logo fill its box: as it is all of it, turned a little the most of it."""
    checked = 0
    for pixels, boxes, kinds in squares(album, change):
        assert pixels.shape == (SIZE, SIZE, 3)
        assert pixels.dtype == np.uint8
        assert boxes.min(initial=0) >= 0
        assert boxes.max(initial=0) <= SIZE
        seen = logo_like(pixels)
        for left, top, right, bottom in boxes[kinds >= 0].round().astype(int):
            assert seen[top:bottom, left:right].mean() > (0.6 if change.rotation else 0.85)
            checked += 1
        covered = np.zeros_like(seen)
        for left, top, right, bottom in boxes.round().astype(int):
            covered[max(0, top - 6) : bottom + 6, max(0, left - 6) : right + 6] = True
        assert (seen & ~covered).mean() < 0.02  # and there are no logos without a box
    assert checked > 20


def test_nothing_is_mirrored(album: list[TrainingImage]) -> None:
    """The logos' red half is on the left, and where they were turned, still as far around as it was."""
    for change in (replace(CHANGED, turned=0.0), NONE, replace(NONE, mosaic=1.0)):
        for pixels, boxes, kinds in squares(album, change):
            for box in boxes[(kinds >= 0) & (area(boxes) > 200)]:
                left, top, right, bottom = box.round().astype(int)
                part = pixels[top:bottom, left:right].astype(int)
                middle = part.shape[1] // 2
                assert part[:, :middle, 0].mean() >= part[:, middle:, 0].mean()
    random = np.random.default_rng(1)
    assert all(np.linalg.det(augment._spin(CHANGED, random)) > 0.5 for _ in range(200))


def test_half_hidden_and_tiny_logos_are_not_asked_for() -> None:
    boxes = np.float32([[10, 10, 30, 30], [-12, 0, 8, 20], [-30, 0, 2, 20], [50, 50, 54, 54]])
    kept, kinds = augment._judged(boxes, np.float32([0, 1, 2, 3]), (0, 0, 100, 100))
    assert kinds.tolist() == [0, IGNORE, IGNORE]
    np.testing.assert_allclose(kept, [[10, 10, 30, 30], [0, 0, 8, 20], [50, 50, 54, 54]])


def test_pasted_logos_hide_no_other(album: list[TrainingImage]) -> None:
    for pixels, boxes, _ in squares(album, replace(NONE, paste=1.0)):
        overlaps = iou(boxes, boxes) - np.eye(len(boxes))
        assert overlaps.max(initial=0) < 0.05
        assert pixels.shape == (SIZE, SIZE, 3)


def test_light_changes_and_places_do_not(album: list[TrainingImage]) -> None:
    change = replace(NONE, hue=0.1, saturation=0.5, brightness=0.4)
    for (dull, where, _), (bright, there, _) in zip(squares(album, NONE, 5), squares(album, change, 5), strict=True):
        assert (dull != bright).any()
        np.testing.assert_array_equal(where, there)
