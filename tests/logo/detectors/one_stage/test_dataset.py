"""Pictures in memory."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.logo.detectors.one_stage import dataset
from brandlens.logo.detectors.one_stage.dataset import IGNORE

Painter = Callable[..., Picture]


def test_no_pictures() -> None:
    assert dataset.load_images([], ["cola"]) == []


def test_boxes_and_their_labels(paint: Painter) -> None:
    boxes = [Box(10, 20, 60, 30, "fizz"), Box(100, 20, 40, 40, "cola"), Box(200, 20, 40, 40, "zest")]
    ignored = replace(boxes[1], left=20, top=100, label="zest", ignore=True)
    images = dataset.load_images([paint("one", *boxes, ignored), paint("none")], ["cola", "fizz"])
    assert images[0].image_wh == (320, 200)
    assert images[0].labels.tolist() == [1, 0, IGNORE]
    np.testing.assert_array_equal(images[0].boxes, [[10, 20, 70, 50], [100, 20, 140, 60], [20, 100, 60, 140]])
    assert images[1].boxes.shape == (0, 4)


def test_a_large_picture_is_shrunk_and_its_boxes_with_it(paint: Painter) -> None:
    (image,) = dataset.load_images([paint("wide", Box(1024, 0, 512, 100, "cola"), size=(2048, 256))], ["cola"])
    assert image.image_wh == (1024, 128)
    np.testing.assert_array_equal(image.boxes, [[512, 0, 768, 50]])


@pytest.mark.parametrize(
    ("scale", "width", "left"),
    [
        pytest.param(2.0, 320, 2.0, id="grown"),
        pytest.param(1.0, 320, 1.0, id="as it is"),
        pytest.param(0.6, 320, 0.6, id="a little smaller"),
        pytest.param(0.5, 160, 1.0, id="halved"),
        pytest.param(0.3, 160, 0.6, id="less than half"),
        pytest.param(0.01, 80, 0.04, id="less than the smallest level"),
    ],
)
def test_the_level_has_as_many_pixels_as_are_needed(paint: Painter, scale: float, width: int, left: float) -> None:
    (image,) = dataset.load_images([paint("one")], [])
    pixels = image.level(scale)
    assert pixels.shape[1] == width
    assert scale * image.image_wh[0] / pixels.shape[1] == pytest.approx(left)  # what is left to shrink or grow
