"""The benchmark of whole trainings runs, on small networks, and prints what the tables are made of."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import keras
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Import benchmarks/gpu.py as it runs: with its folder on the path."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module("gpu")
    for name in ("gpu", "workloads", "dtype_policy", "scratch"):
        sys.modules.pop(name, None)


def test_smoke(gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    results = FOLDER / "results" / "gpu.json"
    before = results.read_bytes() if results.exists() else None
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--smoke"])
    gpu.main()
    ((_, result),) = json.loads(capsys.readouterr().out).items()
    assert result["backend"] == keras.backend.backend()
    assert result["dtype_policy"] in ("float32", "mixed_bfloat16")
    assert list(result["trainings"]) == ["logo/fcn", "sentiment/bilstm"]
    for training in result["trainings"].values():
        assert training["extrapolated"]
        assert training["step_seconds"] > 0
        assert training["training_seconds"] >= training["epochs"] * training["epoch_seconds"]
        assert training["epoch_seconds"] == pytest.approx(
            training["steps_per_epoch"] * training["step_seconds"], rel=0.05
        )
    assert (results.read_bytes() if results.exists() else None) == before  # a smoke test is no result


def test_a_gpu_that_is_not_there_is_not_busy(gpu: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert gpu.query("utilization.gpu") == []
    with gpu.busyness(0.001) as samples:
        pass
    assert samples == []


@pytest.mark.parametrize(
    ("count", "steps_per_epoch", "expected"),
    [
        pytest.param(3, 1, [0], id="one batch"),
        pytest.param(2, 9, [0, 1], id="the first two"),
        pytest.param(99, 4, [0, 1, 2, 3], id="no more than there are"),
    ],
)
def test_spread(gpu: ModuleType, count: int, steps_per_epoch: int, expected: list[int]) -> None:
    assert sorted(gpu.spread(count, steps_per_epoch)) == expected
