"""logo.train.start_from: none, another model, and what is reported of the labels."""

from dataclasses import replace
from pathlib import Path

import keras
import pytest

from brandlens import config, model_card, training
from brandlens.config.logo import Train
from brandlens.errors import ModelError
from brandlens.logo.detectors import warm_start

PARAMS = Path(__file__).parents[3] / "params.yaml"


@pytest.fixture(scope="module")
def section() -> Train:
    return replace(config.load(PARAMS).logo.train, model="one_stage")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A detector of cola and fizz, as far as it is read: the head of a network."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, name="label_logits_8")])
    model.layers[-1].bias.assign([1.0, 2.0])
    model.save(tmp_path / training.WEIGHTS)
    model_card.write(tmp_path, "logo", {"type": "one_stage", "detector": {"labels": ["cola", "fizz"]}})
    return tmp_path


def test_from_scratch(section: Train) -> None:
    assert warm_start.read(section) is None
    assert warm_start.initializer(section, ("cola",), lambda card: card["labels"], background=False) is None


@pytest.mark.parametrize("background", [False, True])
def test_labels_are_carried_over(
    section: Train, folder: Path, background: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    cfg = replace(section, start_from=str(folder))
    old = ["fizz"] if background else ["cola", "fizz"]  # with a background, the first class is that
    initialize = warm_start.initializer(cfg, ("new", "fizz"), lambda _: old, background=background)
    size = 2 + background
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(size, name="label_logits_8")])
    initialize(model)
    assert model.get_weights()[1].tolist() == ([1.0, 0.0, 2.0] if background else [0.0, 2.0])
    printed = capsys.readouterr().out
    assert f"starts from {folder}; labels carried over: fizz; new: new" in printed
    assert ("no training box has" in printed) == (not background)


def test_another_model_is_refused(section: Train, folder: Path) -> None:
    cfg = replace(section, start_from=str(folder), model="fcn")
    with pytest.raises(ModelError, match=r"holds a one_stage, but logo\.train\.model is fcn"):
        warm_start.read(cfg)
    with pytest.raises(ModelError, match="another content"):
        warm_start.initializer(replace(cfg, model="one_stage"), ("a",), lambda card: card["window"], background=True)
