"""The bytes of a table → its text: which encoding, reported where it is not UTF-8, and the lines."""

import io
import re
import sys
from collections.abc import Callable, Iterator

from tqdm import tqdm

from brandlens.datasets.tables.source import Source, has_surrogates
from brandlens.errors import UserError
from brandlens.sniff import csv_dialect, encoding

MAX_LINE = 100_000_000  # characters of a line
BLOCK = 1 << 20  # bytes read at a time while the encoding is detected
NO_ASCII = re.compile("[^\0-\x7f]+")
REPORTS = {
    "utf-16": "read as UTF-16, as its byte order mark says",
    "utf-32": "read as UTF-32, as its byte order mark says",
    "utf-16-le": "read as UTF-16, little-endian, as its zero bytes say; if that is wrong, name its encoding by {}",
    "utf-16-be": "read as UTF-16, big-endian, as its zero bytes say; if that is wrong, name its encoding by {}",
    "cp1252": "not UTF-8, read as Windows-1252; if that is wrong, name its encoding by {}",
}


def decode(source: Source) -> tuple[io.TextIOWrapper, bool]:
    r"""Return the file as text, and whether its quotes are escaped as \"; bytes that do not fit become surrogates.

    Reads the whole file once for that: what speaks for another encoding, and for escapes, may come late. Reports
    another encoding than UTF-8 on stderr, unless it is named. Raises UserError for an encoding that Python does not
    know, and for bytes that are neither UTF-8 nor Windows-1252.
    """
    name = (source.encoding or "").lower()
    if name in ("", "utf-8", "utf8"):
        name = "utf-8-sig"
    try:
        encoding.make_decoder(name)
    except (LookupError, ValueError):
        raise UserError(f"{source.path}: no encoding is named {name!r}") from None
    if not source.encoding:
        name = encoding.of_start(source.file.read(4)) or name
    escaped, invalid, valid = _scan(source, name, csv_dialect.count_escaped)
    if not source.encoding:
        if name == "utf-8-sig" and invalid > valid:
            name = _other_than_utf8(source)
        if name in REPORTS:
            tqdm.write(f"{source.path}: {REPORTS[name].format(source.encoding_option)}", file=sys.stderr)
    is_escaped = escaped > 0 and escaped > _scan(source, name, csv_dialect.count_doubled)[0]
    source.file.seek(0)
    text = io.TextIOWrapper(source.file, name, encoding.error_handler(name), newline="")
    if text.read(1) != "\ufeff":  # a byte order mark; some encodings leave it in the text
        text.seek(0)
    return text, is_escaped


def _scan(source: Source, name: str, count: Callable[[str], int]) -> tuple[int, int, int]:
    """Return what `count` gives of the whole text, and how much that is not ASCII speaks against UTF-8 and for it.

    A run of characters without ASCII speaks against it as a whole: some of GBK's fit UTF-8 by chance.
    """
    decoder = encoding.make_decoder(name)
    counted = invalid = valid = 0
    source.file.seek(0)
    while True:
        block = source.file.read(BLOCK)
        text = decoder.decode(block, final=not block)
        counted += count(text)
        if not text.isascii():
            others = len(text) - len(text.encode("ascii", "ignore"))
            bad = sum(map(len, filter(has_surrogates, NO_ASCII.findall(text)))) if has_surrogates(text) else 0
            invalid += bad
            valid += others - bad
        if not block:
            return counted, invalid, valid


def _other_than_utf8(source: Source) -> str:
    """Return cp1252 where the bytes may be that. Raises UserError for Cyrillic, East Asian and other texts."""
    high = foreign = 0
    source.file.seek(0)
    while block := source.file.read(BLOCK):
        more = encoding.count_foreign(block)
        high, foreign = high + more[0], foreign + more[1]
    if encoding.is_western(high, foreign):
        return "cp1252"
    raise UserError(
        f"{source.path}: neither UTF-8 nor Windows-1252; save it as UTF-8, or name its encoding by "
        f"{source.encoding_option}, such as cp1251, koi8-r, cp1250, gb18030, big5, shift_jis or euc-kr"
    )


def lines(source: Source, text: io.TextIOWrapper, keep: Callable[[str], object] | None = None) -> Iterator[str]:
    """Yield the lines with their ends, and give each to `keep` as well.

    Raises UserError for one of more than MAX_LINE characters.
    """
    number, readline, limit = 0, text.readline, MAX_LINE
    while line := readline(limit + 1):
        number += 1
        if keep is not None:
            keep(line)
        if len(line) > limit:
            raise UserError(f"{source.path}, line {number}: longer than {limit:,} characters; is this a table?")
        yield line
