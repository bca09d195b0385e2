"""A list of picture addresses in a file: text, an address a line, or CSV with a column `url`."""

import csv
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, side, text

SIZE = 100  # addresses a page
COLUMNS = ("page", "title", "licence", "licence_url", "creator", "attribution", "width", "height")  # beside url


class Urls:
    """A provider whose queries are names of files. In text, blank lines and what follows # are left out."""

    async def pages(self, query: str, first: int = 1) -> AsyncIterator[Candidates]:
        found = read(Path(query))
        for start in range(SIZE * (first - 1), len(found), SIZE):
            yield tuple(found[start : start + SIZE])


def read(path: Path) -> list[Candidate]:
    """The addresses in a file, in its order. Raises SearchError, which names the line, for what is not an address."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise SearchError(f"{path}: cannot be read: {error.strerror}; the urls provider takes a file's name") from None
    except UnicodeDecodeError:
        raise SearchError(f"{path}: not a text in UTF-8; save it as such") from None
    found = []
    for number, candidate in _table(path, lines) if path.suffix.lower() == ".csv" else _plain(lines):
        if not candidate.url.lower().startswith(("http://", "https://")):
            raise SearchError(f'{path}, line {number}: "{candidate.url[:80]}" is not an address of the web; mend it')
        found.append(candidate)
    if not found:
        raise SearchError(f"{path}: no addresses in it; write one a line")
    return found


def _plain(lines: list[str]) -> Iterator[tuple[int, Candidate]]:
    for number, line in enumerate(lines, 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            yield number, Candidate(words[0])


def _table(path: Path, lines: list[str]) -> Iterator[tuple[int, Candidate]]:
    rows = csv.DictReader(lines, skipinitialspace=True)
    try:
        if "url" not in (rows.fieldnames or ()):
            raise SearchError(f'{path}, line 1: no column "url"; name the column of addresses so, or save it as .txt')
        for row in rows:
            yield rows.line_num, _candidate(row)
    except csv.Error as error:
        raise SearchError(f"{path}, line {rows.line_num + 1}: {error}; is a quote before it never closed?") from None


def _candidate(row: dict[str, str | None]) -> Candidate:
    cells = {name: text(row.get(name)) for name in COLUMNS}
    sides = {name: side(cells.pop(name)) for name in ("width", "height")}
    return Candidate(text(row["url"]), **cells, **sides)
