"""docs/from-scratch.md: every block runs, and comes to what the page says."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import matplotlib as mpl
import numpy as np
import pytest

from brandlens import images

HOME = Path(__file__).resolve().parents[1]
PAGE = HOME / "docs" / "from-scratch.md"
PICTURES = re.findall(r"\]\((images/from-scratch-[\w-]+\.png)\)", PAGE.read_text(encoding="utf-8"))
ROUNDING = 1e-12 if keras.backend.backend() == "tensorflow" else 1e-6  # elsewhere part of a step is float32


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The names that the blocks of the page leave behind, run in an empty folder with docs/images."""
    folder, before, drawing = tmp_path_factory.mktemp("page"), Path.cwd(), mpl.get_backend()
    (folder / "docs" / "images").mkdir(parents=True)
    os.chdir(folder)
    names: dict[str, Any] = {"folder": folder / "docs"}
    try:
        for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
            exec(compile(block, str(PAGE), "exec"), names)
        yield names
    finally:
        os.chdir(before)
        mpl.use(drawing)


def test_a_perceptron_fails_at_xor_alone(page: dict[str, Any]) -> None:
    assert page["right"]["AND"] == page["right"]["OR"] == 4
    assert page["right"]["XOR"] < 4


def test_two_layers_learn_it(page: dict[str, Any]) -> None:
    np.testing.assert_allclose(page["output"][:, 0], page["XOR"], atol=0.05)


@pytest.mark.parametrize("name", ["dense_difference", "convolution_difference"])
def test_gradients_are_those_of_keras(page: dict[str, Any], name: str) -> None:
    assert page[name] < ROUNDING


def test_gradients_are_not_zero(page: dict[str, Any]) -> None:
    """So that agreeing on them says something."""
    ours = page["cnn_gradients"](page["cnn"].get_weights(), page["pictures"].astype(np.float64), page["targets"])
    assert min(np.abs(gradient).max() for gradient in ours) > 0.01


def test_figures_are_those_of_the_page(page: dict[str, Any]) -> None:
    """Roughly: another processor rounds otherwise, and training is sensitive to that."""
    assert page["accuracy"] == pytest.approx(0.974, abs=0.02)
    assert page["confidence"].mean() == pytest.approx(0.985, abs=0.02)
    assert page["gap"] < 0.03
    assert page["scores"][0] < 0.5
    assert page["scores"][1] > 0.98
    assert page["calibrated"] > 0.9
    assert page["far"] > 1.2 * page["usual"].max()
    np.testing.assert_allclose([page["changes"][0], page["changes"][-1]], [0.19, 0.44], atol=0.06)
    assert page["background"].min() > 0.9
    assert page["still_right"] == pytest.approx(0.964, abs=0.02)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_the_page_are_those_that_its_code_draws(page: dict[str, Any], name: str) -> None:
    drawn, shown = (images.read(folder / name).astype(float) for folder in (page["folder"], PAGE.parent))
    assert drawn.shape == shown.shape
    assert np.abs(drawn - shown).mean() < 12  # of 255: fonts differ, and noise that was trained on


def test_every_picture_is_shown(page: dict[str, Any]) -> None:
    assert sorted(PICTURES) == sorted(f"images/{path.name}" for path in (page["folder"] / "images").iterdir())
