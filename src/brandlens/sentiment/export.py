"""A trained Keras network → ONNX: what the classifier runs, with the fused LSTM operator and without a `Loop`.

The graph is written from the weights and not converted: one operator reads both ways and knows how long each row is, so
it needs no reversed copy; and a network can be exported from any Keras backend.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from brandlens import onnx_runtime
from brandlens.sentiment.models.layers import HashedNgrams
from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN, pad_sequences

OPSET, IR = 17, 8  # what ONNX Runtime 1.13 and newer read
END = np.iinfo(np.int64).max  # of a slice: as far as there is anything
LARGE = 4096  # numbers from which a weight is worth compressing


class Graph:
    """ONNX operators and constants, as they are added."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}

    def add(
        self, operator: str, result: str, *inputs: str | np.ndarray, output: int = 0, more: int = 0, **options: Any
    ) -> str:
        """An operator on named results and on constants; returns `result`, the name of the output of that number.

        more: outputs behind that one, which nobody reads.
        """
        names = [each if isinstance(each, str) else f"{result}:{at}" for at, each in enumerate(inputs)]
        given = zip(names, inputs, strict=True)
        self.constants |= {name: np.asarray(each) for name, each in given if not isinstance(each, str)}
        outputs = [""] * output + [result] + [f"{result}.more{at}" for at in range(more)]
        self.nodes.append(helper.make_node(operator, names, outputs, name=result, **options))
        return result

    def lengths(self, result: str, tokens: str, keepdims: int = 0) -> str:
        """How many of each row's (n, time) tokens are not padding, at least 1: (n,) or (n, 1) int32."""
        there = self.add("Not", f"{result}.there", self.add("Equal", f"{result}.padding", tokens, np.int32(PAD)))
        numbers = self.add("Cast", f"{result}.numbers", there, to=TensorProto.INT32)
        count = self.add("ReduceSum", f"{result}.count", numbers, np.array([1]), keepdims=keepdims)
        return self.add("Max", result, count, np.int32(1))  # a segment that is all padding counts for nothing anyway

    def segments(self, result: str, tokens: str, length: int) -> str:
        """As layers.Segments."""
        if not length:
            return tokens
        time = self.add("Shape", f"{result}.time", tokens, start=1)
        part = self.add("Min", f"{result}.length", time, np.array([length]))
        up = self.add("Add", f"{result}.up", time, self.add("Sub", f"{result}.less", part, np.array([1])))
        count = self.add("Div", f"{result}.segments", up, part)
        spare = self.add("Sub", f"{result}.spare", self.add("Mul", f"{result}.whole", count, part), time)
        ends = self.add("Concat", f"{result}.ends", np.array([0, 0, 0]), spare, axis=0)
        filled = self.add("Pad", f"{result}.padded", tokens, ends, np.int32(PAD))
        shape = self.add("Concat", f"{result}.shape", np.array([-1]), part, axis=0)
        return self.add("Reshape", result, filled, shape)

    def lstm(self, result: str, model: keras.Model, tokens: str, *ways: str, output: int) -> str:
        """The model's LSTMs over (n, time) tokens, the second of two backwards.

        output: 0 for all states, (time, ways, n, units), 1 for the last ones, (ways, n, units).
        """
        vectors = self.add("Gather", f"{result}.vectors", *model.get_layer("vectors").get_weights(), tokens)
        steps = self.add("Transpose", f"{result}.steps", vectors, perm=[1, 0, 2])
        each = [[_gates(weight) for weight in model.get_layer(way).get_weights()] for way in ways]
        kernel, recurrent, bias = (np.stack(weights) for weights in zip(*each, strict=True))
        bias = np.concatenate([bias, np.zeros_like(bias)], axis=1)  # Keras has one for both, ONNX one for each
        lengths = self.lengths(f"{result}.lengths", tokens)
        direction = "bidirectional" if len(ways) == 2 else "forward"
        return self.add(
            "LSTM", result, steps, kernel, recurrent, bias, lengths,
            output=output, hidden_size=recurrent.shape[2], direction=direction,
        )  # fmt: skip

    def slice(self, result: str, rows: str, start: int, end: int = END) -> str:
        """(n, time) → its columns from start to end."""
        return self.add("Slice", result, rows, *(np.array([each]) for each in (start, end, 1)))

    def grams(self, result: str, layer: HashedNgrams, tokens: str) -> str:
        """As the layer."""
        codes, table, bias = layer.get_weights()
        there = self.add("Greater", f"{result}.known", tokens, np.int32(UNKNOWN))
        known, total, numbers = there, "", []
        for place, code in enumerate(codes):
            name = f"{result}.{place + 1}"
            word = self.add("Gather", f"{name}.code", code, tokens)
            if place:
                last = self.slice(f"{name}.last", known, place)
                there = self.add("And", f"{name}.there", self.slice(f"{name}.before", there, 0, -1), last)
                word = self.slice(f"{name}.word", word, place)
                word = self.add("Add", f"{name}.total", self.slice(f"{name}.sum", total, 0, -1), word)
            total = word
            bucket = self.add("Mod", f"{name}.bucket", total, np.int32(layer.buckets))
            numbers.append(self.add("Where", name, there, bucket, np.int32(layer.buckets)))
        every = self.add("Concat", f"{result}.every", *numbers, axis=1)
        count = self.add("Shape", f"{result}.count", every, start=1)
        rising = self.add("TopK", f"{result}.rising", every, count, more=1, largest=0)
        ends = np.array([0, 1, 0, 0])
        before = self.slice(f"{result}.left", self.add("Pad", f"{result}.shifted", rising, ends, np.int32(-1)), 0, -1)
        first = self.add("Not", f"{result}.first", self.add("Equal", f"{result}.again", rising, before))
        inside = self.add("Less", f"{result}.inside", rising, np.int32(layer.buckets))
        flat = self.add("Reshape", f"{result}.flat", table, np.array([-1]))
        bucket = self.add("Min", f"{result}.bucket", rising, np.int32(layer.buckets - 1))
        weights = self.add("Gather", f"{result}.weights", flat, bucket)
        counted = self.add("And", f"{result}.counted", first, inside)
        kept = self.add("Where", f"{result}.kept", counted, weights, np.float32(0))
        total = self.add("ReduceSum", f"{result}.sum", kept, np.array([1]))
        odds = self.add("Add", f"{result}.odds", total, bias)
        return self.add("Mul", result, odds, np.array([[-0.5, 0.5]], np.float32))


def _gates(weight: np.ndarray) -> np.ndarray:
    """Keras' (inputs, 4 * units) or (4 * units,): input, forget, cell, output → ONNX's: input, output, forget, cell."""
    entry, forget, cell, out = np.split(weight.T, 4)
    return np.concatenate([entry, out, forget, cell])


def _pooled(graph: Graph, model: keras.Model) -> None:
    cut = graph.segments("segments", "tokens", model.get_layer("segments").length)
    states = graph.lstm("states", model, cut, "ahead", "back", output=0)
    rows = graph.add("Transpose", "rows", states, perm=[2, 0, 1, 3])  # time, ways, n, units → n, time, ways, units
    empty = graph.add("Unsqueeze", "empty", graph.add("Equal", "padding", cut, np.int32(PAD)), np.array([2, 3]))
    features = np.array([-1, 2 * model.get_layer("ahead").units])
    review = graph.add("Concat", "review", graph.add("Shape", "n", "tokens", end=1), features, axis=0)
    largest, total = (
        graph.add("Reshape", name, graph.add("Where", f"{name}.there", empty, np.float32(other), rows), review)
        for name, other in (("largest", -1), ("total", 0))
    )
    count = graph.add("Cast", "count", graph.lengths("lengths", "tokens", keepdims=1), to=TensorProto.FLOAT)
    mean = graph.add("Div", "mean", graph.add("ReduceSum", "sum", total, np.array([1]), keepdims=0), count)
    both = graph.add("Concat", "both", graph.add("ReduceMax", "max", largest, axes=[1], keepdims=0), mean, axis=1)
    _label(graph, model, both)


def _talk(graph: Graph, model: keras.Model) -> None:
    last = graph.lstm("last", model, "tokens", "ahead", output=1)
    state = graph.add("Squeeze", "state", last, np.array([0]))
    _label(graph, model, state)


def _label(graph: Graph, model: keras.Model, features: str) -> None:
    """The logits: of (n, features), or where n-grams are counted beside them the mean of both."""
    weights = model.get_layer("label").get_weights()
    beside = [layer for layer in model.layers if isinstance(layer, HashedNgrams)]
    if not beside:
        graph.add("Gemm", "label", features, *weights)
        return
    both = graph.add("Gemm", "read", features, *weights), graph.grams("grams", *beside, "tokens")
    graph.add("Mean", "label", *both)


WRITERS = {"pooled": _pooled, "talk": _talk}


def to_onnx(model: keras.Model) -> bytes:
    """The network as ONNX: "tokens", (n, time) int32 as the network's own → "label", (n, 2) float32 logits."""
    graph = Graph()
    WRITERS[model.name](graph, model)
    made = helper.make_graph(
        graph.nodes,
        model.name,
        [helper.make_tensor_value_info("tokens", TensorProto.INT32, ("n", "time"))],
        [helper.make_tensor_value_info("label", TensorProto.FLOAT, ("n", 2))],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in graph.constants.items()],
    )
    network = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(network)
    return network.SerializeToString()


def compress(network: bytes) -> bytes:
    """The same network with its large weights as int8, a scale for each of their rows: about a quarter of the size.

    Only what is stored changes: ONNX Runtime turns the weights back into float32 when it loads the network, and reckons
    as before. (Reckoning in int8 would scale a whole batch alike, so that a review's score would depend on the others.)
    """
    model = onnx.load_from_string(network)
    kept, nodes = [], []
    for constant in model.graph.initializer:
        weight = numpy_helper.to_array(constant)
        if weight.dtype != np.float32 or weight.size < LARGE:
            kept.append(constant)
            continue
        name = constant.name
        scale = np.maximum(np.abs(weight).max(axis=-1, keepdims=True), 1e-30) / np.float32(127)
        stored = {f"{name}.int8": np.round(weight / scale).astype(np.int8), f"{name}.scale": scale}
        kept += [numpy_helper.from_array(value, key) for key, value in stored.items()]
        nodes += [
            helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [name]),
        ]
    nodes += model.graph.node
    for field, values in ((model.graph.initializer, kept), (model.graph.node, nodes)):
        del field[:]
        field.extend(values)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def largest_difference(model: keras.Model, network: bytes, rows: Sequence[np.ndarray]) -> float:
    """The largest difference between the probabilities of Keras and of ONNX Runtime on reviews of (n,) int32 tokens."""
    tokens = pad_sequences(rows)
    logits = (
        model.predict(tokens, batch_size=64, verbose=0)["label"],
        onnx_runtime.session(network).run(["label"], {"tokens": tokens})[0],
    )
    expected, exported = (1 / (1 + np.exp(each[:, 0] - each[:, 1])) for each in logits)
    return float(np.abs(expected - exported).max())
