"""Convert a trained Keras network to ONNX, on whatever backend Keras runs.

Keras converts through TensorFlow: in this process where that is the backend and there is no GPU, else in a child
process, `python -m brandlens.training.onnx_export IN.keras OUT.onnx SIGNATURE`, that sees no GPU (on one, TensorFlow
would trace cuDNN's LSTM, which ONNX has no operator for).
"""

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import onnx

from brandlens.errors import ModelError
from brandlens.training.precision import has_accelerator

CHILD = {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}  # its environment


def to_onnx(model: keras.Model, input_signature: Sequence[keras.InputSpec]) -> bytes:
    """Return the network as ONNX, its inputs named as in the signature and its outputs as in the model.

    model: one whose outputs are a dict, in float32 in every layer. input_signature: shape, dtype and name of each
    input; a None in a shape is a dimension of any size ("batch" for the first one). Raises ModelError where the child
    process fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "model.keras"), Path(folder, "network.onnx")
        if keras.backend.backend() == "tensorflow" and not has_accelerator():
            _convert(model, input_signature, target)
        else:
            model.save(source)
            _convert_in_child(source, input_signature, target)
        network = onnx.load(target)
    _sort(network.graph)
    network.graph.doc_string = ""  # names a function of this process
    _name(network, input_signature, sorted(model.output))  # the converter sorts the outputs by their names
    return network.SerializeToString()


def check_difference(difference: float, count: int, atol: float, key: str) -> float:
    """Return the largest difference of probabilities between Keras and ONNX Runtime on so many inputs.

    key: of `atol` in params.yaml. Raises ModelError where the difference is more than that, or no number.
    """
    if not difference <= atol:
        raise ModelError(
            f"the exported network differs from Keras by {difference:.2g} on {count} inputs; {key} allows {atol:g}"
        )
    return difference


def _convert(model: keras.Model, input_signature: Sequence[keras.InputSpec], target: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Keras asks NumPy for a name that it is to have again
        model.export(target, format="onnx", verbose=False, input_signature=list(input_signature))


def _convert_in_child(source: Path, input_signature: Sequence[keras.InputSpec], target: Path) -> None:
    if importlib.util.find_spec("tensorflow") is None:
        raise ModelError(
            f"the export to ONNX needs TensorFlow, also where Keras runs on {keras.backend.backend()}: "
            'pip install "brandlens[train]"'
        )
    specs = [{"shape": spec.shape, "dtype": spec.dtype, "name": spec.name} for spec in input_signature]
    command = [sys.executable, "-m", __spec__.name, str(source), str(target), json.dumps(specs)]
    environment = {**os.environ, **CHILD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    child = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if child.returncode:
        reason = (child.stderr.strip().splitlines() or [f"exit code {child.returncode}"])[-1]
        raise ModelError(f"the network cannot be converted to ONNX: {reason}")


def _sort(graph: onnx.GraphProto) -> None:
    """Put nodes and weights into the order in which the outputs need them, and number their names so, in place.

    The converter's order and names differ from run to run; the same network is to give the same bytes. A graph with
    loops or branches, whose bodies refer to names outside of them, is left as it is.
    """
    if any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
        return
    nodes = _in_order_of_need(graph)
    weights = {weight.name: weight for weight in graph.initializer}
    used = [weights[edge] for edge in dict.fromkeys(edge for node in nodes for edge in node.input) if edge in weights]
    names = {weight.name: f"weight_{index}" for index, weight in enumerate(used)}
    for index, node in enumerate(nodes):
        node.name = f"{node.op_type}_{index}"
        names |= {edge: node.name + (f"_{slot}" if slot else "") for slot, edge in enumerate(node.output) if edge}
    names |= {value.name: value.name for value in (*graph.input, *graph.output)}
    for weight in used:
        weight.name = names[weight.name]
    for node in nodes:
        for edges in (node.input, node.output):
            edges[:] = [names[edge] if edge else "" for edge in edges]
    for field, values in ((graph.node, nodes), (graph.initializer, used), (graph.value_info, [])):
        copies = [type(value).FromString(value.SerializeToString()) for value in values]
        del field[:]
        field.extend(copies)


def _in_order_of_need(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the nodes that the outputs need, each after those whose results it takes."""
    producers = {edge: node for node in graph.node for edge in node.output if edge}
    nodes: list[onnx.NodeProto] = []
    made: set[str] = set()  # by `nodes`
    pending = [value.name for value in reversed(graph.output)]
    while pending:
        node = producers.get(pending[-1])
        missing = [edge for edge in node.input if edge in producers and edge not in made] if node else []
        if missing:
            pending += reversed(missing)
            continue
        if node and pending[-1] not in made:
            made.update(node.output)
            nodes.append(node)
        pending.pop()
    return nodes


def _name(network: onnx.ModelProto, input_signature: Sequence[keras.InputSpec], outputs: Sequence[str]) -> None:
    """Give inputs, outputs and their dimensions of any size the names that users read, in place."""
    graph = network.graph
    specs = list(input_signature)
    names = {value.name: spec.name for value, spec in zip(graph.input, specs, strict=True)}
    names |= {value.name: name for value, name in zip(graph.output, outputs, strict=True)}
    for node in graph.node:
        for edges in (node.input, node.output):
            for index, edge in enumerate(edges):
                edges[index] = names.get(edge, edge)
    for value in (*graph.input, *graph.output):
        value.name = names[value.name]
        for axis, dimension in enumerate(value.type.tensor_type.shape.dim):
            if not dimension.HasField("dim_value"):
                dimension.dim_param = "batch" if axis == 0 else f"{value.name}_{axis}"


def _custom_modules(content: Any) -> Iterator[str]:
    """Yield the modules outside Keras whose classes a saved model's configuration names."""
    if isinstance(content, dict):
        module = content.get("module")
        if isinstance(module, str) and module.split(".")[0] not in ("keras", "builtins"):
            yield module
    for item in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from _custom_modules(item)


def main(source: str, target: str, signature: str) -> None:
    """Convert a saved model: what the child process does. Importing a layer's module registers it with Keras."""
    with zipfile.ZipFile(source) as archive:
        configuration = json.loads(archive.read("config.json"))
    for module in dict.fromkeys(_custom_modules(configuration)):
        importlib.import_module(module)
    specs = [keras.InputSpec(**spec) for spec in json.loads(signature)]
    _convert(keras.saving.load_model(source, compile=False), specs, Path(target))


if __name__ == "__main__":
    main(*sys.argv[1:])
