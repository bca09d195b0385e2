"""Number formats: which dtype policy a machine is fast at, and what is always float32."""

from collections.abc import Callable
from pathlib import Path

import keras

FAST_BFLOAT16 = ("amx_bf16", "avx512_bf16")  # processor features that make bfloat16 quicker than float32


def dtype_policy(precision: str) -> str:
    """The Keras dtype policy for a wish in params.yaml."""
    if precision != "auto":
        return precision
    return "mixed_bfloat16" if _accelerated() or _processor_has(FAST_BFLOAT16) else "float32"


def _accelerated() -> bool:
    return any(device.lower().startswith(("gpu", "tpu", "cuda")) for device in keras.distribution.list_devices())


def _processor_has(features: tuple[str, ...], cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    try:
        flags = next(line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")).split()
    except (OSError, StopIteration):  # not Linux on x86: nothing is known, so the safe answer
        return False
    return any(feature in flags for feature in features)


def jit_compile() -> bool | str:
    """Keras' jit_compile for a large convolutional network: not on TensorFlow's CPU, elsewhere what Keras thinks best.

    On two cores that had other work beside, XLA made a step of `logo.shot` take half as long again.
    """
    return "auto" if keras.backend.backend() != "tensorflow" or _accelerated() else False


def float32_copy(model: keras.Model, build: Callable[[], keras.Model]) -> keras.Model:
    """The same network in float32 with the same weights: what is saved and exported, however it was trained."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        copy = build()
    finally:
        keras.config.set_dtype_policy(before)
    copy.set_weights(model.get_weights())
    return copy
