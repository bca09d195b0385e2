"""A trained Keras network → ONNX: what the classifier runs, and a variant with int8 weights.

Keras' own export is used, without a mask anywhere, so that each LSTM becomes ONNX's fused operator and not a `Loop`.
The alternative, a graph written by hand for each network (one bidirectional LSTM that gets the rows' lengths, a
third of the nodes), bought little. Reviews a second of Keras' graph and of that one, random weights, two cores that had
other work, best of 4 runs: `bilstm` of 64 units 3,105 and 3,149 (10 to 400 tokens), 1,853 and 1,829 (400 tokens);
`snowdon` of 256 units 1,274 and 1,324, 469 and 541; a bilstm of 6 units 6,819 and 7,787. Both within 6e-7 of Keras'
logits.
"""

from collections.abc import Callable, Collection, Sequence

import keras
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from brandlens import onnx_runtime
from brandlens.metrics.calibration import softmax
from brandlens.sentiment.batches import predict_logits
from brandlens.sentiment.models.ngrams import ROW
from brandlens.sentiment.text.vocabulary import pad_sequences
from brandlens.training import onnx_export

SIGNATURE = (keras.InputSpec(shape=(None, None), dtype="int32", name="tokens"),)
LARGE = 4096  # elements from which a weight is worth compressing


def to_onnx(model: keras.Model) -> bytes:
    """Return the network as ONNX: "tokens", (n, time) int32 as its own → "label", (n, labels) float32 logits."""
    return onnx_export.to_onnx(model, SIGNATURE)


def large_weights(network: bytes) -> list[str]:
    """Return the names of the float32 weights that are worth compressing, the largest first."""
    weights = [weight for weight in onnx.load_from_string(network).graph.initializer if _is_large(weight)]
    return [weight.name for weight in sorted(weights, key=lambda weight: -int(np.prod(weight.dims)))]


def compress(network: bytes, names: Collection[str] | None = None) -> bytes:
    """Return the network with large weights stored as int8, a scale for each of their rows: about a quarter the size.

    names: of the weights; None for all of `large_weights`. Only what is stored changes: ONNX Runtime turns the weights
    back into float32 when it loads the network, and computes as before. (Computing in int8 would scale a whole batch
    alike, so that a review's score would depend on the others.)
    """
    model = onnx.load_from_string(network)
    chosen = set(large_weights(network) if names is None else names)
    initializers, nodes = [], []
    for initializer in model.graph.initializer:
        if initializer.name not in chosen:
            initializers.append(initializer)
            continue
        stored, decoding = _int8(initializer)
        initializers += stored
        nodes += decoding
    nodes += model.graph.node
    for field, values in ((model.graph.initializer, initializers), (model.graph.node, nodes)):
        del field[:]
        field.extend(values)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def compress_within(network: bytes, is_accurate: Callable[[bytes], bool]) -> tuple[bytes, int]:
    """Return the network with as many of its large weights as int8 as `is_accurate` accepts, and how many that are.

    All of them are tried first, then all but the smallest, and so on; with none of them it is the network itself.
    """
    names = large_weights(network)
    for count in range(len(names), 0, -1):
        candidate = compress(network, names[:count])
        if is_accurate(candidate):
            return candidate, count
    return network, 0


def _is_large(weight: onnx.TensorProto) -> bool:
    return weight.data_type == TensorProto.FLOAT and int(np.prod(weight.dims)) >= LARGE


def _int8(initializer: onnx.TensorProto) -> tuple[list[onnx.TensorProto], list[onnx.NodeProto]]:
    """Return what stores a weight as int8, and the nodes that make the weight of it.

    A row is what the last axis holds; ROW values of a vector, such as the table of n-grams, which the converter
    flattens.
    """
    name, weight = initializer.name, numpy_helper.to_array(initializer)
    rows = weight.reshape(-1, ROW) if weight.ndim == 1 and weight.size % ROW == 0 else weight
    scale = np.maximum(np.abs(rows).max(axis=-1, keepdims=True), 1e-30) / np.float32(127)
    stored = {f"{name}.int8": np.round(rows / scale).astype(np.int8), f"{name}.scale": scale.astype(np.float32)}
    flat = rows.shape != weight.shape
    nodes = [
        helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [f"{name}.rows" if flat else name]),
    ]
    if flat:
        stored[f"{name}.shape"] = np.array(weight.shape, np.int64)
        nodes.append(helper.make_node("Reshape", [f"{name}.rows", f"{name}.shape"], [name]))
    return [numpy_helper.from_array(value, key) for key, value in stored.items()], nodes


def largest_difference(model: keras.Model, network: bytes, rows: Sequence[np.ndarray]) -> float:
    """Return the largest difference between the probabilities of Keras and of ONNX Runtime.

    rows: (t,) int32 token ids of each review.
    """
    if not len(rows):
        return 0.0
    exported = onnx_runtime.session(network).run(["label"], {"tokens": pad_sequences(rows)})[0]
    return float(np.abs(softmax(predict_logits(model, rows)) - softmax(exported)).max())


def check_parity(model: keras.Model, network: bytes, rows: Sequence[np.ndarray], atol: float) -> float:
    """Return `largest_difference`. Raises ModelError where it is more than `atol`, or no number."""
    difference = largest_difference(model, network, rows)
    return onnx_export.check_difference(difference, len(rows), atol, "sentiment.export.atol")
