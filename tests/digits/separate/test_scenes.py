"""Scenes of touching digits."""

import cv2
import numpy as np
import pytest

from brandlens.config.digits import Scenes
from brandlens.digits.separate.scenes import INK, compose, true_maps

CFG = Scenes((1, 1, 1), (2, 3), (64, 48), (2, 8))


def rings(count: int = 4) -> np.ndarray:
    """Digits that are zeros."""
    digits = np.zeros((count, 28, 28), np.uint8)
    for index, digit in enumerate(digits):
        cv2.ellipse(digit, (14, 14), (4 + index, 9), 0, 0, 360, 255, 2)
    return digits


def test_no_scenes() -> None:
    scenes = compose(rings(), 0, CFG, np.random.default_rng(1))
    assert len(scenes) == 0
    assert true_maps(scenes.instances).shape == (0, 48, 64, 2)


def test_each_pixel_of_ink_is_a_digits_and_digits_touch() -> None:
    scenes = compose(rings(), 12, CFG, np.random.default_rng(1))
    assert np.array_equal(scenes.images > INK, scenes.instances > 0)
    maps = true_maps(scenes.instances)
    for image, instances, of_scene in zip(scenes.images, scenes.instances, maps, strict=True):
        assert 2 <= instances.max() <= 3
        assert cv2.connectedComponents((image > INK).astype(np.uint8))[0] == 2  # ground, and one region of all digits
        assert of_scene[..., 1].any()
        assert (of_scene[..., 1] <= of_scene[..., 0]).all()


def test_a_seed_decides_everything() -> None:
    first, again = (compose(rings(), 3, CFG, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.images, again.images)


@pytest.mark.parametrize("size_wh", [(20, 20), (64, 16)], ids=["small", "flat"])
def test_digits_that_do_not_fit_are_left_out(size_wh: tuple[int, int]) -> None:
    digits = np.full((1, 28, 28), 255, np.uint8)
    scenes = compose(digits, 2, Scenes((1, 1, 1), (2, 3), size_wh, (2, 8)), np.random.default_rng(1))
    assert not scenes.images.any()
