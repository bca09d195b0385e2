"""Green pictures with two-colored logos, in memory, and settings for a training on them."""

import numpy as np
import pytest

from brandlens.config.logo import OneStage
from brandlens.logo.detectors.one_stage.dataset import TrainingImage

COLORS = (((250, 30, 30), (30, 30, 250)), ((255, 150, 0), (30, 150, 250)))  # left and right half, by label
GROUND = (60, 140, 60)


def training_image(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (300, 200)) -> TrainingImage:
    """A green picture with logos of the first and the second label; reddish on the left, bluish on the right."""
    pixels = np.full((size[1], size[0], 3), GROUND, np.uint8)
    for (left, top, right, bottom), colors in zip(boxes, COLORS, strict=False):
        pixels[top:bottom, left : (left + right) // 2] = colors[0]
        pixels[top:bottom, (left + right) // 2 : right] = colors[1]
    levels = [pixels, np.ascontiguousarray(pixels[::2, ::2])]
    return TrainingImage(
        tuple(levels), np.array(boxes, np.float32).reshape(-1, 4), np.arange(len(boxes), dtype=np.float32)
    )


@pytest.fixture(scope="session")
def training_images() -> list[TrainingImage]:
    """One logo, none, two, and one in a tall picture."""
    return [
        training_image((40, 60, 120, 100)),
        training_image(),
        training_image((150, 20, 230, 60), (20, 120, 140, 180)),
        training_image((60, 40, 100, 60), size=(160, 240)),
    ]


@pytest.fixture(scope="session")
def cfg() -> OneStage:
    """Settings that leave pictures as they are."""
    return OneStage(
        backbone="none", backbone_weights="imagenet", backbone_lr_multiplier=1.0, frozen_stages=0,
        frozen_batch_norm=False, image_size=64, max_steps=4, batch_size=4, learning_rate=0.005, weight_decay=0.01,
        ema_momentum=0.99, close_mosaic=0.2, mosaic=0.0, scale_range=(1.0, 1.0), rotation=0.0, rotate90=0.0, shear=0.0,
        hue=0.0, saturation=0.0, brightness=0.0, copy_paste=0.0,
        ignore_unlabeled_above=1.0,
    )  # fmt: skip
