"""Bytes → their encoding, as far as they tell it for sure."""

import codecs
import io
import re

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LETTERS = rb"A-Za-z\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xff"  # of Windows-1252
HIGH = rb"\x81-\x84\x86-\x90\x98-\x9f\xa1-\xaa\xac-\xba\xbc-\xff"  # bytes over 127 but quotes, dashes and the like
SIGNS = rb"\x81-\x84\x86-\x89\x8b\x8d\x8f\x90\x98\x9b\x9d\xa1-\xa6\xa8\xa9\xac\xae\xb1-\xb3\xb5\xb6\xb8\xb9\xbc-\xbf"
# Three in a row, a word of them alone, and a sign within a word: Western European texts hardly have these.
FOREIGN = re.compile(
    rb"[%b]{3,}|(?<![%b])[%b]{2,}(?![%b])|(?<=[A-Za-z])[%b](?=[A-Za-z])" % (HIGH, LETTERS, HIGH, LETTERS, SIGNS)
)
MAX_FOREIGN = 0.1  # share of the bytes over 127 in these, up to which bytes are taken for Windows-1252
ASCII = bytes(range(128))
MARK_BAD = "brandlens.mark_bad"  # error handler: bytes that do not fit become a surrogate, whatever the encoding

codecs.register_error(MARK_BAD, lambda error: ("\udcff", getattr(error, "end", 0)))


def error_handler(name: str) -> str:
    """Return the error handler under which bytes that do not fit an encoding become surrogates, quickly for UTF-8."""
    return "surrogateescape" if name in ("utf-8", "utf-8-sig") else MARK_BAD


def make_decoder(name: str) -> codecs.IncrementalDecoder:
    """Return a decoder under which bytes that do not fit become surrogates. Raises LookupError for no text encoding."""
    io.TextIOWrapper(io.BytesIO(), name).detach()  # knows text encodings from others
    return codecs.getincrementaldecoder(name)(error_handler(name))


def of_start(start: bytes) -> str | None:
    """Return the encoding that a byte order mark names, or UTF-16 where the first two characters are ASCII in it.

    One of utf-8-sig, utf-16, utf-32, utf-16-le and utf-16-be; None where the first bytes do not tell.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return name
    zeros = [byte == 0 for byte in start[:4]]
    return {(False, True, False, True): "utf-16-le", (True, False, True, False): "utf-16-be"}.get(tuple(zeros))  # type: ignore[arg-type]  # of any length


def count_foreign(data: bytes) -> tuple[int, int]:
    """Return how many bytes over 127 there are, and how many of them speak against a Western European encoding."""
    return len(data.translate(None, ASCII)), sum(len(run) for run in FOREIGN.findall(data))


def is_western(high: int, foreign: int) -> bool:
    """Return whether bytes of which `count_foreign` gives the counts may be read as Windows-1252."""
    return foreign <= MAX_FOREIGN * high
