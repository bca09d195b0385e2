"""Scorers: a network slid over a picture in one pass, or window by window, gives every window the same scores."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens import onnx_runtime
from brandlens.boxes import Box
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window import scorers
from brandlens.logo.detectors.sliding_window.scorers import DenseScorer, PatchScorer

STRIDE = 2  # of the network made by hand


def pixels(width: int, height: int, count: int = 1) -> np.ndarray:
    return np.random.default_rng([width, height]).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def sliding(sliding_network: bytes, window: WindowSpec) -> DenseScorer:
    return DenseScorer(onnx_runtime.session(sliding_network, 1), STRIDE, window)


@pytest.fixture(scope="module")
def windowed(window_network: bytes, window: WindowSpec) -> PatchScorer:
    return PatchScorer(onnx_runtime.session(window_network, 1), STRIDE, window)


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [
        pytest.param((48, 32), 1, 1, id="one window"),
        pytest.param((49, 33), 1, 1, id="not quite a second"),
        pytest.param((50, 32), 1, 2, id="two columns"),
        pytest.param((48, 36), 3, 1, id="three rows"),
        pytest.param((61, 45), 7, 7, id="both"),
    ],
)
def test_rows_and_columns(
    sliding: DenseScorer, windowed: PatchScorer, size: tuple[int, int], rows: int, columns: int
) -> None:
    level = pixels(*size)[0]
    (label, box_deltas), (alone, no_deltas) = sliding.score_windows(level), windowed.score_windows(level)
    assert label.shape == alone.shape == (rows, columns, 3)
    assert box_deltas.shape == (rows, columns, 4)
    assert no_deltas is None
    assert label.dtype == alone.dtype == np.float32


@settings(max_examples=20)
@given(st.integers(48, 64), st.integers(32, 44))
def test_windows_lie_a_stride_apart(
    sliding: DenseScorer, windowed: PatchScorer, window: WindowSpec, width: int, height: int
) -> None:
    """Row r and column c are the window whose left top pixel is c, r times the stride."""
    level = pixels(width, height)[0]
    label, alone = sliding.score_windows(level)[0], windowed.score_windows(level)[0]
    np.testing.assert_allclose(label, alone, atol=1e-6)
    for row, column in np.ndindex(*label.shape[:2]):
        top, left = row * STRIDE, column * STRIDE
        view = level[top : top + window.height, left : left + window.width]
        np.testing.assert_allclose(sliding.score_crops(view[None])[0], label[row, column], atol=1e-6)


def test_a_coarser_stride_skips_windows(window_network: bytes, windowed: PatchScorer, window: WindowSpec) -> None:
    level = pixels(70, 50)[0]
    coarse, _ = PatchScorer(onnx_runtime.session(window_network, 1), 3 * STRIDE, window).score_windows(level)
    np.testing.assert_array_equal(coarse, windowed.score_windows(level)[0][::3, ::3])


@pytest.mark.parametrize("count", [0, 1, scorers.BATCH_SIZE, scorers.BATCH_SIZE + 1, 2 * scorers.BATCH_SIZE + 3])
@pytest.mark.parametrize("kind", ["sliding", "windowed"])
def test_crops_of_any_number(request: pytest.FixtureRequest, kind: str, count: int) -> None:
    which: DenseScorer | PatchScorer = request.getfixturevalue(kind)
    views = pixels(48, 32, count)
    found = which.score_crops(views)
    assert found.shape == (count, 3)
    assert found.dtype == np.float32
    for at in {0, count // 2, count - 1} & set(range(count)):
        np.testing.assert_allclose(found[at], which.score_crops(views[at : at + 1])[0], atol=1e-6)


def test_crops_show_brands(sliding: DenseScorer, scene: Callable[..., np.ndarray]) -> None:
    views = np.stack(
        [scene((48, 32), *logos) for logos in ([], [Box(9, 6, 30, 20, "cola")], [Box(9, 6, 30, 20, "fizz")])]
    )
    found = sliding.score_crops(views)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert found.argmax(axis=1).tolist() == [0, 1, 2]
