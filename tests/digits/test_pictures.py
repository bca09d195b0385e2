"""Sheets of weights, digits and scenes."""

import numpy as np
import pytest

from brandlens.config.digits import Network
from brandlens.digits import networks, pictures


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [("FC5", (5, 28, 28)), ("3C5-MP2", (3, 5, 5)), ("FC100", (pictures.MAX_FILTERS, 28, 28))],
    ids=["dense", "convolution", "more than are shown"],
)
def test_first_layer_weights(architecture: str, shape: tuple[int, ...]) -> None:
    model = networks.build(Network(architecture, 1, 0.1))
    weights = pictures.first_weights(model)
    assert weights.shape == shape
    kernel = model.layers[2 if architecture.startswith("FC") else 1].get_weights()[0]
    first = kernel[:, 0].reshape(28, 28) if kernel.ndim == 2 else kernel[:, :, 0, 0]
    assert np.array_equal(weights[0], first)


def test_weights_without_a_sign_are_grey() -> None:
    weights = np.zeros((2, 3, 3), np.float32)
    weights[1, 0, 0], weights[1, 1, 1] = -2, 1
    sheet = pictures.weights_sheet(weights, size=3)
    assert sheet.shape == (3, 3 + pictures.GAP + 3, 3)
    assert {128} == set(sheet[:, :3].ravel())
    assert (sheet[0, 5, 0], sheet[1, 6, 0]) == (0, 191)


def test_nothing_to_show_is_a_pixel() -> None:
    assert pictures.digits_sheet(np.zeros((0, 28, 28), np.uint8)).shape == (1, 1, 3)
    assert pictures.separation_sheet([]).shape == (1, 1, 3)


def test_a_row_for_each_scene_and_a_color_for_each_region() -> None:
    grey, maps = np.full((4, 5), 7, np.uint8), np.full((4, 5), 0.5, np.float32)
    regions = np.arange(20, dtype=np.int32).reshape(4, 5)
    sheet = pictures.separation_sheet([[grey, maps, regions]] * 2, scale=1)
    assert sheet.shape == (2 * 4 + pictures.GAP, 3 * 5 + 2 * pictures.GAP, 3)
    assert sheet[0, 0].tolist() == [7, 7, 7]
    assert sheet[0, 7].tolist() == [128, 128, 128]
    assert sheet[0, 14].tolist() == [0, 0, 0]  # the ground
    assert sheet[0, 15].tolist() != sheet[0, 16].tolist()
