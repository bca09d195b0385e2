"""Files of word vectors as people have them → the vectors of the words that are wanted.

word2vec (text and binary), GloVe, fastText's .vec: streamed, plain or compressed, so that a file of millions of words
needs no more memory than the words kept. gensim's own reader keeps all words or the first ones, refuses words with
spaces (GloVe 840B has some), and its errors name no line. fastText's .bin and gensim's own files are read by gensim.
"""

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from brandlens.errors import UserError
from brandlens.sentiment.embeddings import gensim_files

BUFFER, SNIFFED = 1 << 16, 512  # bytes read at once, and looked at for those that no text has
COMPRESSED: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.GzipFile, b"BZh": bz2.BZ2File, b"\xfd7zXZ": lzma.LZMAFile,
}  # fmt: skip
FORMATS = "word2vec (text or binary), GloVe, fastText (.vec, .bin) and gensim's KeyedVectors are read"
NOT_VECTORS = {  # how files begin that people name by mistake, and what to do instead
    rb"\s*<(!doctype|html|\?xml)": "a web page: the download went wrong; fetch the file itself",
    rb"version https://git-lfs": "a pointer of Git LFS and not the file; run: git lfs pull",
    rb"PK\x03\x04": "a zip archive; unpack it and name one of its files",
    rb"\xff\xfe|\xfe\xff": "UTF-16 text; save it as UTF-8",
    rb"\x93NUMPY": "an array without its words; name the .kv file that gensim saved beside it",
    rb"(?s).{257}ustar": "a tar archive; unpack it and name one of its files",
}
IS_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # bytes that no text has, and every few values of binary vectors


class Entry(NamedTuple):
    """A word of a file with its values, which `values` reads. place: for messages, such as "line 7"."""

    word: str
    place: str
    values: Callable[[], np.ndarray]


@dataclass
class WordVectors:
    """Words and their (size,) float32 vectors, in the file's order, and what was left out, a line a kind."""

    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def read_vectors(
    path: Path, wanted: Collection[str], max_others: int, is_token: Callable[[str], bool] = lambda word: True
) -> WordVectors:
    """Return the vectors of the wanted words, and of the first `max_others` other words that are tokens.

    A wanted word that the file has in another case only (Samsung) gets the vector of the first such. fastText's .bin
    gives vectors to words that it never saw, from their letters. Of a word that stands there twice the first vector is
    kept. Raises UserError, one line with the file, the place in it and the fix, for what cannot be read.
    """
    result = WordVectors()
    other_case: dict[str, np.ndarray] = {}
    twice, num_twice, num_others = "", 0, 0
    with _readable(path) as stream:
        for entry in _entries(path, stream, wanted, result.left_out):
            word, lower = entry.word, entry.word.lower()
            if word in result.vectors:
                num_twice, twice = num_twice + 1, twice or f'{entry.place}: "{word}"'
            elif word in wanted:
                result.vectors[word] = _checked(path, entry)
            elif lower in wanted:
                if lower not in other_case:
                    other_case[lower] = _checked(path, entry)
            elif num_others < max_others and is_token(word):
                result.vectors[word] = _checked(path, entry)
                num_others += 1
    result.vectors |= {word: vector for word, vector in other_case.items() if word not in result.vectors}
    if num_twice:
        result.left_out.append(
            f"{path}, {twice} stands there twice, as do {num_twice - 1:,} words more; the first counts"
        )
    return result


def _checked(path: Path, entry: Entry) -> np.ndarray:
    """Return the entry's values. Raises UserError for values that are no finite numbers."""
    try:
        values = entry.values()
    except ValueError as error:
        raise UserError(f"{path}, {entry.place}: {error}; remove the line") from None
    if not np.isfinite(values).all():
        raise UserError(f'{path}, {entry.place}: the vector of "{entry.word}" has NaN or infinite values; remove it')
    return values


@contextmanager
def _readable(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file, decompressed. Raises UserError for one that is missing, empty, damaged or of another kind."""
    if path.is_dir():
        raise UserError(f"{path}: a folder; name the file of word vectors in it")
    try:
        with path.open("rb") as plain:
            start = plain.read(6)
        opener = next((opener for magic, opener in COMPRESSED.items() if start.startswith(magic)), io.FileIO)
        with io.BufferedReader(opener(path), BUFFER) as stream:
            start = stream.peek(BUFFER)
            if not start:
                raise UserError(f"{path}: empty; download it again")
            for pattern, advice in NOT_VECTORS.items():
                if re.match(pattern, start, re.IGNORECASE):
                    raise UserError(f"{path}: {advice}")
            yield stream
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; sentiment.embed.vectors names it") from None
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise UserError(f"{path}: cannot be read ({error}); if it is cut short or damaged, download it again") from None


def _entries(path: Path, stream: io.BufferedReader, wanted: Collection[str], left_out: list[str]) -> Iterator[Entry]:
    """Yield all words of a file in its order; left_out: gets a line for each kind of word that is none of ours."""
    start = stream.peek(BUFFER)
    if gensim_files.is_gensim(start) or gensim_files.is_fasttext(start):
        for index, (word, vector) in enumerate(gensim_files.read(path, start, wanted), 1):
            yield Entry(word, f"word {index}", partial(np.array, vector, np.float32))
        return
    header = re.match(rb"(?:\xef\xbb\xbf)?(\d+)[ \t]+(\d+)[ \t]*\r?\n", start)
    if header and IS_BINARY.search(start[header.end() :][:SNIFFED]):
        stream.readline()
        yield from _binary(path, stream, int(header[1]), int(header[2]), left_out)
        return
    if IS_BINARY.search(start[:SNIFFED]):
        raise UserError(f"{path}: no word vectors of a known format; {FORMATS}")
    yield from _text(path, stream, left_out)


def _text(path: Path, stream: io.BufferedReader, left_out: list[str]) -> Iterator[Entry]:
    """Yield the words of a text file: one a line, then its values; the first line may have their count and size."""
    promised, size, count, skipped = None, 0, 0, 0
    for number, line in enumerate(stream, 1):
        fields = line.removeprefix(b"\xef\xbb\xbf").split() if number == 1 else line.split()
        if not fields:
            continue
        if number == 1 and len(fields) == 2 and all(value.isdigit() for value in fields):
            promised, size = map(int, fields)
            continue
        count += 1
        size = size or _num_values(fields)
        if not size:
            raise UserError(f"{path}, line {number}: no word with its values after it, spaces between; {FORMATS}")
        num_extra = len(fields) - 1 - size
        if num_extra < (-1 if line[:1].isspace() else 0) or (num_extra > 0 and _num_values(fields) > size):
            raise UserError(
                f"{path}, line {number}: {_num_values(fields)} values, and not {size} as in the lines before; "
                "remove the line, or download the file again"
            )
        try:
            word = fields[0].decode() if num_extra == 0 else ""
        except UnicodeDecodeError:
            word = ""
        if word:
            yield Entry(word, f"line {number}", partial(_numbers, fields[1:]))
        else:  # a word with spaces in it or of spaces, or no UTF-8
            skipped += 1
    if promised is not None and promised != count:
        raise UserError(
            f"{path}, line 1: says {promised:,} words, and there are {count:,}; "
            + ("download it again" if count < promised else f"correct it to: {count} {size}")
        )
    _tell_skipped(path, skipped, left_out)


def _binary(path: Path, stream: io.BufferedReader, count: int, size: int, left_out: list[str]) -> Iterator[Entry]:
    """Yield the words of a binary file of word2vec: count and size are those of its first line."""
    skipped = 0
    for number in range(1, count + 1):
        letters = bytearray()
        while (letter := stream.read(1)) not in (b" ", b""):
            letters += letter
        values = stream.read(4 * size)
        if len(values) < 4 * size:
            raise UserError(f"{path}: ends at word {number:,} of the {count:,} in its first line; download it again")
        try:
            word = letters.lstrip(b"\n").decode()
        except UnicodeDecodeError:
            word = ""
        if word and not word.isspace():
            yield Entry(word, f"word {number}", partial(np.frombuffer, values, "<f4"))
        else:
            skipped += 1
    if stream.read(BUFFER).strip():
        raise UserError(f"{path}: goes on after the {count:,} words of {size} values in its first line; correct that")
    _tell_skipped(path, skipped, left_out)


def _num_values(fields: list[bytes]) -> int:
    """Return how many of a line's last fields are numbers; the first field is never one of them."""
    count = 0
    for value in reversed(fields[1:]):
        try:
            float(value)
        except ValueError:
            break
        count += 1
    return count


def _numbers(values: list[bytes]) -> np.ndarray:
    return np.array([float(value) for value in values], np.float32)


def _tell_skipped(path: Path, skipped: int, left_out: list[str]) -> None:
    if skipped:
        left_out.append(f"{path}: {skipped:,} words with spaces in them or not in UTF-8")
