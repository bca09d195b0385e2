"""Imports Keras when it is imported itself, without the lines that TensorFlow prints whenever it starts.

TensorFlow 2.21 writes some of its start-up messages before any setting of its log level applies. What it says of every
machine is dropped here: that oneDNN is on, that there is no NVIDIA driver, how its log is set up. Everything else that
is written to standard error meanwhile, by whomever, is passed on at once, and also when the process dies.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

NOISE = (
    "All log messages before absl::InitializeLog",
    "oneDNN custom operations are on",
    "Could not find cuda drivers on your machine",
    "UNKNOWN ERROR (303)",  # cuInit: there is no driver library
    "CUDA_ERROR_NO_DEVICE",
)
_FILTER = """
import sys
for line in sys.stdin.buffer:
    if not any(noise.encode() in line for noise in sys.argv[1:]):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""


@contextlib.contextmanager
def without_noise() -> Iterator[None]:
    """Pass what is written to standard error inside through a filter that drops NOISE, in a process of its own."""
    try:
        stderr = os.dup(2)
    except OSError:  # closed: there is nothing to filter
        yield
        return
    words = [sys.executable, "-S", "-E", "-c", _FILTER, *NOISE]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        assert reader.stdin is not None
        os.dup2(reader.stdin.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # once its log is set up, TensorFlow leaves out INFO, not WARNING
with without_noise() if "keras" not in sys.modules else contextlib.nullcontext():
    import keras

    with contextlib.suppress(AttributeError):  # Keras cannot list PyTorch's devices
        keras.distribution.list_devices()  # looks for GPUs, and says so
