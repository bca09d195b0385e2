"""Scores do not depend on how many cores a machine has."""

from pathlib import Path

import numpy as np
import pytest

from brandlens.boxes import Box
from brandlens.logo.detector import LogoDetector
from brandlens.sentiment.classifier import SentimentClassifier

TEXTS = ["good good bad", "bad", "good", "good bad bad bad"] * 20


@pytest.mark.parametrize("threads", [2, 8])
def test_a_picture_has_the_same_detections(model_folder: Path, scene, threads: int) -> None:
    pixels = scene((200, 150), Box(30, 20, 60, 60, "cola"), Box(110, 80, 70, 35, "fizz"))
    expected = LogoDetector.load(model_folder, threads=1).detect(pixels)
    detections = LogoDetector.load(model_folder, threads=threads).detect(pixels)
    assert len(expected) >= 2
    assert detections == expected


@pytest.mark.parametrize("threads", [2, 8])
def test_a_review_has_the_same_score(sentiment_folder: Path, threads: int) -> None:
    expected = SentimentClassifier.load(sentiment_folder, threads=1).score(TEXTS)
    predictions = SentimentClassifier.load(sentiment_folder, threads=threads).score(TEXTS)
    np.testing.assert_allclose([p.score for p in predictions], [p.score for p in expected], atol=1e-6)
    assert [p.label for p in predictions] == [p.label for p in expected]
