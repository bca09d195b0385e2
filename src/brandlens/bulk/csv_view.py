"""The parts of a run as one flat CSV file, for people and spreadsheets."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from brandlens.bulk import output
from brandlens.bulk.folders import Folder
from brandlens.io import atomic_write
from brandlens.sentiment.explain import Span, to_cell
from brandlens.sentiment.score_file import format_terms
from brandlens.sentiment.score_writers import csv_line

BOX = ("label", "score", "left", "top", "width", "height")
COLUMNS = {  # by side
    "logo": ["id", "picture", *BOX, "error"],
    "sentiment": ["id", "text", "label", "score", "error"],
    "explained": ["id", "text", "label", "score", "words", "error"],
}

Row = dict[str, Any]


def write_csv(path: Path, folder: Folder, kind: str, labels: Sequence[str] = (), with_terms: bool = False) -> None:
    """Write all rows, whole or not at all.

    kind: a key of COLUMNS. labels: of a model of more than two, whose scores are columns too.
    with_terms: whether there is a column of terms. Of pictures there is a
    row a detection, and one with an empty label for a picture without any.
    """
    flat: Callable[[Row], Iterator[Row]] = _detections if kind == "logo" else _review
    columns = list(COLUMNS[kind])
    if len(labels) > 2:
        after = columns.index("score") + 1
        columns[after:after] = [f"score_{label}" for label in labels]
    if with_terms:
        columns.insert(columns.index("error"), "terms")
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_line(columns))
        for row in output.read_rows(folder):
            for cells in flat(row):
                file.write(csv_line([cells.get(name) for name in columns]))


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
