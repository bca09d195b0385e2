"""A trained Keras network → ONNX, which the detector runs.

The conversion needs TensorFlow. Under another Keras backend it runs in a child process: this module as a program.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import onnx

from brandlens import onnx_runtime
from brandlens.errors import ModelError, run_program


def to_onnx(model: keras.Model) -> bytes:
    """Convert a network with a dict of outputs to ONNX, whatever Keras' backend.

    The input is called "picture", (n, h, w, 3) uint8, of any height and width where the network has none; the outputs
    have their Keras names. Raises ModelError where TensorFlow is missing.
    """
    if keras.backend.backend() == "tensorflow":
        return _convert(model)
    return _convert_in_child(model)


def _convert(model: keras.Model) -> bytes:
    signature = [keras.InputSpec(shape=(None, *model.input_shape[1:]), dtype="uint8")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.onnx")
        model.export(path, format="onnx", verbose=False, input_signature=signature)
        network = onnx.load(path)
    # the converter writes the outputs in the order of their sorted names
    outputs = {value.name: name for value, name in zip(network.graph.output, sorted(model.output), strict=True)}
    _rename(network, {network.graph.input[0].name: "picture", **outputs})
    return network.SerializeToString()


def _convert_in_child(model: keras.Model) -> bytes:
    """Convert in a process with TensorFlow as its backend, on the CPU: this one's may hold the accelerator's memory."""
    if importlib.util.find_spec("tensorflow") is None:
        raise ModelError(
            f"the export to ONNX needs TensorFlow, also where Keras runs on {keras.backend.backend()}: "
            "pip install 'brandlens[train]'"
        )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "model.keras"), Path(folder, "network.onnx")
        model.save(source)
        environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
        command = [sys.executable, "-m", "brandlens.logo.export", str(source), str(target)]
        child = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if child.returncode:
            reason = (child.stderr.strip().splitlines() or ["no message"])[-1]
            raise ModelError(f"the export to ONNX failed in its own process: {reason}")
        return target.read_bytes()


def _rename(network: onnx.ModelProto, names: dict[str, str]) -> None:
    for node in network.graph.node:
        for edges in (node.input, node.output):
            for index, edge in enumerate(edges):
                edges[index] = names.get(edge, edge)
    for value in (*network.graph.input, *network.graph.output):
        value.name = names.get(value.name, value.name)


def largest_difference(model: keras.Model, network: bytes, pictures: np.ndarray) -> float:
    """Return the largest difference between the probabilities of Keras and of ONNX Runtime on (n, h, w, 3) uint8."""
    expected = model.predict(pictures, batch_size=64, verbose=0)["label"]
    exported = onnx_runtime.session(network).run(["label"], {"picture": pictures})[0]
    return float(np.abs(expected - exported).max())


def check_parity(model: keras.Model, network: bytes, pictures: np.ndarray, atol: float) -> float:
    """Return `largest_difference`. Raises ModelError where it is more than `atol`, or no number."""
    difference = largest_difference(model, network, pictures)
    if not difference <= atol:
        raise ModelError(
            f"the exported network differs from Keras by {difference:.2g} on {len(pictures)} inputs; "
            f"logo.export.atol allows {atol:g}"
        )
    return difference


def main(arguments: Sequence[str] = tuple(sys.argv[1:])) -> None:
    """Convert one file to another: model.keras network.onnx."""
    source, target = arguments
    Path(target).write_bytes(to_onnx(keras.models.load_model(source)))


if __name__ == "__main__":
    run_program(main)
