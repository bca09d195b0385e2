"""docs/extending.md: every block runs, and what it adds is used like what was there."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import keras
import numpy as np
import pytest

from brandlens import annotations, config, images, onnx_runtime
from brandlens.annotations import Picture, dataset, formats
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.logo import export
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors import registry
from brandlens.logo.detectors.base import StageInputs
from brandlens.metrics import classification, detection
from brandlens.metrics.classification import LabelledRows
from brandlens.metrics.registry import compute, compute_intervals
from brandlens.sentiment.models import registry as sentiment_registry
from brandlens.sentiment.train import Data, train

HOME = Path(__file__).resolve().parents[1]
SECTIONS = re.findall(
    r"^## (.+?)\n(.*?)(?=^## |\Z)", (HOME / "docs/extending.md").read_text(), re.MULTILINE | re.DOTALL
)
BLOCKS = {title: re.findall(r"```python\n(.*?)```", text, re.DOTALL) for title, text in SECTIONS}


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every registry as it was, after a test that adds to them."""
    for module, name in (
        (registry, "MODELS"), (sentiment_registry, "NETWORKS"), (classification, "METRICS"), (detection, "BOX_METRICS"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, dict(getattr(module, name)))
    monkeypatch.setattr(formats, "_formats", [*formats.BUILT_IN])
    yield
    sys.modules.pop("extension", None)


def run(title: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Run the block of a section as a module of its own."""
    (block,) = BLOCKS[title]
    module = ModuleType("extension")
    monkeypatch.setitem(sys.modules, "extension", module)
    exec(compile(block, f"docs/extending.md: {title}", "exec"), module.__dict__)
    return module


def test_every_section_has_a_test() -> None:
    assert set(BLOCKS) == {"A sentiment network", "A logo detector", "An annotation format", "A metric"}


@pytest.mark.usefixtures("clean")
def test_a_sentiment_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Reviews of word 2 are negative, those of word 3 positive."""
    run("A sentiment network", monkeypatch)
    labels = np.arange(64) % 2
    rows = [np.array([label + 2, 4 + index % 5], np.int32) for index, label in enumerate(labels)]
    vectors = np.random.default_rng(1).normal(size=(10, 6)).astype(np.float32)
    cfg = replace(
        config.load(HOME / "params.yaml").sentiment.train.bilstm, epochs=5, learning_rate=0.1, max_ngram=0,
        self_training_epochs=0, nb_log_ratio=0.0, ema_momentum=0.0, batch_size=8,
    )  # fmt: skip
    keras.utils.set_random_seed(1)
    model = train(Data(rows, labels, rows[:8], labels[:8], vectors), "bag_of_embeddings", cfg, tmp_path)
    logits = model.predict(np.stack(rows), verbose=0)["label"]
    np.testing.assert_array_equal(logits.argmax(axis=1), labels)


@pytest.mark.usefixtures("clean")
def test_a_logo_detector(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run("A logo detector", monkeypatch)
    pixels = np.full((48, 64, 3), 60, np.uint8)
    pixels[8:24, 10:30] = 250
    images.write(tmp_path / "lamp.png", pixels)
    inputs = StageInputs(tmp_path, tmp_path, tmp_path)
    monkeypatch.setattr(StageInputs, "read_pictures", lambda self, split: [Picture(tmp_path / "lamp.png", ())])
    cfg, bright = config.load(HOME / "params.yaml").logo, registry.find("bright")
    model = bright.train(cfg, inputs, tmp_path, seed=1, dtype_policy="float32")
    network = export.to_onnx(model)
    assert export.check_parity(model, network, bright.parity_inputs(cfg, inputs), atol=1e-5) < 1e-5
    session, settings = onnx_runtime.session(network, 1), bright.config(cfg, inputs)
    LogoDetector.from_session("bright", session, settings, 0.6, {}).save(tmp_path / "model", network)
    (lamp,) = LogoDetector.load(tmp_path / "model").detect(tmp_path / "lamp.png")
    assert (lamp.label, lamp.left, lamp.top, lamp.width, lamp.height) == ("lamp", 10, 8, 20, 16)


@pytest.mark.usefixtures("clean")
def test_an_annotation_format(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run("An annotation format", monkeypatch)
    pictures = [Picture(tmp_path / "a.png", (Box(1, 2, 3, 4, "cola"),))]
    annotations.write(tmp_path / "drinks.lines", pictures, "lines")
    assert dataset.detect_format(tmp_path / "drinks.lines") == "lines"
    assert annotations.read(tmp_path / "drinks.lines") == pictures
    assert main.call(["logo", "convert", str(tmp_path / "drinks.lines"), str(tmp_path / "drinks.json")]) == 0
    assert main.call(["logo", "convert", str(tmp_path / "drinks.json"), str(tmp_path / "again.lines")]) == 0
    assert (tmp_path / "again.lines").read_bytes() == (tmp_path / "drinks.lines").read_bytes()


@pytest.mark.usefixtures("clean")
def test_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    run("A metric", monkeypatch)
    y_true, y_pred = np.arange(40) % 2, (np.arange(40) % 4 == 1).astype(int)
    rows = LabelledRows(("no", "yes"), y_true, y_pred, np.arange(40), 40)
    assert compute(rows)["mcc"] == pytest.approx(np.corrcoef(y_true, y_pred)[0, 1])
    low, high = compute_intervals(rows)["mcc"]
    assert low < compute(rows)["mcc"] < high
    assert compute(detection.match_pictures([[]], [[]], ["cola"]))["ap75"] == 0.0
