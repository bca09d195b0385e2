"""Sessions of ONNX Runtime, which runs the exported models of both sides."""

import os
from pathlib import Path

import onnxruntime

from brandlens.errors import ModelError


def session(model: bytes | Path, threads: int | None = None) -> onnxruntime.InferenceSession:
    """Load an ONNX model, from a file or from its bytes, into an ONNX Runtime session on the CPU.

    threads: None for every core this process may use. Raises ModelError when the model cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores()
    options.log_severity_level = 3  # errors only
    try:
        return onnxruntime.InferenceSession(
            str(model) if isinstance(model, Path) else model, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime raises classes of its own that share no base
        name = model if isinstance(model, Path) else "network"
        raise ModelError(f"{name}: ONNX Runtime cannot load it: {error}") from None


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
