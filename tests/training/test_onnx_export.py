"""A Keras network as ONNX: the same numbers and names, converted here or in a child process."""

import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import onnx_runtime
from brandlens.errors import ModelError
from brandlens.sentiment.models.layers import ReverseSequence  # registered with Keras by importing its module
from brandlens.training import onnx_export
from brandlens.training.onnx_export import to_onnx

SIGNATURE = [keras.InputSpec(shape=(None, None), dtype="int32", name="ids")]
IDS = np.array([[1, 2, 3], [4, 5, 0]], np.int32)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """An LSTM over rows that a layer of ours reverses, with two outputs that are not in alphabetical order."""
    keras.utils.set_random_seed(1)
    ids = keras.Input((None,), dtype="int32", name="tokens")
    x = ReverseSequence()(keras.layers.Embedding(6, 4)(ids), ids)
    x = keras.layers.LSTM(3)(x)
    return keras.Model(ids, {"second": keras.layers.Dense(2)(x), "first": keras.layers.Dense(5)(x)})


@pytest.mark.parametrize("child", [False, True], ids=["in this process", "in a child process"])
def test_names_and_numbers(model: keras.Model, child: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "has_accelerator", lambda: child)
    session = onnx_runtime.session(to_onnx(model, SIGNATURE), 1)
    shapes = {value.name: (value.type, value.shape) for value in (*session.get_inputs(), *session.get_outputs())}
    assert shapes == {
        "ids": ("tensor(int32)", ["batch", "ids_1"]),
        "first": ("tensor(float)", ["batch", 5]),
        "second": ("tensor(float)", ["batch", 2]),
    }
    exported = dict(zip(("first", "second"), session.run(["first", "second"], {"ids": IDS}), strict=True))
    for name, expected in model(IDS).items():
        np.testing.assert_allclose(exported[name], keras.ops.convert_to_numpy(expected), atol=1e-5)


def test_a_child_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of its traceback; this child does not load TensorFlow first."""
    source, child = tmp_path / "model.keras", tmp_path / "python"
    source.write_bytes(b"no model")
    program = "import sys, zipfile; zipfile.ZipFile(sys.argv[3])"
    child.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{program}" "$@"\n')
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    with pytest.raises(ModelError, match=r"cannot be converted to ONNX: zipfile\.BadZipFile: File is not a zip file"):
        onnx_export._convert_in_child(source, SIGNATURE, tmp_path / "network.onnx")
    with pytest.raises(zipfile.BadZipFile):  # as the real one does
        onnx_export.main(str(source), str(tmp_path / "network.onnx"), "[]")


def test_the_same_network_gives_the_same_bytes(model: keras.Model) -> None:
    assert to_onnx(model, SIGNATURE) == to_onnx(model, SIGNATURE)


def test_without_tensorflow_the_mend_is_named(model: keras.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(onnx_export.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"needs TensorFlow, also where Keras runs on jax: pip install"):
        onnx_export.to_onnx(model, [keras.InputSpec(shape=(None, None), dtype="int32", name="tokens")])
