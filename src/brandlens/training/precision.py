"""Number formats: the dtype policy that a model trains under, and float32 for everything else."""

import contextlib
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import keras

from brandlens.errors import ParamsError
from brandlens.training.distribution import list_devices

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
VARIABLE = "BRANDLENS_DTYPE_POLICY"  # environment: what "auto" stands for


def dtype_policy(name: str, fast_bfloat16: Collection[str] = ()) -> str:
    """Return the Keras dtype policy for a `dtype_policy` of params.yaml.

    name: a policy, or "auto": what the environment's BRANDLENS_DTYPE_POLICY names; where it names none, mixed_bfloat16
    on a GPU or TPU and on a processor with one of the features that the model was measured to train faster with
    (benchmarks/dtype_policy.py), else float32.
    fast_bfloat16: those features, as /proc/cpuinfo spells them; empty for a model that no processor trains faster.
    Raises ParamsError for an environment that names no policy.
    """
    if name != "auto":
        return name
    if forced := os.environ.get(VARIABLE, "").strip():
        if forced not in (*POLICIES, "auto"):
            raise ParamsError(f"the environment's {VARIABLE} is {forced!r}; allowed: auto, {', '.join(POLICIES)}")
        if forced != "auto":
            return forced
    return "mixed_bfloat16" if has_accelerator() or processor_has(fast_bfloat16) else "float32"


@contextlib.contextmanager
def dtype_scope(policy: str) -> Iterator[None]:
    """Build and train what is built inside under this Keras dtype policy; outside of it, every layer is float32.

    A layer takes the policy of the moment it is made: a model that is built outside is float32 in every layer.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def float32_copy(model: keras.Model, build: Callable[[], keras.Model]) -> keras.Model:
    """Return the same network in float32 with the same weights: what is saved and exported, however it was trained."""
    with dtype_scope("float32"):
        copy = build()
    copy.set_weights(model.get_weights())
    return copy


def has_accelerator() -> bool:
    """Return whether Keras' backend sees a GPU or a TPU."""
    return any(device.lower().startswith(("gpu", "tpu", "cuda")) for device in list_devices())


def processor_has(features: Collection[str], cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether the processor names one of these features; False where it names none (not Linux on x86)."""
    try:
        flags = next(line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")).split()
    except (OSError, StopIteration):
        return False
    return any(feature in flags for feature in features)


def jit_compile() -> bool | str:
    """Return Keras' jit_compile for a large convolutional network: "auto", but False on TensorFlow's CPU.

    On two cores that had other work beside, XLA made a step of the one-stage network take half as long again.
    """
    return "auto" if keras.backend.backend() != "tensorflow" or has_accelerator() else False
