"""The parts of a run as one flat CSV file, for people and spreadsheets: see `score_writers.spreadsheet_line`."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from brandlens.bulk import output
from brandlens.bulk.folders import Folder
from brandlens.io import atomic_write
from brandlens.sentiment.explain import Span, to_cell
from brandlens.sentiment.score_file import column_names, format_terms
from brandlens.sentiment.score_writers import spreadsheet_line

DETECTIONS = ("id", "picture", "label", "score", "left", "top", "width", "height", "error")

Row = dict[str, Any]
Writer = Callable[[Path, Folder], None]


def write_detections(path: Path, folder: Folder) -> None:
    """Write a row a detection, and one with an empty label for a picture without any; whole or not at all."""
    _write(path, folder, DETECTIONS, _detections)


def scores_writer(explained: bool, labels: Sequence[str], with_terms: bool) -> Writer:
    """Return a function that writes a row a review, whole or not at all. For the arguments see `column_names`."""
    return partial(_write, columns=("id", *column_names(explained, labels, with_terms), "error"), flatten=_review)


def _write(path: Path, folder: Folder, columns: Sequence[str], flatten: Callable[[Row], Iterator[Row]]) -> None:
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(spreadsheet_line(columns))
        for row in output.read_rows(folder):
            for cells in flatten(row):
                file.write(spreadsheet_line([cells.get(name) for name in columns]))


def _detections(row: Row) -> Iterator[Row]:
    shared = {"id": row["id"], "picture": row["input"], "error": row["error"]}
    for detection in row["detections"] or [{}]:
        score = {"score": round(detection["score"], 4)} if detection else {}
        yield {**shared, **detection, **score}


def _review(row: Row) -> Iterator[Row]:
    spans = [Span(span["start"], span["end"], span["change"]) for span in row.get("spans") or []]
    words = to_cell(row["input"] or "", spans)
    scores = {f"score_{label}": score for label, score in (row.get("scores") or {}).items()}
    yield {**row, **scores, "text": row["input"], "words": words, "terms": format_terms(row.get("terms") or [])}
