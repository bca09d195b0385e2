"""The standard streams, as every command takes them: always there, failing in one line, UTF-8 where others read on."""

import codecs
import errno
import io
import os
import sys
from typing import Any, BinaryIO, TextIO

from brandlens.errors import UserError


def _restore_or_escape(error: UnicodeError) -> tuple[bytes, int]:
    """Encode bytes that Python could not decode as they were, where they are UTF-8 after all; else escape them.

    Names of files and words of the command line hold such bytes as surrogates (PEP 383), all of theirs in a C locale.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    escaped = error.object[error.start : error.end]
    try:
        restored = escaped.encode("utf-8", "surrogateescape")
        restored.decode()
    except UnicodeError:
        restored = escaped.encode("ascii", "backslashreplace")
    return restored, error.end


codecs.register_error("restore-or-escape", _restore_or_escape)


class _Output(io.RawIOBase):
    """A stream that names itself when it does not take what is written, and takes all from then on, for nowhere.

    So the flush at the end of the program does not fail once more.
    """

    def __init__(self, stream: io.TextIOWrapper, name: str | None) -> None:
        """Wrap a stream, below its buffer. name: for the error message; None to fail in silence."""
        super().__init__()
        self.stream = stream  # kept, as it would close what is below it
        self.raw: Any = getattr(stream.buffer, "raw", stream.buffer)
        self.name = name
        self.failed = False

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.raw.isatty()

    def fileno(self) -> int:
        return self.raw.fileno()

    def write(self, data: Any, /) -> int | None:
        """Write bytes. Raises UserError, or BrokenPipeError where nobody reads on; once."""
        if self.failed:
            return len(data)
        try:
            return self.raw.write(data)
        except (OSError, ValueError) as error:  # ValueError: closed
            self.failed = True
            if self.name is None:
                return len(data)
            if isinstance(error, BrokenPipeError) or _is_closed_pipe(error):
                raise BrokenPipeError from None
            raise UserError(f"{self.name}: {getattr(error, 'strerror', None) or error}") from None


def _is_closed_pipe(error: Exception) -> bool:
    """Return whether this is how Windows reports a pipe that nobody reads."""
    return sys.platform == "win32" and isinstance(error, OSError) and error.errno == errno.EINVAL


def prepare() -> None:
    """Wrap standard output and standard error, and replace those that this process has not, as under `pythonw`.

    Text that standard output's encoding has no character for is escaped, as Python does on standard error.
    """
    for descriptor in range(3):  # or else the first file that is opened would take the place of a closed stream
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout, sys.stderr = _wrap(sys.stdout, "standard output"), _wrap(sys.stderr, None)


def _wrap(stream: TextIO | None, name: str | None) -> TextIO:
    if stream is None or stream.closed:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - as long as the program runs
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    buffer = io.BufferedWriter(_Output(stream, name))
    line_buffering = name is None or stream.line_buffering
    return io.TextIOWrapper(
        buffer, stream.encoding, "backslashreplace", line_buffering=line_buffering, write_through=stream.write_through
    )


def output(format: str) -> TextIO:
    """Return standard output for results of a format: text in the encoding of the terminal, all others in UTF-8.

    Bytes in a file's name that are no text are escaped as \\udcXX, which JSON reads again.
    """
    if format != "text" and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="restore-or-escape", newline="\n")
    return sys.stdout


def piped_input() -> BinaryIO | None:
    """Return standard input; None where it is closed, or a terminal at which nobody has been asked for anything."""
    try:
        return None if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer
    except ValueError:  # closed
        return None
