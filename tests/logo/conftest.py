"""Small pictures with logos in them, painted on the spot."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.logo.crops.windows import WindowSpec

Painter = Callable[..., Picture]


@pytest.fixture(scope="session")
def cola_window() -> WindowSpec:
    """A window of the project's own size for one brand whose logo is about three times as wide as high."""
    return WindowSpec(("cola",), 75, 22, 0.1, (3.0,))


@pytest.fixture
def paint(tmp_path: Path) -> Painter:
    """A function of (name, boxes, color=, ground=, size=) that writes a picture: flat boxes on a smooth ground.

    color: of every box; ground: of the rest; size: width, height.
    """

    def painted(
        name: str,
        *boxes: Box,
        color: tuple[int, int, int] = (255, 0, 255),
        ground: tuple[int, int, int] = (70, 70, 70),
        size: tuple[int, int] = (320, 200),
    ) -> Picture:
        pixels = np.full((size[1], size[0], 3), ground, np.uint8)
        for box in boxes:
            corner = box.left + box.width - 1, box.top + box.height - 1
            cv2.rectangle(pixels, (box.left, box.top), corner, color, cv2.FILLED)
        path = tmp_path / "pictures" / f"{name}.png"
        images.write(path, pixels)
        return Picture(path, tuple(boxes), *size)

    return painted
