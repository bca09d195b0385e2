"""A trained Keras network → ONNX: what the detector runs."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import onnx

from brandlens import onnx_runtime


def to_onnx(model: keras.Model) -> bytes:
    """The network as ONNX, inputs and outputs named as their users want them. Any picture size where it has none."""
    shape = (None, *model.input_shape[1:])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.onnx")
        signature = [keras.InputSpec(shape=shape, dtype="uint8")]
        model.export(path, format="onnx", verbose=False, input_signature=signature)
        network = onnx.load(path)
    _rename(network, {network.graph.input[0].name: "picture", **_outputs(model, network)})
    return network.SerializeToString()


def _outputs(model: keras.Model, network: onnx.ModelProto) -> dict[str, str]:
    """Which of the file's outputs is which of the model's: the converter writes them in the order of sorted names."""
    return {made.name: name for made, name in zip(network.graph.output, sorted(model.output), strict=True)}


def _rename(network: onnx.ModelProto, names: dict[str, str]) -> None:
    for node in network.graph.node:
        for edges in (node.input, node.output):
            for at, edge in enumerate(edges):
                edges[at] = names.get(edge, edge)
    for value in (*network.graph.input, *network.graph.output):
        value.name = names.get(value.name, value.name)


def largest_difference(model: keras.Model, network: bytes, pictures: np.ndarray) -> float:
    """The largest difference between the probabilities of Keras and of ONNX Runtime on (n, h, w, 3) uint8."""
    expected = model.predict(pictures, batch_size=64, verbose=0)["label"]
    exported = onnx_runtime.session(network).run(["label"], {"picture": pictures})[0]
    return float(np.abs(expected - exported).max())
