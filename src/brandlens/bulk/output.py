"""The output of a run: Parquet parts of one schema, one a block, and _SUCCESS when all are there."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from brandlens.bulk.blocks import Block, Columns
from brandlens.bulk.folders import Folder
from brandlens.datasets.reviews import TWO_LABELS
from brandlens.io import import_pyarrow, write_json

SUCCESS, JOB = "_SUCCESS", "_job.json"
PART = re.compile(r"part-(\d{8,})-[0-9a-f]{12}\.parquet")  # see `Block.name`; other writers name theirs otherwise
COUNTS = b"brandlens"  # the key, in a part's metadata, of its counts
ROW_GROUP = 16 << 20  # bytes in memory of a group of rows, more or less
DIGITS = re.compile(r"\d[\d,.]*")


def arrow() -> Any:
    """Return the package pyarrow. Raises UserError where it is missing."""
    return import_pyarrow("--out: a folder of Parquet parts needs", "bulk")


def logo_schema() -> Any:
    """Return the schema of detections.

    id: unique in the folder. input: the picture's path or URL. width, height: of the displayed picture in pixels; null
    where there is an error. detections: label, score (0 to 1), and left, top, width and height in pixels. error: why
    there is no result, or null. seconds: that the picture took.
    """
    pa = arrow()
    box = [(side, pa.int32()) for side in ("left", "top", "width", "height")]
    detection = pa.struct([("label", pa.string()), ("score", pa.float32()), *box])
    return _schema([("width", pa.int32()), ("height", pa.int32()), ("detections", pa.list_(detection))])


def sentiment_schema(explained: bool, labels: Sequence[str] = TWO_LABELS, with_terms: bool = False) -> Any:
    """Return the schema of scores.

    id: unique in the folder. input: the review. label: one of the model's, or unsure; score: of two labels the
    probability of the last one, positive, of more that of the label; scores, of more than two: of each label by its
    name; all null where there is an error. reason: why the review is unsure, or null. words, if explained: what each
    adds to the score; spans: parts of the text in characters that matter, likewise. terms, if wanted: the clause about
    each, its label, score and sentiment, -1 to 1. error: why there is no result, or null. seconds: the review's share
    of the time that its batch took.
    """
    pa = arrow()
    of_labels = pa.struct([(label, pa.float64()) for label in labels])
    scores = [("scores", of_labels)] if len(labels) > 2 else []
    word = pa.list_(pa.struct([("word", pa.string()), ("change", pa.float64())]))
    span = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("change", pa.float64())]))
    words = [("words", word), ("spans", span)] if explained else []
    numbers = [("score", pa.float64()), ("sentiment", pa.float64())]
    term = pa.list_(pa.struct([*((name, pa.string()) for name in ("term", "clause", "label")), *numbers]))
    terms = [("terms", term)] if with_terms else []
    label, reason = [("label", pa.string()), ("score", pa.float64())], [("reason", pa.string())]
    return _schema([*label, *scores, *reason, *words, *terms])


def _schema(results: list[tuple[str, Any]]) -> Any:
    pa = arrow()
    return pa.schema([
        ("id", pa.string()), ("input", pa.string()), *results, ("model_revision", pa.string()),
        ("error", pa.string()), ("seconds", pa.float32()),
    ])  # fmt: skip


class Counts(Counter[str]):
    """How many rows there are, under "rows", and how many have an error, by reason."""

    def add(self, columns: Columns) -> None:
        """Count the rows of a batch of results."""
        self["rows"] += len(columns["id"])
        for name, error in zip(columns["input"], columns["error"], strict=True):
            if error:
                self[reason(error, name)] += 1

    @property
    def errors(self) -> dict[str, int]:
        """The number of rows by reason, the commonest first."""
        return {reason: count for reason, count in self.most_common() if reason != "rows"}


def reason(error: str, name: object = None) -> str:
    """Return the kind of an error: without the name of the row that it begins with, nor numbers, nor how to fix it."""
    text = error.removeprefix(f"{name}: ")
    if ": " in text and (text is error):
        text = text.partition(": ")[2]
    return DIGITS.sub("N", text.partition(";")[0])[:80]


def write_part(folder: Folder, block: Block, results: Iterable[Columns], schema: Any, revision: str) -> Counts:
    """Write the results of a block as its part, a batch at a time, and return their counts.

    results: batches as predictors return them. revision: of the model. Raises OSError where the folder takes no file.
    """
    pa, counts = arrow(), Counts()
    with folder.open(block.name) as path, pa.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        tables = []
        for columns in results:
            counts.add(columns)
            filled = {**columns, "model_revision": pa.repeat(revision, len(columns["id"]))}
            arrays = [pa.array(filled[field.name], field.type) for field in schema]
            tables.append(pa.Table.from_arrays(arrays, schema=schema))
            if sum(table.nbytes for table in tables) > ROW_GROUP:
                writer.write_table(pa.concat_tables(tables))
                tables.clear()
        if tables:
            writer.write_table(pa.concat_tables(tables))
        writer.add_key_value_metadata({COUNTS: json.dumps(counts)})
    return counts


def read_counts(folder: Folder, name: str) -> Counts | None:
    """Return the counts of a part; None for one that is damaged, as after a loss of power."""
    pa = arrow()
    with folder.read(name) as file:
        try:
            return Counts(json.loads(pa.parquet.read_metadata(file).metadata[COUNTS]))
        except (pa.ArrowException, OSError, ValueError, TypeError, KeyError):
            return None


def finished(folder: Folder) -> dict[int, str]:
    """Return the names of the parts in a folder by the index of their block."""
    return {int(match[1]): match[0] for match in map(PART.fullmatch, folder.files()) if match}


def write_success(folder: Folder, parts: int, counts: Mapping[str, int]) -> None:
    """Write _SUCCESS, which says that all parts are there, with their number and the counts of their rows."""
    with folder.open(SUCCESS) as path:
        write_json({"parts": parts, **counts}, path)


def read_rows(folder: Folder) -> Iterator[dict[str, Any]]:
    """Yield the rows of all parts, in the order of their blocks."""
    pa = arrow()
    for _, name in sorted(finished(folder).items()):
        with folder.read(name) as file:
            for batch in pa.parquet.ParquetFile(file).iter_batches(1024):
                yield from batch.to_pylist()
