"""A trained Keras network → ONNX, which the detector runs."""

import keras
import numpy as np

from brandlens import onnx_runtime
from brandlens.training import onnx_export


def to_onnx(model: keras.Model) -> bytes:
    """Convert a network with a dict of outputs to ONNX, whatever Keras' backend.

    The input is called "picture", (n, h, w, 3) uint8, of any height and width where the network has none; the outputs
    have their Keras names. Raises ModelError where it cannot be converted.
    """
    return onnx_export.to_onnx(
        model, [keras.InputSpec(shape=(None, *model.input_shape[1:]), dtype="uint8", name="picture")]
    )


def largest_difference(model: keras.Model, network: bytes, pictures: np.ndarray) -> float:
    """Return the largest difference between the probabilities of Keras and of ONNX Runtime on (n, h, w, 3) uint8."""
    expected = model.predict(pictures, batch_size=64, verbose=0)["label"]
    exported = onnx_runtime.session(network).run(["label"], {"picture": pictures})[0]
    return float(np.abs(expected - exported).max())


def check_parity(model: keras.Model, network: bytes, pictures: np.ndarray, atol: float) -> float:
    """Return `largest_difference`. Raises ModelError where it is more than `atol`, or no number."""
    difference = largest_difference(model, network, pictures)
    return onnx_export.check_difference(difference, len(pictures), atol, "logo.export.atol")
