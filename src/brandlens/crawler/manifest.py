"""The state of a run as tables: manifest.parquet, the same as CSV, and the makers' credits in ATTRIBUTION.md."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from brandlens.crawler import select
from brandlens.crawler.select import Decision
from brandlens.crawler.state import CrawlState, Entry, Failed, Fetched
from brandlens.datasets.scraped_layout import ATTRIBUTION, CSV, PARQUET
from brandlens.errors import UserError
from brandlens.io import atomic_write

COLUMNS = {  # status: kept, duplicate, removed, failed, or, for the next run, pending or lost
    "url": str, "page": str, "query": str, "provider": str, "negative": bool, "title": str, "licence": str,
    "licence_url": str, "creator": str, "attribution": str, "status": str, "reason": str, "detail": str,
    "duplicate_of": str, "file": str, "sha256": str, "phash": str, "width": int, "height": int, "bytes": int,
    "fetched_at": str,
}  # fmt: skip

Row = dict[str, Any]


def rows(state: CrawlState, decisions: Mapping[str, Decision]) -> list[Row]:
    """Return a row for each address, by search and rank.

    decisions: on each address that was fetched. The phash is 16 hexadecimal digits; width and height are those of the
    file, or what the provider states.
    """
    return [_row(entry, decisions) for entry in sorted(state.entries.values(), key=lambda entry: entry.priority)]


def _row(entry: Entry, decisions: Mapping[str, Decision]) -> Row:
    candidate, outcome = entry.candidate, entry.outcome
    row = dict.fromkeys(COLUMNS) | {name: value for name, value in vars(candidate).items() if value != ""}
    row |= {"query": entry.search.query, "provider": entry.search.provider, "negative": entry.search.negative}
    row["attribution"] = candidate.attribution or _credit(candidate.title, candidate.creator, candidate.licence)
    row["status"] = "pending"
    if isinstance(outcome, Failed):
        row |= {"status": "failed", "reason": outcome.reason, "detail": outcome.detail}
        row |= {"fetched_at": outcome.failed_at}
    elif isinstance(outcome, Fetched):
        decision = decisions[candidate.url]
        row |= {"status": decision.status, "duplicate_of": decision.duplicate_of or None, "sha256": outcome.sha256}
        row |= {"phash": f"{outcome.phash:016x}", "width": outcome.width, "height": outcome.height}
        row |= {"bytes": outcome.num_bytes, "fetched_at": outcome.fetched_at}
        if decision.status == "kept":
            row["file"] = select.target_path(Path(), entry, outcome).as_posix()
    return row


def _credit(title: str, creator: str, licence: str) -> str | None:
    """Return one line of credit from what is known; None where nothing is."""
    words = [f'"{title}"' if title else "", f"by {creator}" if creator else "", f"({licence})" if licence else ""]
    return " ".join(word for word in words if word) or None


def write(folder: Path, table: Sequence[Row]) -> None:
    """Write all three files, each complete or not at all. Raises UserError for one that cannot be written."""
    arrow = import_pyarrow()
    types = {str: arrow.string(), bool: arrow.bool_(), int: arrow.int64()}
    schema = arrow.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    parquet = io.BytesIO()
    arrow.parquet.write_table(arrow.Table.from_pylist(list(table), schema), parquet, compression="zstd")
    _write_file(folder / PARQUET, parquet.getvalue())
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    _write_file(folder / CSV, text.getvalue().encode("utf-8", "backslashreplace"))
    _write_file(folder / ATTRIBUTION, attribution(table).encode("utf-8", "backslashreplace"))


def attribution(table: Sequence[Row]) -> str:
    """Return Markdown that credits the makers of the kept pictures, by licence; those without one come last."""
    by_licence: dict[str, list[Row]] = {}
    for row in table:
        if row["status"] == "kept":
            by_licence.setdefault(row["licence"] or "", []).append(row)
    parts = ["# Attribution\n\nWhere the pictures in this folder come from. Written by `brandlens logo collect`.\n"]
    for licence, licensed in sorted(by_licence.items(), key=lambda pair: (not pair[0], pair[0])):
        url = next((row["licence_url"] for row in licensed if _is_web_address(row["licence_url"])), None)
        heading = _escape_markdown(licence) or "Licence unknown: ask their owners before you publish them"
        parts.append(f"\n## {heading}\n\n")
        parts.append(f"<{_escape_url(url)}>\n\n" if url else "")
        parts += map(_credit_line, licensed)
    return "".join(parts)


def _credit_line(row: Row) -> str:
    credit = (row["attribution"] or "no title").rstrip(".")
    url = row["page"] if _is_web_address(row["page"]) else row["url"]
    return f"- `{row['file']}`: {_escape_markdown(credit)}, <{_escape_url(url)}>\n"


def _is_web_address(url: str | None) -> bool:
    return (url or "").startswith(("https://", "http://"))


def _escape_markdown(text: str) -> str:
    """Escape a stranger's text so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~&])", r"\\\1", text)


def _escape_url(url: str) -> str:
    """Escape a stranger's address so that it cannot end the <> around it."""
    return re.sub(r"[<>\s\\]", lambda match: f"%{ord(match[0]):02X}", url)


def _write_file(path: Path, content: bytes) -> None:
    try:
        with atomic_write(path) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None


def import_pyarrow() -> Any:
    """Import pyarrow, which collecting needs and running a model does not. Raises UserError where it is missing."""
    try:
        import pyarrow.parquet  # noqa: PLC0415, see above
    except ModuleNotFoundError:
        raise UserError('collecting pictures needs pyarrow; run: pip install "brandlens[collect]"') from None
    return pyarrow
