"""A block → batches of columns for a predictor; the bytes of pictures are read ahead by several threads."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from brandlens import filesystems, images
from brandlens.bulk.blocks import Block, Columns, InputRow, Limits, group
from brandlens.bulk.prefetch import in_order
from brandlens.errors import UserError

THREADS = 4  # that read files of this machine
URL_THREADS = 32  # that read URLs, where waiting is most of the time


def rows_of(block: Block) -> Iterator[InputRow]:
    """Yield the rows of a block; where its file is gone or damaged, the last one says so."""
    try:
        yield from block.reader.read()
    except UserError as error:
        yield InputRow(block.name, None, str(error))


def read_texts(block: Block, limits: Limits) -> Iterator[Columns]:
    """Yield batches of reviews: id, input (the text, or a value that is none) and error."""
    for rows in group(rows_of(block), limits.batch_rows, limits.batch_bytes):
        yield {
            "id": [row.id for row in rows],
            "input": [row.input for row in rows],
            "error": [row.error for row in rows],
        }


def read_pictures(block: Block, limits: Limits, max_pixels: int = images.MAX_PIXELS) -> Iterator[Columns]:
    """Yield batches of pictures: id, input (the name), data (the bytes) and error."""

    def fetched(row: InputRow) -> InputRow:
        return fetch(row, max_pixels)

    def ahead(rows: Iterator[InputRow]) -> Iterator[InputRow]:
        for first in rows:
            threads = URL_THREADS if filesystems.is_url(first.location) else THREADS
            yield from (future.result() for future in in_order(fetched, chain([first], rows), threads))

    for rows in group(ahead(rows_of(block)), limits.batch_rows, limits.batch_bytes):
        yield {
            "id": [row.id for row in rows],
            "input": [row.input for row in rows],
            "data": [row.data for row in rows],
            "error": [row.error for row in rows],
        }


def fetch(row: InputRow, max_pixels: int) -> InputRow:
    """Return a row with its picture's bytes, or with the reason why there are none."""
    if row.error or row.data is not None:
        return row
    if not row.location:
        return row._replace(error=f"{row.id}: no picture")
    try:
        if filesystems.is_url(row.location):
            return row._replace(data=filesystems.read_bytes(row.location))
        return row._replace(data=images.read_bytes(Path(row.location), max_pixels))
    except (UserError, ValueError, OSError) as error:
        return row._replace(error=str(error))
