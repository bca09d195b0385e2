"""Starting from an earlier model: which weights are carried over, what is refused, and what the next card tells."""

import hashlib
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import model_card, training
from brandlens.errors import ModelError


def network(num_classes: int, seed: int, filters: int = 3) -> keras.Model:
    """Features, and a head with a class each."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((2,))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(filters)(inputs))
    head = keras.layers.Dense(num_classes, bias_initializer="random_normal", name="label_scores")
    return keras.Model(inputs, {"label": head(x)})


def export(folder: Path, model: keras.Model, **provenance: object) -> Path:
    """Write a folder as the stages do, as far as a training reads it."""
    folder.mkdir()
    model.save(folder / training.WEIGHTS)
    model_card.write(folder, "logo", {"type": "fcn", "provenance": {"revision": "abc", **provenance}})
    return folder


@pytest.mark.parametrize(
    ("classes", "kept"),
    [
        pytest.param(("cola", "fizz"), {0: 0, 1: 1}, id="the same"),
        pytest.param(("fizz", "cola"), {0: 1, 1: 0}, id="in another order"),
        pytest.param(("new", "fizz"), {1: 1}, id="one of two"),
        pytest.param(("cola", "fizz", "new"), {0: 0, 1: 1}, id="one more"),
        pytest.param(("fizz",), {0: 1}, id="one less"),
        pytest.param(("new", "newer", "newest"), {}, id="all new"),
    ],
)
def test_classes_keep_their_weights_by_name(tmp_path: Path, classes: tuple[str, ...], kept: dict[int, int]) -> None:
    old, model, fresh = network(2, 1), network(len(classes), 2), network(len(classes), 2)
    start = training.read_start(export(tmp_path / "other", old), "logo")
    training.carry_over(start, model, ("cola", "fizz"), classes)
    for before, after in zip(old.layers[1:3], model.layers[1:3], strict=True):
        for one, other in zip(before.get_weights(), after.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    for before, after, new in zip(*(net.layers[-1].get_weights() for net in (old, model, fresh)), strict=True):
        for index in range(len(classes)):
            expected = before[..., kept[index]] if index in kept else new[..., index]
            np.testing.assert_array_equal(after[..., index], expected)


@pytest.mark.parametrize("other", ["wider", "deeper"])
def test_another_architecture_is_refused_and_nothing_is_changed(tmp_path: Path, other: str) -> None:
    start = training.read_start(export(tmp_path / "other", network(2, 1)), "logo")
    model = network(2, 2, filters=4)
    if other == "deeper":
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), model])
    before = model.get_weights()
    with pytest.raises(ModelError, match=r"model\.keras: another architecture"):
        training.carry_over(start, model, ("a", "b"), ("a", "b"))
    for one, values in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, values)


def test_no_model_to_start_from(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none: no model\.json here"):
        training.read_start(tmp_path / "none", "logo")
    folder = export(tmp_path / "other", network(1, 1))
    with pytest.raises(ModelError, match="not a sentiment model"):
        training.read_start(folder, "sentiment")
    (folder / training.WEIGHTS).write_bytes(b"")
    with pytest.raises(ModelError, match=r"model\.keras: not a saved network"):
        training.read_start(folder, "logo")
    (folder / training.WEIGHTS).unlink()
    with pytest.raises(ModelError, match=r"other: no model\.keras here, the weights.*logo-export"):
        training.read_start(folder, "logo")


def test_the_next_card_tells_of_all_before_it(tmp_path: Path) -> None:
    imagenet = {"name": "lite0", "source": "a package", "license": "Apache-2.0", "sha256": "0" * 64}
    start = training.read_start(export(tmp_path / "other", network(1, 1), pretrained=[imagenet]), "logo")
    first, second = start.pretrained()
    assert json.loads(json.dumps(vars(first))) == imagenet
    assert second.name.endswith("other, an earlier fcn")
    assert (second.source, second.license) == ("revision abc", "own")
    assert second.sha256 == hashlib.sha256(start.weights.read_bytes()).hexdigest()
