"""The ledger as tables: manifest.parquet, the same as CSV, and whom to thank in ATTRIBUTION.md."""

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

COLUMNS = {  # status: kept, duplicate, removed, refused, or, for the next run, waiting or lost
    "url": str, "page": str, "query": str, "provider": str, "negative": bool, "title": str, "licence": str,
    "licence_url": str, "creator": str, "attribution": str, "status": str, "reason": str, "detail": str,
    "duplicate_of": str, "file": str, "sha256": str, "fingerprint": str, "width": int, "height": int, "bytes": int,
    "fetched_at": str,
}  # fmt: skip

Row = dict[str, Any]


def rows(ledger: CrawlState, found: Mapping[str, Decision]) -> list[Row]:
    """A row an address, by search and rank; `found` holds the verdict on each that was fetched.

    fingerprint: 16 hexadecimal digits. width, height: as stored, or stated.
    """
    return [_row(entry, found) for entry in sorted(ledger.entries.values(), key=lambda entry: entry.order)]


def _row(entry: Entry, found: Mapping[str, Decision]) -> Row:
    candidate, came = entry.candidate, entry.outcome
    row = dict.fromkeys(COLUMNS) | {name: value for name, value in vars(candidate).items() if value != ""}
    row |= {"query": entry.search.query, "provider": entry.search.provider, "negative": entry.search.negative}
    row |= {"attribution": candidate.attribution or _credit(candidate.title, candidate.creator, candidate.licence)}
    row["status"] = "waiting"
    if isinstance(came, Failed):
        row |= {"status": "refused", "reason": came.reason, "detail": came.detail, "fetched_at": came.at}
    elif isinstance(came, Fetched):
        verdict = found[candidate.url]
        row |= {"status": verdict.status, "duplicate_of": verdict.of or None, "sha256": came.sha256}
        row |= {"fingerprint": f"{came.fingerprint:016x}", "width": came.width, "height": came.height}
        row |= {"bytes": came.size, "fetched_at": came.at}
        if verdict.status == "kept":
            row["file"] = select.target_path(Path(), entry, came).as_posix()
    return row


def _credit(title: str, creator: str, licence: str) -> str | None:
    """One line of thanks, of what there is."""
    words = [f'"{title}"' if title else "", f"by {creator}" if creator else "", f"({licence})" if licence else ""]
    return " ".join(word for word in words if word) or None


def write(folder: Path, table: Sequence[Row]) -> None:
    """All three files, each whole or not at all."""
    arrow = pyarrow()
    kinds = {str: arrow.string(), bool: arrow.bool_(), int: arrow.int64()}
    schema = arrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    sink = io.BytesIO()
    arrow.parquet.write_table(arrow.Table.from_pylist(list(table), schema), sink, compression="zstd")
    _whole(folder / PARQUET, sink.getvalue())
    text = io.StringIO()
    out = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    out.writeheader()
    out.writerows(table)
    _whole(folder / CSV, text.getvalue().encode("utf-8", "backslashreplace"))
    _whole(folder / ATTRIBUTION, attribution(table).encode("utf-8", "backslashreplace"))


def attribution(table: Sequence[Row]) -> str:
    """The kept pictures with their makers, by licence; those of which none is known come last."""
    licences: dict[str, list[Row]] = {}
    for row in table:
        if row["status"] == "kept":
            licences.setdefault(row["licence"] or "", []).append(row)
    parts = ["# Attribution\n\nWhere the pictures in this folder come from. Written by `brandlens logo collect`.\n"]
    for licence, some in sorted(licences.items(), key=lambda pair: (not pair[0], pair[0])):
        addresses = (row["licence_url"] or "" for row in some)
        address = next((each for each in addresses if each.startswith(("https://", "http://"))), None)
        parts.append(f"\n## {_plain(licence) or 'Licence unknown: ask their owners before you publish them'}\n\n")
        parts.append(f"<{_link(address)}>\n\n" if address else "")
        parts += map(_thanks, some)
    return "".join(parts)


def _thanks(row: Row) -> str:
    credit = (row["attribution"] or "no title").rstrip(".")
    shown = row["page"] if (row["page"] or "").startswith(("https://", "http://")) else row["url"]
    return f"- `{row['file']}`: {_plain(credit)}, <{_link(shown)}>\n"


def _plain(text: str) -> str:
    """A stranger's text, of which Markdown makes nothing but text."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~&])", r"\\\1", text)


def _link(address: str) -> str:
    """A stranger's address, which cannot end the <> around it."""
    return re.sub(r"[<>\s\\]", lambda sign: f"%{ord(sign[0]):02X}", address)


def _whole(path: Path, content: bytes) -> None:
    try:
        with atomic_write(path) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None


def pyarrow() -> Any:
    """The package, which collecting needs and running a model does not."""
    try:
        import pyarrow.parquet  # noqa: PLC0415, see above
    except ModuleNotFoundError:
        raise UserError('collecting pictures needs pyarrow; run: pip install "brandlens[collect]"') from None
    return pyarrow
