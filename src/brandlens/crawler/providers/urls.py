"""A file of picture addresses: text, one a line, or CSV with a column `url`."""

import csv
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, to_line, to_positive_int

PAGE_SIZE = 100  # addresses
TEXT_COLUMNS = ("page", "title", "licence", "licence_url", "creator", "attribution")


class Urls:
    """A provider whose queries are names of files. In text, blank lines and what follows # are ignored."""

    async def pages(self, query: str, first_page: int = 1) -> AsyncGenerator[Candidates, None]:
        candidates = read(Path(query))
        for start in range(PAGE_SIZE * (first_page - 1), len(candidates), PAGE_SIZE):
            yield tuple(candidates[start : start + PAGE_SIZE])


def read(path: Path) -> list[Candidate]:
    """Read the addresses in a file, in its order. Raises SearchError, which names the line that is no address."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise SearchError(f"{path}: cannot be read: {error.strerror}; the urls provider takes a file's name") from None
    except UnicodeDecodeError:
        raise SearchError(f"{path}: not a text in UTF-8; save it as UTF-8") from None
    candidates = []
    for number, candidate in _read_csv(path, lines) if path.suffix.lower() == ".csv" else _read_text(lines):
        if not candidate.url.lower().startswith(("http://", "https://")):
            raise SearchError(f'{path}, line {number}: "{candidate.url[:80]}" is not an address of the web; correct it')
        candidates.append(candidate)
    if not candidates:
        raise SearchError(f"{path}: no addresses in it; write one a line")
    return candidates


def _read_text(lines: list[str]) -> Iterator[tuple[int, Candidate]]:
    for number, line in enumerate(lines, 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            yield number, Candidate(words[0])


def _read_csv(path: Path, lines: list[str]) -> Iterator[tuple[int, Candidate]]:
    rows = csv.DictReader(lines, skipinitialspace=True)
    try:
        if "url" not in (rows.fieldnames or ()):
            raise SearchError(f'{path}, line 1: no column "url"; name the column of addresses so, or save it as .txt')
        for row in rows:
            yield rows.line_num, _candidate(row)
    except csv.Error as error:
        raise SearchError(f"{path}, line {rows.line_num + 1}: {error}; is a quote before it never closed?") from None


def _candidate(row: dict[str, str | None]) -> Candidate:
    texts = {name: to_line(row.get(name)) for name in TEXT_COLUMNS}
    return Candidate(
        to_line(row["url"]), **texts, width=to_positive_int(row.get("width")), height=to_positive_int(row.get("height"))
    )
