"""Standard error while Keras starts: TensorFlow's noise goes, everything else stays."""

import subprocess
import sys
from pathlib import Path

import pytest

QUIET = Path(__file__).parents[2] / "src/brandlens/training/quiet.py"

ALONE = """
import os, runpy, sys, types
sys.modules["keras"] = types.SimpleNamespace(distribution=types.SimpleNamespace(list_devices=list))
without_noise = runpy.run_path(sys.argv[1])["without_noise"]
"""
NOISY = """
with without_noise():
    os.write(2, b"I0000 port.cc:153] oneDNN custom operations are on. You may see\\n")
    os.write(2, b"E0000 cuInit: UNKNOWN ERROR (303)\\n")
    os.write(2, b"W0000 the disk is on fire\\n")
    {end}
os.write(2, b"as before\\n")
"""


@pytest.mark.parametrize(
    ("end", "lines"),
    [
        pytest.param("", ["W0000 the disk is on fire", "as before"], id="all goes well"),
        pytest.param("os.abort()", ["W0000 the disk is on fire"], id="the process dies"),
        pytest.param("os.close(2)", ["W0000 the disk is on fire", "as before"], id="standard error is closed inside"),
    ],
)
def test_only_noise_is_dropped(end: str, lines: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE + NOISY.format(end=end), str(QUIET)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    rest = [line for line in done.stderr.splitlines() if not line.startswith(("Fatal Python", "  File", "Current"))]
    assert rest == lines
    assert done.stdout == ""


def test_keras_starts_without_a_word() -> None:
    """In a process of its own, on a machine with or without a GPU driver; a warning that is new may show here."""
    program = "from brandlens import training; import keras; keras.layers.Dense(1)(keras.ops.ones((1, 1)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""


def test_a_closed_standard_error_is_no_trouble() -> None:
    program = ALONE + "os.close(2)\nwith without_noise():\n    print('fine')"
    words = [sys.executable, "-c", program, str(QUIET)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    assert done.stdout == "fine\n"
