"""The detector: what it is saved as and loaded from, and what it says of a picture."""

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
from brandlens.errors import ModelError, PictureError
from brandlens.logo import export
from brandlens.logo.crops.manifest import CropRecord, load_images
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.sliding_window import scorers
from brandlens.logo.detectors.sliding_window.network import InputSpec, fcn
from brandlens.logo.detectors.sliding_window.scan import ScanConfig, WindowScorer

Scene = Callable[..., np.ndarray]
SIZE = (200, 150)
LOGOS = [Box(20, 30, 60, 60, "cola"), Box(110, 80, 80, 40, "fizz")]


@pytest.fixture(scope="module")
def detector(model_folder: Path) -> LogoDetector:
    return LogoDetector.load(model_folder, threads=1)


# Saved and loaded


def test_a_saved_detector_comes_back(
    tmp_path: Path, sliding_network: bytes, wide: WindowSpec, plan: ScanConfig, scene: Scene
) -> None:
    scorer = scorers.DenseScorer(onnx_runtime.session(sliding_network, 1), 2)
    saved = LogoDetector(scorer, wide, plan, 0.625, {"revision": "abc", "metrics": {"boxes": {"f1": 0.5}}})
    saved.save(tmp_path / "Köln" / "logo", sliding_network)
    assert sorted(path.name for path in (tmp_path / "Köln" / "logo").iterdir()) == ["model.json", "network.onnx"]
    for folder in (tmp_path / "Köln" / "logo", str(tmp_path / "Köln" / "logo")):
        loaded = LogoDetector.load(folder)
        assert loaded.scorer.stride == 2
        for field in ("geometry", "plan", "threshold", "provenance"):
            assert getattr(loaded, field) == getattr(saved, field)
        pixels = scene(SIZE, *LOGOS)
        assert loaded.detect(pixels) == saved.detect(pixels) != []


def test_a_saved_detector_is_replaced(model_folder: Path, tmp_path: Path, sliding_network: bytes) -> None:
    folder = shutil.copytree(model_folder, tmp_path / "logo")
    other = dataclasses.replace(LogoDetector.load(folder), threshold=0.25)
    other.save(folder, sliding_network)
    assert LogoDetector.load(folder).threshold == 0.25


def test_a_network_of_one_window_is_slid_window_by_window(
    tmp_path: Path, window_network: bytes, wide: WindowSpec, plan: ScanConfig, scene: Scene, detector: LogoDetector
) -> None:
    scorer = scorers.PatchScorer(onnx_runtime.session(window_network, 1), 2, wide)
    LogoDetector(scorer, wide, plan, 0.5, {}).save(tmp_path, window_network)
    loaded = LogoDetector.load(tmp_path)
    assert type(loaded.scorer) is scorers.PatchScorer
    small = scene((80, 60), Box(20, 12, 40, 40, "cola"))
    assert loaded.detect(small) == detector.detect(small) != []


def changed(folder: Path, **fields: Any) -> None:
    """Set fields of a model card; None removes them."""
    card = json.loads((folder / "model.json").read_text())
    card = {name: value for name, value in (card | fields).items() if value is not None}
    (folder / "model.json").write_text(json.dumps(card))


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
        pytest.param(lambda folder: changed(folder, geometry=None), "model.json", "geometry", id="no geometry"),
        pytest.param(lambda folder: changed(folder, geometry={"width": 3}), "model.json", "export", id="less geometry"),
        pytest.param(lambda folder: changed(folder, scan={"speed": 9}), "model.json", "speed", id="an unknown knob"),
        pytest.param(lambda folder: changed(folder, threshold=None), "model.json", "threshold", id="no threshold"),
        pytest.param(lambda folder: (folder / "network.onnx").unlink(), "network.onnx", "load", id="no network"),
        pytest.param(lambda folder: (folder / "network.onnx").write_bytes(b"no"), "network.onnx", "load", id="broken"),
    ],
)  # fmt: skip
def test_what_is_no_model_is_named_in_one_line(
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


# Looking


def test_logos_and_their_places(detector: LogoDetector, scene: Scene) -> None:
    found = detector.detect(scene(SIZE, *LOGOS))
    assert sorted(each.label for each in found) == ["cola", "fizz"]
    for each in found:
        logo = next(logo for logo in LOGOS if logo.label == each.label)
        assert iou(to_xyxy([each]), to_xyxy([logo])) > 0.7
        assert 0.5 <= each.score <= 1
    assert found == sorted(found, key=lambda each: -each.score)
    assert detector.detect(scene(SIZE)) == []


@pytest.mark.parametrize("as_", [Path, str], ids=["path", "text"])
def test_a_file_is_looked_at_like_an_array(
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
        place = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
        pixels[place] = scene(SIZE, box, strength=strength)[place]
    every = detector.detect(pixels, 0.2)
    assert len(every) == 3
    assert every[2].score < 0.5 < every[1].score < 0.8 < every[0].score
    assert detector.detect(pixels) == detector.detect(pixels, 0.5) == every[:2]
    for threshold in (0.2, every[1].score - 0.001, 0.8, 1.0):
        assert detector.detect(pixels, threshold) == [each for each in every if each.score >= threshold]
    assert set(every) < set(detector.detect(pixels, 0.0))
    assert dataclasses.replace(detector, threshold=0.8).detect(pixels) == detector.detect(pixels, 0.8)


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.integers(1, 90), st.integers(1, 70)),
    st.tuples(*[st.floats(-1.0, 1.0)] * 2, *[st.floats(-4.0, 1.0)] * 2),
)
def test_boxes_are_whole_pixels_inside_the_picture(
    wide: WindowSpec, plan: ScanConfig, size: tuple[int, int], place: tuple[float, ...]
) -> None:
    """Whatever place a network claims: no box is empty, none sticks out."""

    class Everywhere:
        stride = 16

        def __call__(self, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            rows, columns = (level.shape[0] - 32) // 16 + 1, (level.shape[1] - 48) // 16 + 1
            return np.full((rows, columns, 3), np.float32([0.1, 0.8, 0.1])), np.full(
                (rows, columns, 4), np.float32(place)
            )

        def crops(self, views: np.ndarray) -> np.ndarray:
            return np.tile(np.float32([0.1, 0.8, 0.1]), (len(views), 1))

    scorer: WindowScorer = Everywhere()
    found = LogoDetector(scorer, wide, plan, 0.5, {}).detect(np.zeros((size[1], size[0], 3), np.uint8))
    assert found
    for each in found:
        assert type(each) is Detection
        assert type(each.score) is float
        assert all(type(side) is int for side in (each.left, each.top, each.width, each.height))
        assert each.left >= 0
        assert each.top >= 0
        assert each.width >= 1
        assert each.height >= 1
        assert each.left + each.width <= size[0]
        assert each.top + each.height <= size[1]


# The same preprocessing at training and here


def test_a_crop_scores_here_as_in_training(tmp_path: Path, plan: ScanConfig) -> None:
    """Pixels that training reads from a crop's file, and the same pixels as the scan hands them over."""
    keras.utils.set_random_seed(1)
    geometry = WindowSpec(("cola",), 48, 32, 0.1, (1.5,))
    model = fcn(InputSpec(32, 48, 2, np.array([0.6, 0.5, 0.3]), np.array([0.2, 0.25, 0.3])), filters=0.125)
    model.get_layer("label").bias.assign([0.0, 0.0])
    network = export.to_onnx(model)
    LogoDetector(
        scorers.DenseScorer(onnx_runtime.session(network), scorers.STRIDES["slide"]), geometry, plan, 0.5, {}
    ).save(tmp_path / "model", network)
    random = np.random.default_rng(4)
    shown = np.clip(random.integers(0, 256, (9, 1, 1, 3)) + random.integers(-60, 61, (9, 32, 48, 3)), 0, 255)
    rows = []
    for at, pixels in enumerate(shown.astype(np.uint8)):
        rows.append(CropRecord(f"{at}.png", "train", "cola", "labelled", f"{at}.jpg", 0, 0, 48, 32))
        images.write(tmp_path / rows[-1].file, pixels)
    expected = model.predict(load_images(tmp_path, rows), verbose=0)["label"][:, 0, 0]
    scorer = LogoDetector.load(tmp_path / "model").scorer
    found = scorer.crops(np.stack([images.read(tmp_path / row.file) for row in rows]))
    assert np.ptp(expected[:, 1]) > 0.05  # crops do differ
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_tiny_tiles_are_refused(detector: LogoDetector) -> None:
    with pytest.raises(ValueError, match="tile is 63: less than 64 pixels"):
        detector.detect(np.zeros((100, 100, 3), np.uint8), tile=63)
