"""Boxes turn with their pictures as the pixels do, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from brandlens import annotations, images
from brandlens.annotations import Picture, orientation
from brandlens.boxes import Box
from brandlens.image_headers import Header

STORED = Box(3, 5, 10, 4, "cola", True)


@pytest.fixture
def turned(tmp_path):
    """Return a function of an orientation that writes a 40 x 24 picture file with a white box at STORED."""

    def make(turn: int):
        pixels = np.zeros((24, 40, 3), np.uint8)
        pixels[5:9, 3:13] = 255
        exif = Image.Exif()
        exif[0x0112] = turn
        path = tmp_path / "images" / "a.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path, exif=exif)
        return path

    return make


@pytest.mark.parametrize("turn", range(1, 9))
def test_boxes_turn_as_pixels_do(turned, turn):
    path = turned(turn)
    header = orientation.header_of(path)
    box = orientation.to_shown(STORED, header)
    pixels = images.read(path)
    assert pixels.shape[1::-1] == orientation.shown_size(header)
    assert pixels[box.top : box.top + box.height, box.left : box.left + box.width].min() == 255
    assert (pixels > 0).all(axis=2).sum() == box.width * box.height


@given(st.integers(1, 8), st.builds(Box, *[st.integers(-99, 99)] * 2, *[st.integers(1, 99)] * 2, st.just("cola")))
def test_there_and_back(turn, box):
    header = Header("JPEG", 40, 24, turn)
    assert orientation.to_stored(orientation.to_shown(box, header), header) == box


@pytest.mark.parametrize("turn", range(1, 9))
def test_yolo_is_of_the_picture_as_shown(turned, tmp_path, turn):
    path = turned(turn)
    box = Box(3, 5, 10, 4, "cola")
    annotations.write(tmp_path, [Picture(path, (box,))], "yolo")
    assert annotations.read(tmp_path) == [Picture(path, (box,), 40, 24)]
    pixels = images.read(path)
    x, y = map(float, (tmp_path / "labels" / "a.txt").read_text().split()[1:3])
    assert pixels[int(y * pixels.shape[0]), int(x * pixels.shape[1])].tolist() == [255] * 3


@pytest.mark.parametrize(
    ("stated", "turn", "stored"),
    [
        pytest.param((None, None), 6, True, id="no size stated"),
        pytest.param((40, 24), 6, True, id="the size as stored"),
        pytest.param((24, 40), 6, False, id="the size as shown"),
        pytest.param((24, None), 6, False, id="the width as shown alone"),
        pytest.param((40, 24), 3, True, id="turned by half: both sizes are one"),
        pytest.param((24, 40), 1, None, id="another size"),
    ],
)
def test_is_labelled_as_stored(stated, turn, stored):
    assert orientation.is_labelled_as_stored(stated, Header("JPEG", 40, 24, turn)) is stored
