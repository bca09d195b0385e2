"""docs/extending.md: every block runs, and what it adds is used like what was there."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import keras
import numpy as np
import pytest

from brandlens import annotations, images
from brandlens.annotations import Picture, dataset, formats
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.errors import AnnotationError
from brandlens.logo.detectors import registry
from brandlens.logo.detectors.base import StageInputs
from brandlens.metrics import classification, detection
from brandlens.metrics.classification import LabelledRows
from brandlens.metrics.registry import compute, compute_intervals
from brandlens.sentiment.models import registry as sentiment_registry

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
    """Run the blocks of a section, in the project's folder, as a module of its own."""
    monkeypatch.chdir(HOME)
    module = ModuleType("extension")
    monkeypatch.setitem(sys.modules, "extension", module)
    for block in BLOCKS[title]:
        exec(compile(block, f"docs/extending.md: {title}", "exec"), module.__dict__)
    return module


def test_every_section_has_a_test() -> None:
    assert set(BLOCKS) == {"A sentiment network", "A logo detector", "An annotation format", "A metric"}


@pytest.mark.usefixtures("clean")
def test_a_sentiment_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Reviews of word 2 are negative, those of word 3 positive."""
    module = run("A sentiment network", monkeypatch)
    labels = np.arange(64) % 2
    rows = [np.array([label + 2, 4 + index % 5], np.int32) for index, label in enumerate(labels)]
    vectors = np.random.default_rng(1).normal(size=(10, 6)).astype(np.float32)
    keras.utils.set_random_seed(1)
    model = module.train_it(rows, labels, vectors, tmp_path)
    logits = model.predict(np.stack(rows), verbose=0)["label"]
    np.testing.assert_array_equal(logits.argmax(axis=1), labels)


@pytest.mark.usefixtures("clean")
def test_a_logo_detector(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = run("A logo detector", monkeypatch)
    pixels = np.full((48, 64, 3), 60, np.uint8)
    pixels[8:24, 10:30] = 250
    images.write(tmp_path / "lit.png", pixels)
    annotations.write(tmp_path / "val.xml", [Picture(tmp_path / "lit.png", (Box(10, 8, 20, 16, "lamp"),))])
    detector = module.train_and_export(tmp_path, StageInputs(tmp_path, tmp_path / "crops", tmp_path / "crops.npz"))
    (found,) = detector.detect(tmp_path / "lit.png")
    assert (found.label, found.left, found.top, found.width, found.height) == ("lamp", 10, 8, 20, 16)


@pytest.mark.usefixtures("clean")
def test_an_annotation_format(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run("An annotation format", monkeypatch)
    pictures = [Picture(tmp_path / "a.png", (Box(1, 2, 3, 4, "cola"),)), Picture(tmp_path / "b.png", ())]
    annotations.write(tmp_path / "drinks.lines", pictures, "lines")
    assert dataset.detect_format(tmp_path / "drinks.lines") == "lines"
    assert annotations.read(tmp_path / "drinks.lines") == pictures
    assert main.call(["logo", "convert", str(tmp_path / "drinks.lines"), str(tmp_path / "drinks.json")]) == 0
    assert main.call(["logo", "convert", str(tmp_path / "drinks.json"), str(tmp_path / "again.lines")]) == 0
    assert (tmp_path / "again.lines").read_bytes() == (tmp_path / "drinks.lines").read_bytes()
    with pytest.raises(AnnotationError, match="no place for"):
        annotations.write(
            tmp_path / "x.lines", [Picture(tmp_path / "a.png", (Box(1, 2, 3, 4, "a", ignore=True),))], "lines"
        )


@pytest.mark.usefixtures("clean")
def test_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    run("A metric", monkeypatch)
    y_true, y_pred = np.arange(40) % 2, (np.arange(40) % 4 == 1).astype(int)
    rows = LabelledRows(("no", "yes"), y_true, y_pred, np.arange(40), 40)
    assert compute(rows)["mcc"] == pytest.approx(np.corrcoef(y_true, y_pred)[0, 1])
    low, high = compute_intervals(rows)["mcc"]
    assert low < compute(rows)["mcc"] < high
    assert compute(detection.match_pictures([[]], [[]], ["cola"]))["ap75"] == 0.0
