"""Green pictures with two-coloured logos, in memory, and a small network that has learned to find them."""

import numpy as np
import pytest

from brandlens.logo.detectors.one_stage.augment import Augmentation
from brandlens.logo.detectors.one_stage.dataset import TrainingImage

COLOURS = (((250, 30, 30), (30, 30, 250)), ((255, 150, 0), (30, 150, 250)))  # left and right half, by kind
GROUND = (60, 140, 60)


def picture(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (300, 200)) -> TrainingImage:
    """A green picture with a logo of the first kind and one of the second; reddish on the left, bluish on the right."""
    pixels = np.full((size[1], size[0], 3), GROUND, np.uint8)
    for (left, top, right, bottom), colours in zip(boxes, COLOURS, strict=False):
        pixels[top:bottom, left : (left + right) // 2] = colours[0]
        pixels[top:bottom, (left + right) // 2 : right] = colours[1]
    levels = [pixels, np.ascontiguousarray(pixels[::2, ::2])]
    return TrainingImage(
        tuple(levels), np.array(boxes, np.float32).reshape(-1, 4), np.arange(len(boxes), dtype=np.float32)
    )


@pytest.fixture(scope="session")
def album() -> list[TrainingImage]:
    """One logo, none, two, and one in a tall picture."""
    return [
        picture((40, 60, 120, 100)),
        picture(),
        picture((150, 20, 230, 60), (20, 120, 140, 180)),
        picture((60, 40, 100, 60), size=(160, 240)),
    ]


@pytest.fixture(scope="session")
def unchanged() -> Augmentation:
    """Pictures as they are."""
    return Augmentation(
        mosaic=0.0, zoom=(1.0, 1.0), rotation=0.0, turned=0.0, shear=0.0, hue=0.0, saturation=0.0, brightness=0.0,
        paste=0.0,
    )  # fmt: skip
