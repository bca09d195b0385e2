"""The sliding-window detector: what it is built from, and what it answers through the protocol of all detectors."""

from collections.abc import Callable

import numpy as np
import pytest

from brandlens import onnx_runtime
from brandlens.boxes import Box
from brandlens.config.logo import SlidingWindowDetect
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.base import Detector
from brandlens.logo.detectors.sliding_window.detector import FCN, SNOWDON, SlidingWindowDetector
from brandlens.logo.detectors.sliding_window.scan import scan
from brandlens.logo.detectors.sliding_window.scorers import WindowScorer

Scene = Callable[..., np.ndarray]


@pytest.fixture
def detector(color_scorer: WindowScorer, window: WindowSpec, scan_cfg: SlidingWindowDetect) -> Detector:
    return SlidingWindowDetector(color_scorer, window, scan_cfg)


def test_it_detects_by_scanning(
    detector: Detector, color_scorer: WindowScorer, window: WindowSpec, scan_cfg: SlidingWindowDetect, scene: Scene
) -> None:
    pixels = scene((120, 90), Box(20, 30, 60, 40, "cola"))
    detections = detector.detect(pixels, 0.3)
    np.testing.assert_array_equal(detections.boxes, scan(pixels, color_scorer, window, scan_cfg, 0.3).boxes)
    assert len(detections.scores) == 1
    assert (detector.labels, detector.iou_threshold) == (("cola", "fizz"), 0.4)


def test_crops_are_scored_by_themselves(detector: Detector, scene: Scene) -> None:
    crops = np.stack([scene((48, 32)), scene((48, 32), Box(9, 6, 30, 20, "fizz"))])
    assert not detector.needs_detections
    assert detector.score_crops(crops, [], {}).argmax(axis=1).tolist() == [0, 2]


def test_it_is_built_from_its_config(
    sliding_network: bytes, window_network: bytes, window: WindowSpec, scan_cfg: SlidingWindowDetect, scene: Scene
) -> None:
    """Dense where it slides in one pass, with a heatmap; window by window otherwise, with the same detections."""
    pixels = scene((80, 60), Box(20, 12, 40, 40, "cola"))
    detections = {}
    for model, network in ((FCN, sliding_network), (SNOWDON, window_network)):
        config = {"stride": 2, "window": window.to_dict(), "detect": vars(scan_cfg)}
        detector = model.build(onnx_runtime.session(network, 1), config)
        assert detector.config == config
        detections[model] = detector.detect(pixels, 0.3)
        assert (detector.heatmap(pixels) is not None) is (model is FCN)
    np.testing.assert_allclose(detections[FCN].boxes, detections[SNOWDON].boxes, atol=1e-3)
    np.testing.assert_allclose(detections[FCN].scores, detections[SNOWDON].scores, atol=1e-5)
    assert len(detections[FCN].scores) == 1
