"""Errors that a user can fix: each is one line that names the file, the place in it and the fix."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn


class UserError(Exception):
    """An error printed as one line without a traceback; the command exits with code 2."""


class ParamsError(UserError):
    """An invalid value in params.yaml; the message names the key and what is allowed."""


class PictureError(UserError):
    """A picture that cannot be read or is refused; the message names the file."""


class PictureTooLargeError(PictureError):
    """A picture of more pixels, or a file of more bytes, than are read."""


class AnnotationError(UserError):
    """An annotation file that cannot be read as such; the message names the file and the place in it."""


class ModelError(UserError):
    """A folder that holds no model exported by `brandlens`, or one of another version."""


def printable(text: str) -> str:
    """Return a text for a message: control characters, and what no encoding can hold, as their escapes."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def plural(count: int, noun: str) -> str:
    """Return a number with its noun, whose plural ends in s: "1 picture", "1,200 pictures"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def run_program(main: Callable[[], int | None]) -> NoReturn:
    """Call `main` as a program and exit with the code it returns.

    A UserError, and a file or folder that the system refuses, become one line on standard error and exit code 2, Ctrl-C
    one line and exit code 130. Both streams may be missing, as Python has it where they are closed.
    """
    try:
        try:
            code = main() or 0
        finally:  # also after what argparse prints
            if sys.stdout:
                sys.stdout.flush()
    except UserError as error:
        code = _report(printable(str(error)), 2)
    except KeyboardInterrupt:
        code = _report("interrupted; rerun to resume", 130)
    except BrokenPipeError:  # the reader (head, less) has closed the pipe
        with suppress(OSError):  # of a stream without a file
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit would fail too
        code = 0
    except OSError as error:
        if error.filename is None:
            raise
        code = _report(printable(f"{error.filename}: {error.strerror}"), 2)
    sys.exit(code)


def _report(line: str, code: int) -> int:
    """Print a line on standard error, if there is one, and return the exit code."""
    if sys.stderr:
        print(f"brandlens: {line}", file=sys.stderr)
    return code
