"""Runs into a folder: every row once, whatever was killed, refused or damaged in between."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow
import pyarrow.dataset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from brandlens.bulk import local
from brandlens.bulk.blocks import Block
from brandlens.bulk.folders import LocalFolder
from brandlens.bulk.output import Counts, finished, read_rows
from brandlens.bulk.run import run as run_with
from brandlens.errors import UserError
from brandlens.io import locked
from tests.bulk.conftest import LengthTask, blocks_of

TEXTS = [f"text {n}" for n in range(10)]
SOURCE = {"inputs": ["t.csv"]}


KILLS = int(os.environ.get("BRANDLENS_KILLS", "1"))  # at how many moments; test-scale takes more

ROOT = str(Path(__file__).parents[2])
run = partial(run_with, engine=partial(local.run, workers=1))  # in this process, which is quicker
in_processes = partial(run_with, engine=partial(local.run, workers=2))


def ids(folder: LocalFolder) -> list[str]:
    return [row["id"] for row in read_rows(folder)]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let worker processes import the task of these tests."""
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    return LocalFolder(str(tmp_path / "out"))


def stopping(after: int) -> object:
    """An engine that is interrupted after so many blocks."""

    def engine(blocks: Iterable[Block], task: LengthTask, folder: LocalFolder) -> Iterator[tuple[Block, Counts]]:
        for number, result in enumerate(local.run(blocks, task, folder, workers=1), 1):
            yield result
            if number == after:
                raise KeyboardInterrupt

    return engine


def recording(done: list[int]) -> object:
    """An engine that notes the blocks it is given."""

    def engine(blocks: Iterable[Block], task: LengthTask, folder: LocalFolder) -> Iterator[tuple[Block, Counts]]:
        for block, counts in local.run(blocks, task, folder, workers=1):
            done.append(block.index)
            yield block, counts

    return engine


# What is written


def test_a_run_of_nothing(task: LengthTask, folder: LocalFolder) -> None:
    assert run([], task, folder, SOURCE) == {}
    assert folder.files() == ["_SUCCESS", "_job.json"]


def test_a_run(task: LengthTask, folder: LocalFolder) -> None:
    counts = run(blocks_of("a", None, "ccc", "", "é"), task, folder, SOURCE)
    assert counts == {"rows": 5, "no text": 1}
    assert [(row["id"], row["input"], row["score"], row["error"]) for row in read_rows(folder)] == [
        ("#0", "a", 1.0, None), ("#1", None, None, "t.csv, row 1: no text"), ("#2", "ccc", 3.0, None),
        ("#3", "", 0.0, None), ("#4", "é", 1.0, None),
    ]  # fmt: skip
    assert json.loads(folder.read("_SUCCESS").read()) == {"parts": 2, "rows": 5, "no text": 1}
    table = pyarrow.dataset.dataset(folder.name, format="parquet").to_table()  # as pandas opens a folder
    assert table.column_names == [
        "id", "input", "label", "score", "reason", "model_revision", "error", "seconds",
    ]  # fmt: skip

    assert table["model_revision"].to_pylist() == ["r1"] * 5


@pytest.mark.skipif(KILLS < 2, reason="starts several processes")
def test_two_workers_write_what_one_does(task: LengthTask, folder: LocalFolder, tmp_path: Path) -> None:
    one = LocalFolder(str(tmp_path / "one"))
    run(blocks_of(*TEXTS), task, one, SOURCE)
    in_processes(blocks_of(*TEXTS), task, folder, SOURCE)
    assert folder.files() == one.files()
    assert list(read_rows(folder)) == list(read_rows(one))


# Runs that were stopped


@settings(max_examples=25)
@given(st.integers(0, 23), st.integers(1, 6), st.lists(st.integers(1, 4), max_size=4))
def test_every_row_is_there_once_however_often_a_run_is_stopped(
    tmp_path_factory: pytest.TempPathFactory, num_rows: int, size: int, stops: list[int]
) -> None:
    folder, task = LocalFolder(str(tmp_path_factory.mktemp("out"))), LengthTask()
    blocks = blocks_of(*map(str, range(num_rows)), size=size)
    for stop in stops:
        try:
            run(blocks, task, folder, SOURCE, engine=stopping(stop))
        except KeyboardInterrupt:
            assert "_SUCCESS" not in folder.files()
    counts = run(blocks, task, folder, SOURCE)
    assert ids(folder) == [f"#{n}" for n in range(num_rows)]
    assert counts["rows"] == num_rows
    assert "_SUCCESS" in folder.files()


def test_what_is_done_is_not_done_again(task: LengthTask, folder: LocalFolder) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(blocks_of(*TEXTS), task, folder, SOURCE, engine=stopping(2))
    done: list[int] = []
    assert run(blocks_of(*TEXTS), task, folder, SOURCE, engine=recording(done)) == {"rows": 10}
    assert done == [2]
    run(blocks_of(*TEXTS), task, folder, SOURCE, engine=recording(done))
    assert done == [2]


@pytest.mark.parametrize("damage", ["deleted", "empty", "cut", "being written"])
def test_a_part_that_is_not_whole_is_written_again(task: LengthTask, folder: LocalFolder, damage: str) -> None:
    run(blocks_of(*TEXTS), task, folder, SOURCE)
    part = folder.path / finished(folder)[1]
    whole = part.read_bytes()
    if damage == "being written":
        part.rename(part.with_name(f".4711.{part.name}"))
    else:
        part.unlink()
    if damage in ("empty", "cut"):
        part.write_bytes(whole[: len(whole) // 2 if damage == "cut" else 0])
    done: list[int] = []
    run(blocks_of(*TEXTS), task, folder, SOURCE, engine=recording(done))
    assert done == [1]
    assert len(ids(folder)) == 10
    assert not list(folder.path.glob(".*"))


def test_success_is_gone_while_a_part_is_written_again(task: LengthTask, folder: LocalFolder) -> None:
    run(blocks_of(*TEXTS), task, folder, SOURCE)
    folder.delete(finished(folder)[2])
    with pytest.raises(KeyboardInterrupt):
        run(blocks_of(*TEXTS), task, folder, SOURCE, engine=stopping(1))
    assert "_SUCCESS" not in folder.files()


def test_blocks_with_errors_are_redone_on_request(task: LengthTask, folder: LocalFolder) -> None:
    run(blocks_of("a", "b", None, size=1), task, folder, SOURCE)
    done: list[int] = []
    run(blocks_of("a", "b", None, size=1), task, folder, SOURCE, engine=recording(done), retry_errors=True)
    assert done == [2]
    assert "_SUCCESS" in folder.files()


# Folders that are refused


def test_another_run_at_the_same_time_is_refused(task: LengthTask, folder: LocalFolder) -> None:
    folder.path.mkdir()
    with locked(folder.path), pytest.raises(UserError, match="another run is writing it"):
        run(blocks_of(*TEXTS), task, folder, SOURCE)
    assert folder.files() == []


@pytest.mark.parametrize(
    ("other", "source", "message"),
    [
        pytest.param({"revision": "r2"}, SOURCE, 'revision was "r1", and is "r2"', id="model"),
        pytest.param({}, {"inputs": ["u.csv"]}, r'inputs was \["t.csv"\], and is \["u.csv"\]', id="input"),
        pytest.param({}, {**SOURCE, "column": "b"}, 'column was null, and is "b"', id="column"),
    ],
)
def test_another_job_is_refused_and_may_overwrite(
    task: LengthTask, folder: LocalFolder, other: dict, source: dict, message: str
) -> None:
    run(blocks_of(*TEXTS), task, folder, SOURCE)
    with pytest.raises(UserError, match=message):
        run(blocks_of(*TEXTS), replace(task, **other), folder, source)
    assert len(ids(folder)) == 10
    run(blocks_of("a"), replace(task, **other), folder, source, overwrite=True)
    assert ids(folder) == ["#0"]


@pytest.mark.parametrize("texts", [["other", *TEXTS[1:]], TEXTS[:4]], ids=["changed", "fewer"])
def test_an_input_that_has_changed_is_refused(task: LengthTask, folder: LocalFolder, texts: list[str]) -> None:
    run(blocks_of(*TEXTS), task, folder, SOURCE)
    with pytest.raises(UserError, match=r"part-0000000\d-.* is of another input"):
        run(blocks_of(*texts), task, folder, SOURCE)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("thesis.txt", id="anything"),
        pytest.param("part-one.txt", id="named like a part"),
        pytest.param("part-1.parquet", id="a table's part"),
        pytest.param("part-00000-5a1bfb1c-32d0-4cd5-9fd4-8a1c0b3b6f2e-c000.snappy.parquet", id="Spark's"),
    ],
)
def test_a_folder_with_other_files_is_left_alone(task: LengthTask, folder: LocalFolder, name: str) -> None:
    folder.path.mkdir()
    (folder.path / name).write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(UserError, match=f"holds other files, such as {re.escape(name)}"):
            run(blocks_of(*TEXTS), task, folder, SOURCE, overwrite=overwrite)
    assert folder.files() == [name]


def test_a_full_disk_is_one_line_and_the_rerun_goes_on(
    task: LengthTask, folder: LocalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = parquet.ParquetWriter.write_table, []

    def full(self: parquet.ParquetWriter, *arguments: object, **options: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        write(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(parquet.ParquetWriter, "write_table", full)
        with pytest.raises(UserError, match=r"out: cannot be written: No space left on device"):
            run(blocks_of(*TEXTS), task, folder, SOURCE)
    assert len(ids(folder)) == 4
    run(blocks_of(*TEXTS), task, folder, SOURCE)
    assert len(ids(folder)) == 10


# Processes that are killed

DRIVER = """
import sys
from functools import partial
from brandlens.bulk import local
from brandlens.bulk.folders import LocalFolder
from brandlens.bulk.run import run
from tests.bulk.conftest import LengthTask, blocks_of

if __name__ == "__main__":
    run(blocks_of(*map(str, range(200))), LengthTask(seconds=0.01), LocalFolder(sys.argv[1]), {},
        engine=partial(local.run, workers=int(sys.argv[2])))
"""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_worker_that_is_killed_costs_nothing(folder: LocalFolder, tmp_path: Path, seed: int) -> None:
    fuse = tmp_path / "fuse"
    fuse.touch()
    at = random.Random(seed).randrange(len(TEXTS) + 1)
    texts = [*TEXTS[:at], "kill", *TEXTS[at:]]
    in_processes(blocks_of(*texts), LengthTask(fuse=str(fuse)), folder, {})
    assert not fuse.exists()
    assert ids(folder) == [f"#{n}" for n in range(11)]


@pytest.mark.skipif(KILLS < 2, reason="starts many processes")
def test_a_block_that_kills_its_worker_again_and_again_ends_the_run(folder: LocalFolder) -> None:
    with pytest.raises(UserError, match="a worker was killed 3 times"):
        in_processes(blocks_of("kill", *TEXTS), LengthTask(), folder, {})
    assert "_SUCCESS" not in folder.files()


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_driver_that_is_killed_loses_nothing(folder: LocalFolder, tmp_path: Path, seed: int) -> None:
    (tmp_path / "driver.py").write_text(DRIVER)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, *sys.path])}
    workers = str(1 + (KILLS > 1))
    driver = subprocess.Popen([sys.executable, str(tmp_path / "driver.py"), folder.name, workers], env=environment)
    num_parts = random.Random(seed).randrange(1, 40)
    while len(finished(folder)) < num_parts and driver.poll() is None:
        time.sleep(0.005)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    assert len(finished(folder)) >= num_parts
    counts = run(blocks_of(*map(str, range(200))), LengthTask(), folder, {})
    assert counts == {"rows": 200}
    assert ids(folder) == [f"#{n}" for n in range(200)]
