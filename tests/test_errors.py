"""How a program ends: its exit code and what it prints."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from brandlens import errors
from brandlens.errors import AnnotationError, ModelError, ParamsError, PictureError, UserError


def raising(error: BaseException) -> Callable[[], int]:
    def main() -> int:
        raise error

    return main


@pytest.mark.parametrize(
    ("main", "code", "message"),
    [
        pytest.param(lambda: None, 0, "", id="nothing returned"),
        pytest.param(lambda: 0, 0, "", id="all well"),
        pytest.param(lambda: 3, 3, "", id="its own code"),
        pytest.param(raising(UserError("a.xml: fix it")), 2, "brandlens: a.xml: fix it\n", id="a user error"),
        pytest.param(raising(ParamsError("key")), 2, "brandlens: key\n", id="an error in params.yaml"),
        pytest.param(raising(PictureError("a.jpg")), 2, "brandlens: a.jpg\n", id="a bad picture"),
        pytest.param(raising(AnnotationError("a.xml")), 2, "brandlens: a.xml\n", id="a bad annotation file"),
        pytest.param(raising(ModelError("models")), 2, "brandlens: models\n", id="no model"),
        pytest.param(raising(KeyboardInterrupt()), 130, "brandlens: interrupted; rerun to resume\n", id="Ctrl-C"),
    ],
)
def test_run_program(
    capsys: pytest.CaptureFixture[str], main: Callable[[], int | None], code: int, message: str
) -> None:
    with pytest.raises(SystemExit) as end:
        errors.run_program(main)
    assert end.value.code == code
    assert capsys.readouterr() == ("", message)


def test_what_the_system_refuses_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        errors.run_program(raising(PermissionError(13, "Permission denied", "locked\n")))
    assert (end.value.code, capsys.readouterr().err) == (2, "brandlens: locked\\n: Permission denied\n")
    with pytest.raises(OSError, match="no file's"):
        errors.run_program(raising(OSError("no file's")))


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        errors.run_program(raising(ZeroDivisionError()))


@pytest.mark.parametrize("lines", [pytest.param(1, id="one line"), pytest.param(50_000, id="more than a buffer")])
def test_a_closed_pipe_is_no_error(lines: int) -> None:
    """As in `brandlens logo detect pictures | head`: no traceback, no message, exit code 0."""
    program = (
        f"from brandlens import errors\nerrors.run_program(lambda: [print('a line') for _ in range({lines})] and None)"
    )
    buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE, text=True, env=buffered, check=False
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("count", "text"), [(0, "0 hints"), (1, "1 hint"), (1200, "1,200 hints")])
def test_plural(count: int, text: str) -> None:
    assert errors.plural(count, "hint") == text
