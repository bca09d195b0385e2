"""Detections of `brandlens logo detect` and the dates of pictures → how many pictures show a logo, by period."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from brandlens import exif_dates
from brandlens.datasets import tables
from brandlens.errors import UserError
from brandlens.sentiment.summary import dates

PICTURE, INPUT, DATE = "picture", "input", "date"  # columns; input is that of a Parquet folder


@dataclass
class Sightings:
    """Pictures with a date, counted. pictures: by period; labels: pictures that show each label, by period.

    undated: pictures without a date. unread: pictures that detection could not read.
    """

    pictures: Counter[date] = field(default_factory=Counter)
    labels: defaultdict[str, Counter[date]] = field(default_factory=lambda: defaultdict(Counter))
    undated: int = 0
    unread: int = 0

    def by_period(self, period: str) -> "Sightings":
        """Return the same by day, week or month."""
        merged = Sightings(undated=self.undated, unread=self.unread)
        for day, count in self.pictures.items():
            merged.pictures[dates.period_start(day, period)] += count
        for label, days in self.labels.items():
            for day, count in days.items():
                merged.labels[label][dates.period_start(day, period)] += count
        return merged


def read(path: Path, manifest: Path | None = None, date_format: str | None = None) -> Sightings:
    """Return the sightings by day.

    path: what `brandlens logo detect` wrote: JSON, CSV or a folder of Parquet parts. manifest: a table with the columns
    picture and date; None: each picture's EXIF, for which the files must be where they were.
    Raises UserError for a table without these columns, and where no picture has a date.
    """
    known = _read_manifest(manifest, date_format) if manifest else None
    result, seen = Sightings(), dict[str, date | None]()
    counted = set[tuple[str, str]]()
    for name, labels, error in _pictures(path):
        if error:
            result.unread += 1
            continue
        if name not in seen:
            seen[name] = day = (
                known.get(name) or known.get(Path(name).name) if known is not None else _taken(name, path)
            )
            if day:
                result.pictures[day] += 1
            else:
                result.undated += 1
        if taken := seen[name]:
            for label in labels:
                if (name, label) not in counted:
                    counted.add((name, label))
                    result.labels[label][taken] += 1
    if not result.pictures:
        fix = "name those in the manifest" if manifest else "give a table with picture and date by --sightings-dates"
        raise UserError(f"--sightings {path}: no picture with a date; {fix}")
    return result


def _pictures(path: Path) -> Iterator[tuple[str, list[str], bool]]:
    """Yield each row's picture, labels, and whether it could not be read."""
    names = tables.column_names(path)
    column = next((name for name in (PICTURE, INPUT) if name in names), None)
    if column is None or ("detections" not in names and "label" not in names):
        raise UserError(
            f"--sightings {path}: no detections; make them with: brandlens logo detect PICTURES --format json > F.json"
        )
    for row in tables.read_rows(path, column, optional=("detections", "label", "error", "frame")):
        if row.problem:
            if row.values or 'no "picture"' not in row.problem:  # the summary of a video has no picture
                yield "", [], True
            continue
        yield row.text, _labels(row.values), bool(row.values.get("error"))


def _labels(values: Mapping[str, Any]) -> list[str]:
    detections = values.get("detections")
    if isinstance(detections, list):
        return sorted({str(each["label"]) for each in detections if isinstance(each, dict) and each.get("label")})
    return [str(values["label"])] if values.get("label") else []


def _taken(name: str, table: Path) -> date | None:
    for place in (Path(name), table.parent / name):
        try:
            return exif_dates.read_date(place)
        except (OSError, ValueError):
            continue
    return None


def _read_manifest(path: Path, date_format: str | None) -> dict[str, date]:
    format, known = dates.DateFormat(date_format), dict[str, date]()
    for row in tables.read_rows(path, PICTURE, [DATE]):
        format.add(row.values.get(DATE), f"row {row.number}")
    format.decide(f'{path}, column "{DATE}"')
    for row in tables.read_rows(path, PICTURE, [DATE]):
        if taken := format.read(row.values.get(DATE)):
            known[row.text] = known[Path(row.text).name] = taken
    return known
