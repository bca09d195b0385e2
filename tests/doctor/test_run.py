"""What is reported of Keras' backends, and that one which crashes is reported."""

import json
import sys
from typing import Any

import pytest

from brandlens.doctor import backend, probe, run

GOOD = {
    "backend": "tensorflow", "version": "2.21.0", "keras": "3.15.1", "devices": ["cpu:0"], "accelerator": False,
    "auto": {"logo fcn": "float32", "logo one_stage": "mixed_bfloat16", "sentiment bilstm": "float32"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "cards", "in_project", "found"),
    [
        pytest.param([], [], False, [("backend", "ok")], id="none, and none needed"),
        pytest.param([], [], True, [("backend", "fail")], id="none in a project"),
        pytest.param([GOOD], [], True, [("backend tensorflow", "ok"), ("dtype_policy auto", "ok")], id="one"),
        pytest.param(
            [GOOD], ["H200"], False, [("gpu", "note"), ("backend tensorflow", "ok"), ("dtype_policy auto", "ok")],
            id="a card that it cannot use",
        ),
        pytest.param(
            [{**GOOD, "accelerator": True}], ["H200"], False,
            [("gpu", "ok"), ("backend tensorflow", "ok"), ("dtype_policy auto", "ok")], id="a card that it uses",
        ),
        pytest.param(
            [{"backend": "tensorflow", "error": "x"}], [], True, [("backend tensorflow", "fail")], id="it crashes"
        ),
        pytest.param(
            [GOOD, {"backend": "jax", "error": "x"}], [], True,
            [("backend tensorflow", "ok"), ("dtype_policy auto", "ok"), ("backend jax", "note")], id="another crashes",
        ),
    ],
)  # fmt: skip
def test_backends(answers: list[dict[str, Any]], cards: list[str], in_project: bool, found: list[Any]) -> None:
    findings = list(run.backends(answers, "tensorflow", cards, in_project))
    assert [(finding.name, finding.status) for finding in findings] == found
    assert all(finding.fix for finding in findings if finding.status != "ok")


def test_models_of_one_policy_are_reported_together() -> None:
    value = list(run.backends([GOOD], "tensorflow", [], False))[-1].value
    assert value == "float32 for logo fcn, sentiment bilstm; mixed_bfloat16 for logo one_stage"


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        pytest.param(f"print('noise'); print({json.dumps(GOOD)!r})", GOOD, id="an answer after noise"),
        pytest.param("raise SystemExit('no such device')", "exit code 1: no such device", id="an error"),
        pytest.param("import os; os.kill(os.getpid(), 11)", "killed by signal 11", id="a crash"),
        pytest.param("print('noise')", "its answer is no JSON", id="no answer"),
        pytest.param("import time; time.sleep(60)", "no answer within 0.5 s", id="it hangs"),
    ],
)
def test_finish(code: str, answer: Any) -> None:
    timeout = 0.5 if "sleep" in code else 60
    found = probe.finish(probe.start("jax", (sys.executable, "-S", "-c", code)), timeout)
    if isinstance(answer, str):
        assert found["backend"] == "jax"
        assert answer in found["error"]
    else:
        assert found == answer


def test_stop() -> None:
    started = probe.start("jax", (sys.executable, "-S", "-c", "import time; time.sleep(60)"))
    probe.stop(started)
    assert started[1].returncode


def test_which_backend_keras_takes(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert probe.active() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert probe.active() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert probe.active() == "torch"


def test_this_backend_is_described() -> None:
    found = backend.describe()
    assert found["devices"]
    assert {"logo fcn", "logo one_stage, pretrained", "sentiment bilstm"} <= found["auto"].keys()
    assert json.loads(json.dumps(found)) == found
