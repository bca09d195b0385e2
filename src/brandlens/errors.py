"""What a user can mend: each error is one line that names the file, the place and the mend."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn


class UserError(Exception):
    """Shown as one line, without a traceback; the command exits with code 2."""


class ParamsError(UserError):
    """params.yaml holds something it should not; the message names the key and what is allowed."""


class PictureError(UserError):
    """A picture that cannot be read or is refused; the message names the file."""


class AnnotationError(UserError):
    """An annotation file that cannot be read as such; the message names the file and the place in it."""


class ModelError(UserError):
    """A folder that is not a model that `brandlens` exported, or one of another version."""


def run_program(main: Callable[[], int | None]) -> NoReturn:
    """Call `main` as a program: exit with what it returns; a user's mistake is one line on stderr and exit code 2."""
    try:
        code = main() or 0
        sys.stdout.flush()
    except UserError as error:
        print(f"brandlens: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("brandlens: interrupted; rerun to resume", file=sys.stderr)
        code = 130
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to write is not missed
        code = 0
    sys.exit(code)
