"""Requests and answers of the Open Inference Protocol v2: tensors as JSON, or with the binary data extension.

https://github.com/kserve/open-inference-protocol, and Triton's extension_binary_data.md.
"""

import base64
import binascii
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FORMATS = {"INT32": "<i4", "FP64": "<f8"}  # of tensors of numbers, beside BYTES
MAX_ELEMENTS = 100_000  # of an input
VERSION = "1"  # of each model: a service has one


@dataclass(frozen=True)
class Tensor:
    """An output. datatype: BYTES, whose values are str, INT32 or FP64. values: flat, by rows."""

    name: str
    datatype: str
    shape: Sequence[int]
    values: Sequence[Any]


@dataclass(frozen=True)
class InferRequest:
    """What a request asks for.

    inputs: the elements of each BYTES tensor, str where they came as JSON. outputs: whether each that is wanted comes
    as binary data; empty for all. binary: whether outputs that say nothing of it do.
    """

    id: str | None
    inputs: Mapping[str, Sequence[str | bytes]]
    outputs: Mapping[str, bool]
    binary: bool
    parameters: Mapping[str, Any]


def parse(body: bytes, header_length: str | None) -> InferRequest:
    """Parse the body of a request. header_length: as in Inference-Header-Content-Length. Raises ValueError."""
    size = len(body)
    if header_length is not None:
        if not (header_length.isascii() and header_length.isdecimal()) or int(header_length) > len(body):
            raise ValueError("Inference-Header-Content-Length is no number of bytes of the body")
        size = int(header_length)
    try:
        content = json.loads(body[:size].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    header, binary = _mapping(content, "the request"), memoryview(body)[size:]
    inputs = dict[str, Sequence[str | bytes]]()
    for index, item in enumerate(_list(header.get("inputs"), "inputs")):
        place = f"inputs[{index}]"
        tensor = _mapping(item, place)
        name, num_elements = _text(tensor.get("name"), f"{place}.name"), _num_elements(tensor, place)
        if tensor.get("datatype") != "BYTES":
            raise ValueError(f"{place}.datatype is not BYTES")
        length = _parameters(tensor, place).get("binary_data_size")
        if length is None:
            inputs[name] = _flatten(tensor.get("data"), f"{place}.data")
        elif not isinstance(length, int) or not 0 <= length <= len(binary):
            raise ValueError(f"{place}: binary_data_size is not the size of what follows the JSON")
        else:
            inputs[name], binary = _split(binary[:length], place), binary[length:]
        if len(inputs[name]) != num_elements:
            raise ValueError(f"{place}: {len(inputs[name])} elements, and a shape for {num_elements}")
    if len(binary):
        raise ValueError(f"{len(binary)} bytes after the last input")
    parameters = _parameters(header, "the request")
    all_binary = bool(parameters.get("binary_data_output", False))
    outputs = dict[str, bool]()
    for index, item in enumerate(_list(header.get("outputs", []), "outputs")):
        output = _mapping(item, f"outputs[{index}]")
        name = _text(output.get("name"), f"outputs[{index}].name")
        outputs[name] = bool(_parameters(output, f"outputs[{index}]").get("binary_data", all_binary))
    request_id = header.get("id")
    return InferRequest(
        None if request_id is None else _text(request_id, "id"), inputs, outputs, all_binary, parameters
    )


def encode(model: str, request: InferRequest, tensors: Sequence[Tensor]) -> tuple[bytes, int | None]:
    """Return the body of an answer, and the length of its JSON if binary data follow. Raises ValueError."""
    by_name = {tensor.name: tensor for tensor in tensors}
    for name in request.outputs:
        if name not in by_name:
            raise ValueError(f'no output "{name}"; there are: {", ".join(by_name)}')
    outputs, parts = [], list[bytes]()
    for name, is_binary in (request.outputs or dict.fromkeys(by_name, request.binary)).items():
        tensor = by_name[name]
        output: dict[str, Any] = {"name": name, "datatype": tensor.datatype, "shape": list(tensor.shape)}
        if is_binary:
            parts.append(_to_bytes(tensor))
            output["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            output["data"] = list(tensor.values)
        outputs.append(output)
    content = {"model_name": model, "model_version": VERSION, "outputs": outputs}
    header = json.dumps(content if request.id is None else content | {"id": request.id}).encode()
    return header + b"".join(parts), len(header) if parts else None


def decode_base64(text: str, place: str) -> bytes:
    """Return the bytes of a JSON string. Raises ValueError."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{place}: not base64, as binary data are in JSON") from None


def _to_bytes(tensor: Tensor) -> bytes:
    if tensor.datatype != "BYTES":
        return np.asarray(tensor.values, FORMATS[tensor.datatype]).tobytes()
    encoded = [value.encode() for value in tensor.values]
    return b"".join(struct.pack("<I", len(value)) + value for value in encoded)


def _split(data: memoryview, place: str) -> list[bytes]:
    """Return the elements of binary data, each after its length in four bytes."""
    elements, offset = list[bytes](), 0
    while offset < len(data):
        if offset + 4 > len(data):
            raise ValueError(f"{place}: its binary data end within a length")
        (length,) = struct.unpack_from("<I", data, offset)
        offset += 4 + length
        if offset > len(data):
            raise ValueError(f"{place}: its binary data end within an element")
        elements.append(bytes(data[offset - length : offset]))
    return elements


def _flatten(data: Any, place: str) -> list[str | bytes]:
    """Return the strings of a list, or of lists in lists, by rows."""
    flat: list[Any] = _list(data, place)
    while flat and isinstance(flat[0], list):
        flat = [element for row in flat for element in _list(row, place)]
    for element in flat:
        if not isinstance(element, str):
            raise ValueError(f"{place}: BYTES are strings in JSON, not {type(element).__name__}")
        try:
            element.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{place}: half of a surrogate pair is no text") from None
    return flat


def _num_elements(tensor: Mapping[str, Any], place: str) -> int:
    shape = _list(tensor.get("shape"), f"{place}.shape")
    if not shape or not all(type(side) is int and 0 <= side <= MAX_ELEMENTS for side in shape) or len(shape) > 8:
        raise ValueError(f"{place}.shape is no list of sizes")
    return math.prod(shape)


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{place} is no object")
    return value


def _parameters(value: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    return _mapping(value.get("parameters", {}), f"the parameters of {place}")


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{place} is no list")
    return value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{place} is no string")
    return value
