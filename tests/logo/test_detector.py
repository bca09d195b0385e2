"""The detector: what it is saved as and loaded from, and what it detects in a picture."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens import images, onnx_runtime
from brandlens.boxes import Box, Detection, iou, to_xyxy
from brandlens.config.logo import SlidingWindowDetect
from brandlens.errors import ModelError, PictureError
from brandlens.logo import export
from brandlens.logo.crops import manifest
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.sliding_window.detector import FCN_STRIDE, SlidingWindowDetector
from brandlens.logo.detectors.sliding_window.network import InputSpec, fcn
from brandlens.logo.detectors.sliding_window.scorers import DenseScorer, WindowScorer

Scene = Callable[..., np.ndarray]
SIZE = (200, 150)
LOGOS = [Box(20, 30, 60, 60, "cola"), Box(110, 80, 80, 40, "fizz")]


@pytest.fixture(scope="module")
def detector(model_folder: Path) -> LogoDetector:
    return LogoDetector.load(model_folder, threads=1)


# Saved and loaded


def test_a_saved_detector_comes_back(
    tmp_path: Path, sliding_network: bytes, window: WindowSpec, scan_cfg: SlidingWindowDetect, scene: Scene
) -> None:
    config = {"stride": 2, "window": window.to_dict(), "detect": dataclasses.asdict(scan_cfg)}
    provenance = {"revision": "abc", "metrics": {"boxes": {"f1": 0.5}}}
    saved = LogoDetector.from_session("fcn", onnx_runtime.session(sliding_network, 1), config, 0.625, provenance)
    saved.save(tmp_path / "Köln" / "logo", sliding_network)
    assert sorted(path.name for path in (tmp_path / "Köln" / "logo").iterdir()) == ["model.json", "network.onnx"]
    for folder in (tmp_path / "Köln" / "logo", str(tmp_path / "Köln" / "logo")):
        loaded = LogoDetector.load(folder)
        assert loaded.detector.config == config
        assert loaded.labels == window.labels
        for field in ("model", "threshold", "provenance"):
            assert getattr(loaded, field) == getattr(saved, field)
        pixels = scene(SIZE, *LOGOS)
        assert loaded.detect(pixels) == saved.detect(pixels) != []


def test_a_saved_detector_is_replaced(model_folder: Path, tmp_path: Path) -> None:
    """Its card alone: the network is there already."""
    folder = shutil.copytree(model_folder, tmp_path / "logo")
    network = (folder / "network.onnx").read_bytes()
    dataclasses.replace(LogoDetector.load(folder), threshold=0.25).save(folder)
    assert LogoDetector.load(folder).threshold == 0.25
    assert (folder / "network.onnx").read_bytes() == network


def test_a_network_of_one_window_is_slid_window_by_window(
    tmp_path: Path, window_network: bytes, model_folder: Path, scene: Scene, detector: LogoDetector
) -> None:
    folder = shutil.copytree(model_folder, tmp_path / "logo")
    (folder / "network.onnx").write_bytes(window_network)
    changed(folder, type="snowdon")
    small = scene((80, 60), Box(20, 12, 40, 40, "cola"))
    assert LogoDetector.load(folder).detect(small) == detector.detect(small) != []
    assert LogoDetector.load(folder).heatmap(small) is None


def changed(folder: Path, **fields: Any) -> None:
    """Set fields of a model card; None removes them. It has no digests then, as those of older versions."""
    card = json.loads((folder / "model.json").read_text()) | {"files": None, "sha256": None} | fields
    card = {name: value for name, value in card.items() if value is not None}
    (folder / "model.json").write_text(json.dumps(card))


def configured(folder: Path, **fields: Any) -> None:
    """Set fields of the detector's config in a model card; None removes them."""
    config = json.loads((folder / "model.json").read_text())["detector"]
    changed(folder, detector={name: value for name, value in (config | fields).items() if value is not None})


def more_labels(folder: Path) -> None:
    """Make the card that of a detector of another label as well."""
    window = json.loads((folder / "model.json").read_text())["detector"]["window"]
    configured(folder, window=window | {"labels": [*window["labels"], "third"]})


@pytest.mark.parametrize(
    ("spoil", "named", "says"),
    [
        pytest.param(shutil.rmtree, "", "no model.json here", id="no folder"),
        pytest.param(lambda folder: (folder / "model.json").unlink(), "", "no model.json here", id="no card"),
        pytest.param(lambda folder: (folder / "model.json").write_text(""), "model.json", "not a", id="empty"),
        pytest.param(lambda folder: (folder / "model.json").write_text("no JSON"), "model.json", "not a", id="no JSON"),
        pytest.param(lambda folder: (folder / "model.json").write_bytes(b"\xff"), "model.json", "not a", id="bytes"),
        pytest.param(lambda folder: (folder / "model.json").write_text("[1]"), "model.json", "not a logo", id="a list"),
        pytest.param(lambda folder: (folder / "model.json").write_text("{}"), "model.json", "not a logo", id="nothing"),
        pytest.param(lambda folder: changed(folder, format=2), "model.json", "format 1; export it again", id="newer"),
        pytest.param(lambda folder: changed(folder, kind="sentiment"), "model.json", "not a logo", id="sentiment"),
        pytest.param(lambda folder: changed(folder, type=None), "model.json", "'type'", id="no type"),
        pytest.param(lambda folder: changed(folder, type="toy"), "model.json", "'toy'; known: fcn", id="unknown type"),
        pytest.param(lambda folder: changed(folder, detector=None), "model.json", "'detector'", id="no detector"),
        pytest.param(lambda folder: changed(folder, detector=[1]), "model.json", "export", id="a list of it"),
        pytest.param(lambda folder: configured(folder, window=None), "model.json", "'window'", id="no window"),
        pytest.param(lambda folder: configured(folder, window={"x": 3}), "model.json", "export", id="half of it"),
        pytest.param(lambda folder: configured(folder, stride=None), "model.json", "'stride'", id="no stride"),
        pytest.param(lambda folder: configured(folder, detect={"speed": 9}), "model.json", "speed", id="no such knob"),
        pytest.param(lambda folder: changed(folder, threshold=None), "model.json", "threshold", id="no threshold"),
        pytest.param(lambda folder: (folder / "network.onnx").unlink(), "network.onnx", "no such", id="no network"),
        pytest.param(lambda folder: (folder / "network.onnx").write_bytes(b"no"), "", "belong", id="broken"),
        pytest.param(more_labels, "", "belong", id="more labels, of an older version"),
    ],
)  # fmt: skip
def test_a_folder_without_a_model_is_named_in_one_line(
    model_folder: Path, tmp_path: Path, spoil: Callable[[Path], object], named: str, says: str
) -> None:
    folder = shutil.copytree(model_folder, tmp_path / "logo")
    spoil(folder)
    with pytest.raises(ModelError) as caught:
        LogoDetector.load(folder)
    assert str(caught.value).startswith(f"{folder / named}: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_is_no_model(model_folder: Path) -> None:
    with pytest.raises(ModelError, match="no model"):
        LogoDetector.load(model_folder / "model.json")


# Detecting


def test_logos_and_their_boxes(detector: LogoDetector, scene: Scene) -> None:
    detections = detector.detect(scene(SIZE, *LOGOS))
    assert sorted(found.label for found in detections) == ["cola", "fizz"]
    for found in detections:
        logo = next(logo for logo in LOGOS if logo.label == found.label)
        assert iou(to_xyxy([found]), to_xyxy([logo])) > 0.7
        assert 0.5 <= found.score <= 1
    assert detections == sorted(detections, key=lambda found: -found.score)
    assert detector.detect(scene(SIZE)) == []


@pytest.mark.parametrize("as_", [Path, str], ids=["path", "text"])
def test_a_file_gives_the_same_as_an_array(
    tmp_path: Path, detector: LogoDetector, scene: Scene, as_: Callable[[Path], Path | str]
) -> None:
    pixels = scene(SIZE, *LOGOS)
    images.write(tmp_path / "picture.png", pixels)
    assert detector.detect(as_(tmp_path / "picture.png")) == detector.detect(pixels) != []


def test_a_bad_file_is_named(tmp_path: Path, detector: LogoDetector) -> None:
    with pytest.raises(PictureError, match=r"none\.png: no such file"):
        detector.detect(tmp_path / "none.png")


def test_the_array_is_left_alone(detector: LogoDetector, scene: Scene) -> None:
    pixels = scene(SIZE, *LOGOS)
    pixels.flags.writeable = False
    assert len(detector.detect(pixels)) == 2
    upside_down = scene(SIZE, *LOGOS)[::-1, ::-1]
    assert len(detector.detect(upside_down)) == 2


def test_the_threshold(detector: LogoDetector, scene: Scene) -> None:
    pixels = scene(SIZE, LOGOS[0])
    for box, strength in ((Box(110, 80, 80, 40, "fizz"), 0.65), (Box(110, 10, 40, 40, "fizz"), 0.48)):
        region = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
        pixels[region] = scene(SIZE, box, strength=strength)[region]
    every = detector.detect(pixels, 0.2)
    assert len(every) == 3
    assert every[2].score < 0.5 < every[1].score < 0.8 < every[0].score
    assert detector.detect(pixels) == detector.detect(pixels, 0.5) == every[:2]
    for threshold in (0.2, every[1].score - 0.001, 0.8, 1.0):
        assert detector.detect(pixels, threshold) == [found for found in every if found.score >= threshold]
    assert set(every) < set(detector.detect(pixels, 0.0))
    assert dataclasses.replace(detector, threshold=0.8).detect(pixels) == detector.detect(pixels, 0.8)


@settings(max_examples=25)
@given(
    st.tuples(st.integers(1, 90), st.integers(1, 70)),
    st.tuples(*[st.floats(-1.0, 1.0)] * 2, *[st.floats(-4.0, 1.0)] * 2),
)
def test_boxes_are_whole_pixels_inside_the_picture(
    window: WindowSpec, scan_cfg: SlidingWindowDetect, size: tuple[int, int], box_deltas: tuple[float, ...]
) -> None:
    """Whatever box deltas a network gives: no box is empty, none sticks out."""

    class Everywhere:
        stride, dense = 16, True

        def score_windows(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            grid = (pixels.shape[0] - 32) // 16 + 1, (pixels.shape[1] - 48) // 16 + 1
            probabilities = np.full((*grid, 3), np.float32([0.1, 0.8, 0.1]))
            return probabilities, np.full((*grid, 4), np.float32(box_deltas))

        def score_crops(self, crops: np.ndarray) -> np.ndarray:
            return np.tile(np.float32([0.1, 0.8, 0.1]), (len(crops), 1))

    scorer: WindowScorer = Everywhere()
    detector = LogoDetector("fcn", SlidingWindowDetector(scorer, window, scan_cfg), 0.5, {})
    detections = detector.detect(np.zeros((size[1], size[0], 3), np.uint8))
    assert detections
    for box in detections:
        assert type(box) is Detection
        assert type(box.score) is float
        assert all(type(side) is int for side in (box.left, box.top, box.width, box.height))
        assert box.left >= 0
        assert box.top >= 0
        assert box.width >= 1
        assert box.height >= 1
        assert box.left + box.width <= size[0]
        assert box.top + box.height <= size[1]


# The same preprocessing at training and here


def test_a_crop_scores_here_as_in_training(tmp_path: Path, scan_cfg: SlidingWindowDetect) -> None:
    """Pixels that training reads from a crop's file, and the same pixels as detection has them."""
    keras.utils.set_random_seed(1)
    window = WindowSpec(("cola",), 48, 32, 0.1, (1.5,))
    spec = InputSpec(32, 48, 2, np.array([0.6, 0.5, 0.3]), np.array([0.2, 0.25, 0.3]))
    model = fcn(spec, width_multiplier=0.125)
    model.get_layer("label").bias.assign([0.0, 0.0])
    network = export.to_onnx(model)
    scorer = DenseScorer(onnx_runtime.session(network), FCN_STRIDE, window)
    LogoDetector("fcn", SlidingWindowDetector(scorer, window, scan_cfg), 0.5, {}).save(tmp_path / "model", network)
    rng = np.random.default_rng(4)
    crops = np.clip(rng.integers(0, 256, (9, 1, 1, 3)) + rng.integers(-60, 61, (9, 32, 48, 3)), 0, 255)
    records = []
    for index, pixels in enumerate(crops.astype(np.uint8)):
        records.append(CropRecord(f"{index}.png", "train", "cola", "labelled", f"{index}.jpg", 0, 0, 48, 32))
        images.write(tmp_path / records[-1].file, pixels)
    expected = model.predict(manifest.load_images(tmp_path, records), verbose=0)["label"][:, 0, 0]
    read = np.stack([images.read(tmp_path / record.file) for record in records])
    scores = LogoDetector.load(tmp_path / "model").score_crops(read, records, {})
    assert np.ptp(expected[:, 1]) > 0.05  # the crops differ
    np.testing.assert_allclose(scores, expected, atol=1e-4)


def test_tiny_tiles_are_refused(detector: LogoDetector) -> None:
    with pytest.raises(ValueError, match="tile is 63: less than 64 pixels"):
        detector.detect(np.zeros((100, 100, 3), np.uint8), tile=63)


@pytest.mark.parametrize("picture", [None, [], ["a.png"], b"a.png", 7], ids=repr)
def test_what_is_no_picture(detector: LogoDetector, picture: Any) -> None:
    with pytest.raises(TypeError, match=f"picture is a {type(picture).__name__}; give one picture: a path, or a"):
        detector.detect(picture)


@pytest.mark.parametrize("size", [(0, 0), (0, 20), (20, 0)], ids=str)
def test_a_picture_without_a_pixel(detector: LogoDetector, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"a picture is \(height, width, 3\) uint8 RGB"):
        detector.detect(np.zeros((*size, 3), np.uint8))


@pytest.mark.parametrize("threshold", [-0.1, 1.1, 50, float("nan")])
def test_a_threshold_that_is_no_score(detector: LogoDetector, threshold: float) -> None:
    with pytest.raises(ValueError, match=f"threshold is {threshold}: not from 0 to 1"):
        detector.detect(np.zeros((100, 100, 3), np.uint8), threshold)
