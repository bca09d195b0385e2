"""Lines of standard input and texts of the command line, whatever they are encoded in → reviews to score."""

import os
import sys
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from brandlens.datasets import tables
from brandlens.errors import UserError
from brandlens.sentiment.score_file import Chunk
from brandlens.sniff import content
from brandlens.sniff import encoding as sniff_encoding

BLOCK = 1 << 16  # bytes of standard input that are scored together, at most


def read_lines(file: BinaryIO, encoding: str | None = None) -> Iterator[Chunk]:
    """Yield lines as they come, so that a slow writer is answered at once and a quick one many lines at a time.

    A line that is not UTF-8 is read as Windows-1252 where it may be that, which is reported once; another one has a
    problem. Raises UserError for an encoding that Python does not know, and where they cannot be read, as of a folder.
    """
    decoder, rest, number, is_reported = None, "", 0, False
    for block in chain(iter(lambda: _read_block(file), b""), [b""]):
        if decoder is None:
            if kind := content.describe_packed(block) or content.describe(block):
                raise UserError(f"standard input: not text, but {kind}")
            try:
                decoder = sniff_encoding.make_decoder(encoding or sniff_encoding.of_start(block[:4]) or "utf-8-sig")
            except LookupError:
                raise UserError(f"standard input: no encoding is named {encoding!r}") from None
        *lines, rest = (rest + decoder.decode(block, not block)).split("\n")
        if not block and rest:  # a last line without its end
            lines = [rest]
        texts, problems = list[str](), list[str]()
        for number, line in enumerate(lines, number + 1):  # noqa: B020, goes on from the last block
            text = line.removesuffix("\r")
            if tables.has_surrogates(text):
                western = None if encoding else decode_western(text)
                if western is None:
                    problems.append(f"standard input, line {number}: bytes that are no text in this encoding")
                elif not is_reported:
                    is_reported = True
                    print(
                        f"standard input: line {number} and maybe others: not UTF-8, read as Windows-1252; if that is "
                        "wrong, name the encoding by --encoding", file=sys.stderr,
                    )  # fmt: skip
                text = western or ""
            texts.append(text)
        if lines:
            yield Chunk(texts, problems, 0.0)


def _read_block(file: BinaryIO) -> bytes:
    try:
        return file.read1(BLOCK)  # type: ignore[attr-defined]  # of buffered files
    except OSError as error:
        raise UserError(f"standard input: {error.strerror or error}") from None


def decode_argument(text: str) -> str:
    """Return a TEXT of the command line as it was typed, whatever Python took its bytes for, as in a C locale."""
    data = os.fsencode(text)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return decode_western(data.decode("utf-8", "surrogateescape")) or data.decode(errors="replace")


def decode_western(text: str) -> str | None:
    """Return a line as Windows-1252, given as UTF-8 with surrogates for its bytes; None where it is not that either."""
    try:
        data = text.encode("utf-8", "surrogateescape")
        return data.decode("cp1252") if sniff_encoding.is_western(*sniff_encoding.count_foreign(data)) else None
    except UnicodeError:
        return None
