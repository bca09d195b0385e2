"""Ask each installed Keras backend for its devices, in a process of its own: a crash is reported, and no more."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from brandlens.doctor import backend

TIMEOUT = 120  # seconds
COMMAND = (sys.executable, "-P", "-m", "brandlens.doctor.backend")  # -P: a file here is not taken for a module

Start = tuple[str, "subprocess.Popen[str]"]


def installed() -> list[str]:
    """Return the names of the backends that are installed."""
    return [name for name in backend.PACKAGES if backend.version(name)]


def start(name: str, command: Sequence[str] = COMMAND) -> Start:
    """Start to ask a backend; `finish` waits for its answer."""
    pipe = subprocess.PIPE
    environment = {**os.environ, "KERAS_BACKEND": name, "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)
    return name, process


def finish(started: Start, timeout: float = TIMEOUT) -> Mapping[str, Any]:
    """Return what a backend answers, see `backend.describe`; one that fails, {"backend": name, "error": a line}."""
    name, process = started
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"backend": name, "error": f"no answer within {timeout:g} s"}
    if process.returncode == 0:
        try:
            answer: Mapping[str, Any] = json.loads(out.splitlines()[-1])
        except (ValueError, IndexError):
            return {"backend": name, "error": "its answer is no JSON"}
        return answer
    code = process.returncode
    lines = err.strip().splitlines() or ["no message"]
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return {"backend": name, "error": f"{how}: {lines[-1]}"}


def stop(started: Start) -> None:
    """End a process that nobody waits for."""
    started[1].kill()
    started[1].communicate()


def active() -> str:
    """Return the backend that Keras takes here: the environment's KERAS_BACKEND, else TensorFlow.

    Keras' own file, keras.json in its home, comes between the two.
    """
    if name := os.environ.get("KERAS_BACKEND"):
        return name
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")  # noqa: PTH111, PTH118
    try:
        with open(os.path.join(home, "keras.json"), encoding="utf-8") as file:  # noqa: PTH118, PTH123
            return str(json.load(file).get("backend", "tensorflow"))
    except (OSError, ValueError, AttributeError):
        return "tensorflow"
