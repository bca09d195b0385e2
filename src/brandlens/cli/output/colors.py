"""Colors for people at a terminal: none in files and pipes, nor where NO_COLOR is set (no-color.org)."""

import os
from collections.abc import Callable
from typing import TextIO

CODES = {"good": "32", "bad": "31", "unsure": "33", "soft": "2"}  # ANSI: green, red, yellow, faint


def colorizer(out: TextIO) -> Callable[[str, str], str]:
    """Return a function of a text and a key of CODES that colors the text, or leaves it where `out` shows no colors."""
    if not out.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return lambda text, _: text
    return lambda text, kind: f"\x1b[{CODES[kind]}m{text}\x1b[0m"
