"""Scores drawn over a picture."""

import numpy as np

from brandlens.logo.detectors.heatmap import overlay


def test_high_scores_are_light_yellow_and_low_ones_leave_the_picture_grey() -> None:
    pixels = np.full((40, 60, 3), (200, 100, 0), np.uint8)
    scores = np.zeros((80, 120), np.float32)
    scores[:40] = 1
    drawn = overlay(pixels, scores)
    assert (drawn.shape, drawn.dtype) == (pixels.shape, np.uint8)
    assert drawn[5, 5].min() > 100
    assert len({*drawn[35, 5].tolist()}) <= 2  # grey, but for inferno's own black
    assert drawn[35, 5].max() < 100
