"""Dtype policies: what "auto" stands for on every machine, and that they end where a training ends."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import training
from brandlens.errors import ParamsError
from brandlens.training import precision

AMX = ("amx_bf16",)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No policy named by the environment; the process's own policy is put back."""
    monkeypatch.delenv(precision.VARIABLE, raising=False)
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(
    ("devices", "flags", "name", "policy"),
    [
        pytest.param(["cpu:0"], "", "auto", "float32", id="a processor that says nothing"),
        pytest.param(["cpu:0"], "avx512_bf16", "auto", "float32", id="a processor not fast for this model"),
        pytest.param(["cpu:0"], "amx_bf16", "auto", "mixed_bfloat16", id="a processor fast for this model"),
        pytest.param(["gpu:0"], "", "auto", "mixed_bfloat16", id="a GPU"),
        pytest.param(["cpu:0", "TPU:0"], "", "auto", "mixed_bfloat16", id="a TPU"),
        pytest.param(["cuda:0"], "", "auto", "mixed_bfloat16", id="a GPU by PyTorch's name"),
        pytest.param(["gpu:0"], "amx_bf16", "float32", "float32", id="named, whatever there is"),
        pytest.param(["cpu:0"], "", "mixed_float16", "mixed_float16", id="named, whatever there is not"),
    ],
)
def test_what_auto_stands_for(
    monkeypatch: pytest.MonkeyPatch, devices: list[str], flags: str, name: str, policy: str
) -> None:
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: devices)
    monkeypatch.setattr(precision, "processor_has", lambda features: bool(set(features) & set(flags.split())))
    assert training.dtype_policy(name, AMX) == policy


@pytest.mark.parametrize("forced", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_the_environment_decides_what_auto_stands_for(monkeypatch: pytest.MonkeyPatch, forced: str) -> None:
    monkeypatch.setenv(precision.VARIABLE, forced)
    for devices in (["cpu:0"], ["gpu:0"]):
        monkeypatch.setattr(keras.distribution, "list_devices", lambda devices=devices: devices)
        assert training.dtype_policy("auto", AMX) == forced
        assert training.dtype_policy("float32", AMX) == "float32"


@pytest.mark.parametrize("value", ["", " ", "auto"])
def test_an_environment_that_leaves_it_open(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(precision.VARIABLE, value)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["cpu:0"])
    assert training.dtype_policy("auto") == "float32"


def test_an_environment_that_names_no_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(precision.VARIABLE, "bfloat16")
    with pytest.raises(ParamsError, match="BRANDLENS_DTYPE_POLICY is 'bfloat16'; allowed: auto, float32, mixed_bf"):
        training.dtype_policy("auto")


@pytest.mark.parametrize(
    ("content", "fast"),
    [
        pytest.param(None, False, id="no such file"),
        pytest.param("", False, id="empty"),
        pytest.param("processor\t: 0\nFeatures\t: fp asimd bf16\n", False, id="another kind of processor"),
        pytest.param("processor\t: 0\nflags\t\t: fpu sse avx2 avx512f\n", False, id="without bfloat16"),
        pytest.param("processor\t: 0\nflags\t\t: fpu amx_bf16x\n", False, id="a longer name"),
        pytest.param("flags\t\t: fpu amx_bf16\nvmx flags\t: vnmi\n", True, id="AMX"),
    ],
)
def test_what_the_processor_says_of_itself(tmp_path: Path, content: str | None, fast: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if content is not None:
        cpuinfo.write_text(content)
    assert precision.processor_has(AMX, cpuinfo) is fast


@pytest.mark.parametrize("policy", precision.POLICIES)
def test_a_policy_ends_with_its_scope(policy: str) -> None:
    keras.config.set_dtype_policy("float32")
    with training.dtype_scope(policy):
        inside = keras.layers.Average()
    assert inside.dtype_policy.name == policy
    assert keras.layers.Average().dtype_policy.name == "float32"
    with pytest.raises(KeyboardInterrupt), training.dtype_scope(policy):
        raise KeyboardInterrupt
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("policy", precision.POLICIES)
def test_a_float32_copy_is_float32_in_every_layer(policy: str) -> None:
    def build() -> keras.Model:
        inputs = keras.Input((3,))
        branches = [keras.layers.Dense(2)(inputs), keras.layers.Dense(2)(inputs)]
        return keras.Model(inputs, keras.layers.Average()(branches))

    with training.dtype_scope(policy):
        model = build()
        copy = training.float32_copy(model, build)
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
    for weight, same in zip(model.get_weights(), copy.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)
