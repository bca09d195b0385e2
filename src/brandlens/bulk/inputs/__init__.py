"""Names on a command line → the blocks of a run: files, folders, patterns, lists, tables and tar shards."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from brandlens import filesystems
from brandlens.bulk.blocks import Block, Limits, Piece, number
from brandlens.bulk.inputs import files
from brandlens.bulk.inputs.parquet import pieces_of_parquet
from brandlens.bulk.inputs.shards import is_shard, pieces_of_shard
from brandlens.bulk.inputs.tables import Columns, ToRow, picture, pieces_of_rows, review
from brandlens.datasets import tables
from brandlens.errors import UserError

__all__ = ["Columns", "pictures", "texts"]


def pictures(names: Sequence[str], columns: Columns, limits: Limits) -> Iterator[Block]:
    """Yield the pictures behind names in blocks.

    A name is a picture, a folder (of pictures, with all below it, or of a table's parts), a pattern, a table with a
    column of paths, URLs or bytes, a list of names (.txt), or a tar shard. Raises UserError, one line, for a name that
    stands for nothing, and for a table that cannot be read.
    """
    return number(_shared(_pictures(files.expand(names), columns, limits)))


def texts(names: Sequence[str], columns: Columns, limits: Limits) -> Iterator[Block]:
    """Yield the reviews behind names in blocks.

    A name is a table, a folder of its parts, a pattern, or a tar shard with a text (.txt) a review. Raises UserError as
    `pictures` does.
    """
    return number(_shared(_texts(files.expand(names), columns, limits)))


Share = tuple[Iterator[Piece], float, float]  # the pieces of a name, where its share of the input begins, and the share


def _shared(shares: Iterator[Share]) -> Iterator[Piece]:
    """Yield all pieces, with their progress over all names: each name's are given with its start and its share."""
    for pieces, start, share in shares:
        for piece in pieces:
            yield Piece(piece.reader, start + share * piece.progress)


def _pictures(names: Sequence[str], columns: Columns, limits: Limits) -> Iterator[Share]:
    single = list[str]()
    for index, name in enumerate(names):
        kind = _kind(name)
        if kind == "file":  # those that stand side by side share blocks
            single.append(name)
            if index + 1 < len(names) and len(single) < limits.block_rows and _kind(names[index + 1]) == "file":
                continue
            found = files.Names(tuple(map(files.stat_or_missing, single)))
            yield iter([Piece(found, 1.0)]), (index + 1 - len(single)) / len(names), len(single) / len(names)
            single = []
        elif kind == "shard":
            yield pieces_of_shard(name, False, limits), index / len(names), 1 / len(names)
        elif kind == "folder":
            yield files.pieces_of_folder(name, limits.block_rows), index / len(names), 1 / len(names)
        else:
            yield _of_table(name, columns, limits, picture), index / len(names), 1 / len(names)


def _texts(names: Sequence[str], columns: Columns, limits: Limits) -> Iterator[Share]:
    for index, name in enumerate(names):
        pieces = pieces_of_shard(name, True, limits) if is_shard(name) else _of_table(name, columns, limits, review)
        yield pieces, index / len(names), 1 / len(names)


def _of_table(name: str, columns: Columns, limits: Limits, to_row: ToRow) -> Iterator[Piece]:
    """Yield the pieces of a table, or of each of its parts."""
    parts = list(map(str, tables.list_parts(filesystems.to_path(name))))
    for index, part in enumerate(parts):
        of_format = pieces_of_parquet if tables.suffix_of(filesystems.to_path(part)) == ".parquet" else pieces_of_rows
        for piece in of_format(part, columns, limits, to_row):
            yield Piece(piece.reader, (index + piece.progress) / len(parts))


def _kind(name: str) -> str:
    """Return what a name of pictures stands for: shard, table, folder or file."""
    if is_shard(name):
        return "shard"
    if files.is_folder(name):
        return "table" if _is_table(name) else "folder"
    return "table" if tables.suffix_of(PurePosixPath(name)) in tables.READERS else "file"


def _is_table(folder: str) -> bool:
    """Return whether a folder holds the parts of a table and nothing else."""
    try:
        parts = tables.list_parts(filesystems.to_path(folder))
    except UserError:
        return False
    return all(tables.suffix_of(part) in tables.READERS for part in parts)
