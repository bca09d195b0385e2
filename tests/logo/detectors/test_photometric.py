"""Changes of light and color: as far as they may go, no farther, and never of places."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from brandlens.config.logo import Augmentation
from brandlens.logo.detectors.photometric import degrade, jitter_hsv

NONE = Augmentation(
    samples_per_class=1, background_ratio=1.0, rotation=0.0, translation=0.0, zoom=0.0, perspective=0.0, brightness=0.0,
    contrast=0.0, saturation=0.0, hue=0.0, blur_sigma=0.0, noise_std=0.0, jpeg_min_quality=100,
)  # fmt: skip
STRIPES = np.where(np.arange(180) // 6 % 2, 160, 100).astype(np.uint8)
LUMA = np.array([0.299, 0.587, 0.114])  # what of a color JPEG keeps pixel by pixel
MAX_NOISE = 12 * np.linalg.norm(LUMA)  # of noise with a standard deviation of 12, in LUMA
PATCH = np.broadcast_to(STRIPES[None, :, None], (80, 180, 3))  # grey, so that JPEG has no color to lose


def degraded(count: int, **knobs: float) -> list[np.ndarray]:
    """The patch degraded again and again by these knobs alone."""
    rng = np.random.default_rng(1)
    return [degrade(PATCH, replace(NONE, **knobs), rng).astype(float) for _ in range(count)]


def test_without_any_change_there_is_a_tint() -> None:
    """Each color is a few percent stronger or weaker."""
    changed = degrade(PATCH, NONE, np.random.default_rng(1))
    assert (changed.shape, changed.dtype) == ((80, 180, 3), np.uint8)
    assert np.abs(changed.astype(int) - PATCH).max() <= 4


@pytest.mark.parametrize(
    ("knobs", "measure", "low", "high"),
    [
        pytest.param({"brightness": 0.2}, lambda pixels: pixels.mean() - PATCH.mean(), -51, 51, id="brightness"),
        pytest.param({"contrast": 0.4}, lambda pixels: np.log(pixels.std() / PATCH.std()), -0.4, 0.4, id="contrast"),
        pytest.param({"noise_std": 12.0}, lambda pixels: (pixels @ LUMA - STRIPES).std(), 0, MAX_NOISE, id="noise"),
    ],
)  # fmt: skip
def test_changes_go_as_far_as_they_may(
    knobs: dict[str, float], measure: Callable[[np.ndarray], float], low: float, high: float
) -> None:
    values = [measure(pixels) for pixels in degraded(80, **knobs)]
    slack = 0.2 * (high - low)
    assert low - slack < min(values) < low + slack
    assert high - slack < max(values) < high + slack


@pytest.mark.parametrize("knobs", [{"blur_sigma": 1.0}, {"jpeg_min_quality": 5}], ids=["blur", "jpeg"])
def test_some_lose_detail(knobs: dict[str, float]) -> None:
    lost = [np.abs(np.diff(pixels - PATCH, axis=1)).mean() for pixels in degraded(40, **knobs)]
    assert min(lost) < 1
    assert max(lost) > 2


def test_hsv_is_unchanged_by_zero() -> None:
    gray = np.full((4, 5, 3), 90, np.uint8)
    unchanged = jitter_hsv(gray, hue=0.0, saturation=0.0, brightness=0.0, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(unchanged, gray)


@pytest.mark.parametrize(
    ("knobs", "channels"),
    [
        pytest.param({"hue": 0.3}, [0, 2], id="hue: red takes on green or blue"),
        pytest.param({"saturation": 0.5}, [2], id="saturation"),
        pytest.param({"brightness": 0.5}, [0], id="brightness"),
    ],
)
def test_hsv_changes_what_it_says(knobs: dict[str, float], channels: list[int]) -> None:
    red = np.full((4, 5, 3), (160, 40, 40), np.uint8)
    all_knobs = {"hue": 0.0, "saturation": 0.0, "brightness": 0.0} | knobs
    drawn = [jitter_hsv(red, **all_knobs, rng=np.random.default_rng(seed))[0, 0] for seed in range(20)]
    for channel in channels:
        assert np.ptp([pixel[channel] for pixel in drawn]) > 20
