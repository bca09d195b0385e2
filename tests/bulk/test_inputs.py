"""Files, folders, patterns, lists, tables and tar shards → the same rows on every reading, each once."""

import base64
import gc
import io
import json
import os
import pickle
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import fsspec
import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from brandlens.bulk import fetch, inputs
from brandlens.bulk.blocks import Block, Columns, Limits
from brandlens.bulk.inputs import files
from brandlens.errors import UserError

LIMITS = Limits(block_rows=3, batch_rows=2)
PNG = cv2.imencode(".png", np.zeros((4, 5, 3), np.uint8))[1].tobytes()
NAMES = [f"{n}.png" for n in range(7)]


def rows(blocks: Iterator[Block], read: Callable[[Block, Limits], Iterator[Columns]]) -> list[dict]:
    """All rows of blocks that have travelled to another process, read twice; and checks of the blocks."""
    found, progress, keys = [], 0.0, set()
    for index, block in enumerate(blocks):
        assert block.index == index
        assert progress <= block.progress <= 1.0
        progress = block.progress
        keys.add(block.name)
        again = pickle.loads(pickle.dumps(block))
        assert again.name == block.name
        batches = list(read(again, LIMITS))
        assert batches == list(read(block, LIMITS))
        for batch in batches:
            assert 1 <= len(batch["id"]) <= LIMITS.batch_rows
            found += [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
    assert len({row["id"] for row in found}) == len(found)
    assert not found or progress == pytest.approx(1.0)
    return found


def pictures(*names: object, column: str = "path", id_column: str | None = None) -> list[dict]:
    return rows(inputs.pictures(list(map(str, names)), inputs.Columns(column, id_column), LIMITS), fetch.read_pictures)


def texts(*names: object, column: str = "text", id_column: str | None = None) -> list[dict]:
    return rows(inputs.texts(list(map(str, names)), inputs.Columns(column, id_column), LIMITS), fetch.read_texts)


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with seven pictures in folders a and b, and what is no picture."""
    monkeypatch.chdir(tmp_path)
    for at, name in enumerate(NAMES):
        path = Path("album", "ab"[at % 2], name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)
    Path("album/labels.csv").write_text("path\n")
    Path("album/.hidden.png").write_bytes(PNG)
    Path("album/a/odd").write_bytes(b"\0\1\2")
    return Path("album")


def shard(path: Path, *names: str, content: bytes = PNG, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


# Pictures


def test_a_folder(album: Path) -> None:
    found = pictures(album)
    assert [row["id"] for row in found] == [
        *(f"album/a/{n}.png" for n in (0, 2, 4, 6)), "album/a/odd", *(f"album/b/{n}.png" for n in (1, 3, 5)),
    ]  # fmt: skip
    assert [row["data"] == PNG for row in found].count(True) == 7
    assert all(row["error"] is None for row in found)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_a_folder_is_not_waited_for(album: Path) -> None:
    before = [file.name for file in files.walk("album")]
    os.mkfifo(album / "b" / "2.png")
    (album / "b" / "4.png").symlink_to("nowhere.png")
    assert [file.name for file in files.walk("album")] == sorted([*before, "album/b/4.png"])


@pytest.mark.parametrize(
    "names",
    [["album/*/*.png"], ["album/a", "album/b/*.png"], ["album/a", "album/a/0.png", "album/b", "./album/b"]],
    ids=["a pattern", "a folder and a pattern", "named twice"],
)
def test_every_picture_once(album: Path, names: list[str]) -> None:
    del album
    assert sorted(row["id"][-5:] for row in pictures(*names) if "odd" not in row["id"]) == NAMES


def test_single_files_share_blocks(album: Path) -> None:
    names = [f"album/a/{n}.png" for n in (0, 2, 4, 6)]
    blocks = list(inputs.pictures(names, inputs.Columns("path"), LIMITS))
    assert len(blocks) == 2
    assert [row["id"] for row in pictures(*names)] == names


def test_another_content_is_another_block(album: Path) -> None:
    def names() -> list[str]:
        return [block.name for block in inputs.pictures([str(album)], inputs.Columns("path"), LIMITS)]

    before = names()
    assert names() == before
    (album / "a" / "0.png").write_bytes(PNG + b"\0")
    after = names()
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, True]


def test_a_picture_that_is_gone_is_a_row(album: Path) -> None:
    block = next(inputs.pictures([str(album)], inputs.Columns("path"), LIMITS))
    (album / "a" / "0.png").unlink()
    batch = next(fetch.read_pictures(block, LIMITS))
    assert batch["error"] == ["album/a/0.png: no such file", None]


@pytest.mark.parametrize("name", ["none", "none/*.png", "empty"])
def test_a_name_that_stands_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    with pytest.raises(UserError, match=r"no such file|no file matches|no pictures"):
        pictures(name)


def test_a_list_and_tables_of_paths_are_relative_to_themselves(album: Path) -> None:
    lines = ["a/0.png", str(album.absolute() / "b/1.png"), "a/none.png", ""]
    (album / "list.txt").write_text("\n".join(lines))
    (album / "list.csv").write_text("path\n" + "\n".join(lines))
    (album / "list.jsonl").write_text("".join(json.dumps({"path": line}) + "\n" for line in lines))
    parquet.write_table(pyarrow.table({"path": lines}), album / "list.parquet")
    for suffix in (".txt", ".csv", ".jsonl", ".parquet"):
        found = pictures(f"album/list{suffix}")
        assert [row["input"] for row in found[:3]] == lines[:3]
        assert [row["data"] == PNG for row in found[:3]] == [True, True, False]
        assert found[2]["error"].endswith("album/a/none.png: no such file")
        assert all(row["id"].startswith(f"album/list{suffix}#") for row in found)


def test_bytes_in_tables(tmp_path: Path) -> None:
    encoded = base64.b64encode(PNG).decode()
    structs = [{"bytes": PNG, "path": "a.png"}, {"bytes": None, "path": str(tmp_path / "b.png")}, None]
    (tmp_path / "b.png").write_bytes(PNG)
    parquet.write_table(pyarrow.table({"image": structs, "n": ["x", "y", "z"]}), tmp_path / "structs.parquet")
    found = pictures(tmp_path / "structs.parquet", column="image", id_column="n")
    assert [(row["id"], row["data"]) for row in found] == [("x", PNG), ("y", PNG), ("z", None)]
    assert found[2]["error"] == "z: no picture, path or URL"
    parquet.write_table(pyarrow.table({"data": [PNG, b"", None]}), tmp_path / "bytes.parquet")
    assert [row["data"] for row in pictures(tmp_path / "bytes.parquet", column="data")] == [PNG, b"", None]
    (tmp_path / "base64.csv").write_text(f'data\n{encoded}\n"data:image/png;base64,{encoded}"\n')
    assert [row["data"] for row in pictures(tmp_path / "base64.csv", column="data")] == [PNG, PNG]


def test_a_folder_of_parts_is_a_table(tmp_path: Path) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    for at in range(3):
        parquet.write_table(pyarrow.table({"data": [PNG] * 5}), folder / f"part-{at}.parquet", row_group_size=4)
    assert len(pictures(folder, column="data")) == 15


@pytest.mark.parametrize(
    ("table", "message"), [({"a": ["x"]}, 'no column "path"'), ({"path": [[1]]}, "not paths, URLs")]
)
def test_a_table_without_pictures(tmp_path: Path, table: dict, message: str) -> None:
    parquet.write_table(pyarrow.table(table), tmp_path / "table.parquet")
    with pytest.raises(UserError, match=message):
        pictures(tmp_path / "table.parquet")


# Shards


@pytest.mark.parametrize(("suffix", "mode"), [(".tar", "w"), (".tar.gz", "w:gz")])
def test_a_shard(tmp_path: Path, suffix: str, mode: str) -> None:
    path = shard(tmp_path / f"s{suffix}", *NAMES, "0.json", "1.cls", "._0.png", mode=mode)
    assert [(row["id"], row["data"]) for row in pictures(path)] == [(f"{path}/{name}", PNG) for name in NAMES]


def test_a_shard_that_is_cut_short(tmp_path: Path) -> None:
    path = shard(tmp_path / "s.tar", *NAMES)
    path.write_bytes(path.read_bytes()[: 1024 * 4 + 520])
    found = pictures(path)
    assert [row["data"] for row in found[:4]] == [PNG] * 4
    assert all("s.tar" in row["error"] for row in found[4:])
    assert found[4:]


def test_reviews_in_a_shard(tmp_path: Path) -> None:
    path = shard(tmp_path / "s.tar", "a.txt", "b.txt", "c.json", content="schön".encode())
    assert [row["input"] for row in texts(path)] == ["schön", "schön"]
    shard(path, "a.txt", content=b"\xff")
    assert [row["error"] for row in texts(path)] == [f"{path}/a.txt: not UTF-8"]


# Reviews

REVIEWS = ["good", "", "bad\nfilm", "é", "5", "x" * 50, "last"]


@pytest.mark.parametrize("row_group_size", [1, 3, 7, 100])
def test_reviews_in_parquet(tmp_path: Path, row_group_size: int) -> None:
    path = tmp_path / "r.parquet"
    parquet.write_table(pyarrow.table({"text": REVIEWS}), path, row_group_size=row_group_size)
    found = texts(path)
    assert [row["input"] for row in found] == REVIEWS
    assert [row["id"] for row in found] == [f"{path}#{n}" for n in range(1, 8)]
    first, *_, last = inputs.texts([str(path)], inputs.Columns("text"), LIMITS)
    both = list(zip(first.reader.read(), last.reader.read(), strict=False))  # at the same time, and the first abandoned
    assert both[0][0].input == "good"
    assert [row.input for row in last.reader.read()][-1] == "last"


def test_small_row_groups_share_blocks(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    schema = pyarrow.schema([("text", pyarrow.string())])
    with parquet.ParquetWriter(path, schema) as writer:
        for size in (1, 1, 2, 7, 1, 0, 1):
            writer.write_table(pyarrow.table({"text": ["x"] * size}, schema))
    blocks = list(inputs.texts([str(path)], inputs.Columns("text"), LIMITS))
    assert [len(list(block.reader.read())) for block in blocks] == [2, 2, 3, 3, 1, 2]
    assert len(texts(path)) == 13


def test_row_groups_leave_memory_when_they_are_read(tmp_path: Path) -> None:
    """Without a wait for Python's collector of cycles, which counts objects and not their bytes."""
    schema = pyarrow.schema([("image", pyarrow.binary())])
    with parquet.ParquetWriter(tmp_path / "a.parquet", schema, use_dictionary=False, compression="none") as writer:
        for _ in range(8):
            writer.write_table(pyarrow.table({"image": [bytes(1 << 20)] * 2}, schema))
    before, most = pyarrow.total_allocated_bytes(), 0
    gc.disable()
    try:
        for block in inputs.pictures([str(tmp_path / "a.parquet")], inputs.Columns("image"), Limits(1, 1)):
            assert len(list(fetch.rows_of(block))) == 1
            most = max(most, pyarrow.total_allocated_bytes() - before)
    finally:
        gc.enable()
    assert most < 6 << 20  # of 16


def test_reviews_in_several_tables(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,n\ngood,1\nbad,2\n")
    (tmp_path / "b.jsonl").write_text('{"text": "good", "n": "3"}\n{"text": [1], "n": "4"}\n')
    found = texts(tmp_path / "*.csv", tmp_path / "b.jsonl", id_column="n")
    assert [row["input"] for row in found] == ["good", "bad", "good", None]
    assert [row["id"] for row in found][:3] == ["1", "2", "3"]
    assert "b.jsonl, row 2" in found[3]["error"]


def test_blocks_are_bounded_by_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": "x" * size}) + "\n" for size in (10, 5000, 10, 10)))
    limits = Limits(block_rows=100, batch_rows=100, block_bytes=1000, batch_bytes=1000)
    blocks = list(inputs.texts([str(tmp_path / "a.jsonl")], inputs.Columns("text"), limits))
    assert [[len(row.input) for row in block.reader.read()] for block in blocks] == [[10], [5000], [10, 10]]


def test_a_damaged_row_group_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    parquet.write_table(pyarrow.table({"text": ["good"] * 5}), path, compression="none", use_dictionary=False)
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\xff" * 60 + content[64:])
    found = [row for block in inputs.texts([str(path)], inputs.Columns("text"), LIMITS) for row in fetch.rows_of(block)]
    assert found
    assert ["r.parquet: " in (row.error or "") for row in found] == [True] * len(found), found


# URLs


@pytest.fixture
def bucket(album: Path, tmp_path: Path) -> Iterator[str]:
    """A URL of a store with the album, a table, a list and a shard."""
    store = fsspec.filesystem("memory")
    name = tmp_path.name  # of this test alone: others leave theirs in memory
    (album / "r.csv").write_text("text\ngood\nbad\n")
    (album / "list.txt").write_text(f"a/0.png\nmemory://{name}/b/1.png\na/none.png\n")
    parquet.write_table(pyarrow.table({"text": REVIEWS}), album / "r.parquet", row_group_size=5)
    shard(album / "s.tar", *NAMES)
    store.put(str(album), f"/{name}", recursive=True)
    yield f"memory://{name}"
    store.rm(f"/{name}", recursive=True)


def test_pictures_behind_urls(bucket: str) -> None:
    found = pictures(f"{bucket}/a", f"{bucket}/b/*.png")
    assert [row["id"].rpartition("/")[2] for row in found] == [
        "0.png", "2.png", "4.png", "6.png", "odd", "1.png", "3.png", "5.png",
    ]  # fmt: skip
    assert [row["data"] for row in found if "odd" not in row["id"]] == [PNG] * 7
    found = pictures(f"{bucket}/list.txt")
    assert [row["data"] for row in found] == [PNG, PNG, None]
    assert found[2]["error"] == f"{bucket}/a/none.png: no such file"
    assert [row["data"] for row in pictures(f"{bucket}/s.tar")] == [PNG] * 7


def test_reviews_behind_urls(bucket: str) -> None:
    assert [row["input"] for row in texts(f"{bucket}/r.csv")] == ["good", "bad"]
    assert [row["input"] for row in texts(f"{bucket}/r.parquet")] == REVIEWS


def test_a_protocol_without_its_plugin() -> None:
    with pytest.raises(UserError, match=r"^zz://b: zz:// URLs need another protocol; known are s3://"):
        pictures("zz://b")
