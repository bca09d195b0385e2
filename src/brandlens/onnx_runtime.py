"""ONNX Runtime, as both exported models run on it."""

import os
from pathlib import Path

import onnxruntime

from brandlens.errors import ModelError


def session(network: bytes | Path, threads: int | None = None) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session on the CPU. threads: None for every core this process may use. Raises ModelError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(network) if isinstance(network, Path) else network, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime raises its own, unrelated classes
        raise ModelError(
            f"{network if isinstance(network, Path) else 'network'}: ONNX Runtime cannot load it: {error}"
        ) from None


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
