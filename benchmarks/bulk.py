"""What runs into a folder cost: rows a second of the core alone and of each engine, and memory over millions of rows.

    python benchmarks/bulk.py rates [--ray] [--spark]     # the engines and the core, in one run
    python benchmarks/bulk.py memory --short 2000000 --long 100000 --pictures 20000

Needs `models/` and `data/` of the demo. Prints one JSON object. Memory is the resident set of the command and all of
its processes together, looked at four times a second; shared pages count for each of them, so the real sum is less.
"""

import argparse
import csv
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow
from pyarrow import parquet

from brandlens import onnx_runtime
from brandlens.bulk import inputs, local
from brandlens.bulk.blocks import Block, Limits
from brandlens.bulk.folders import LocalFolder
from brandlens.bulk.run import run
from brandlens.bulk.tasks import LogoTask, SentimentTask, Task, labels_of, revision_of

MODELS, PICTURES, SAMPLE = Path("models"), Path("data/logo/pictures/images"), Path("data/sentiment/sample.csv")
ROUNDS = 3
PROGRAM = "from brandlens.cli.main import main; main()"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figure", choices=("rates", "memory"))
    parser.add_argument("--ray", action="store_true", help="rates on Ray, too, with one actor and two")
    parser.add_argument("--spark", action="store_true", help="rates on Spark, too, with a core and two")
    parser.add_argument("--reviews", type=int, default=65_536, help="of rates; default: %(default)s")
    parser.add_argument("--short", type=int, default=0, help="short reviews to stream")
    parser.add_argument("--long", type=int, default=0, help="long reviews to stream")
    parser.add_argument("--pictures", type=int, default=0, help="pictures to stream (of rates: 64)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figure = {"rates": rates, "memory": memory}[arguments.figure]
        print(json.dumps(figure(Path(folder), arguments), indent=2))


# Rows a second


def rates(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return rows a second of the core alone and of each engine, and what each engine costs beside the core."""
    reviews, pictures = folder / "reviews.parquet", folder / "pictures.parquet"
    write_reviews(reviews, sample_texts(), arguments.reviews)
    write_pictures(pictures, arguments.pictures or 64)
    columns = inputs.Columns("value")
    model = str(MODELS / "sentiment")
    score = SentimentTask(model, revision_of(model), False, labels_of(model))
    detect = LogoTask(str(MODELS / "logo"), revision_of(str(MODELS / "logo")), limits=Limits(4, 4))  # short, so small
    return {
        "cores": onnx_runtime.cores(),
        "reviews": compare(score, partial(inputs.texts, [str(reviews)], columns, score.limits), folder, arguments),
        "pictures": compare(
            detect, partial(inputs.pictures, [str(pictures)], columns, detect.limits), folder, arguments
        ),
    }


def compare(task: Task, blocks: Callable[[], Iterator], folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one task: the core, given all batches in memory, and the engines, which read and write.

    Rows a second are those after the first block of each worker; of ROUNDS rounds the best. The overhead of one worker
    is that of a block, each run at once after the core has had its batches, in time and in processor time, which a busy
    machine disturbs less: the median over all blocks.
    """
    of_blocks = [(block, list(task.read(block))) for block in blocks()]
    num_rows = sum(len(batch["id"]) for _, batches in of_blocks for batch in batches)
    predictor, out = task.load(onnx_runtime.cores()), LocalFolder(str(folder / "out"))
    out.path.mkdir(exist_ok=True)

    def timed_call(call: Callable, *of_call: Any) -> np.ndarray:
        start = time.perf_counter(), time.process_time()
        call(*of_call)
        return np.array([time.perf_counter() - start[0], time.process_time() - start[1]])

    def core(batches: list) -> None:
        for batch in batches:
            predictor(batch)

    def part(block: Block) -> None:
        local.run_block(block, task, predictor, out)

    core(of_blocks[0][1])  # what is allocated once
    pairs = [
        (timed_call(core, batches), timed_call(part, block)) for _ in range(ROUNDS) for block, batches in of_blocks
    ]
    overhead = np.median([own / alone for alone, own in pairs], axis=0) - 1

    def engine(call: Callable, workers: int) -> tuple[float, float]:
        """Return rows a second, and seconds until the first blocks began."""
        ends, start = list[tuple[float, int]](), time.perf_counter()
        shutil.rmtree(out.path, ignore_errors=True)

        def timed(*of_run: Any) -> Iterator:
            for block, counts in call(*of_run, workers=workers):
                ends.append((time.perf_counter(), counts["rows"]))
                yield block, counts

        counts = run(blocks(), task, out, {}, engine=timed)
        assert counts["rows"] == num_rows
        first = ends[workers - 1][0]
        speed = sum(rows for _, rows in ends[workers:]) / (ends[-1][0] - first)
        return speed, first - start - sum(rows for _, rows in ends[:workers]) / speed

    calls = {"local, 1 worker": (local.run, 1), "local, 2 workers": (local.run, 2)}
    if arguments.ray:
        from brandlens.bulk import ray_engine  # noqa: PLC0415, only where Ray is installed

        calls |= {"ray, 1 actor": (ray_engine.run, 1), "ray, 2 actors": (ray_engine.run, 2)}
    measured = {name: [engine(*call) for _ in range(ROUNDS)] for name, call in calls.items()}
    if arguments.spark:
        measured |= {f"spark, {cores} core{'s'[: cores - 1]}": spark(task, folder, cores, num_rows) for cores in (1, 2)}
    sizes = [sum(len(batch["id"]) for batch in batches) for _, batches in of_blocks] * ROUNDS
    speeds = [size / alone[0] for size, (alone, _) in zip(sizes, pairs, strict=True) if size == max(sizes)]
    return {
        "rows": num_rows,
        "rows_per_second": {"core": round(max(speeds), 1)}
        | {name: round(max(speed for speed, _ in runs), 1) for name, runs in measured.items()},
        "overhead_of_a_block": {"time": round(float(overhead[0]), 3), "processor_time": round(float(overhead[1]), 3)},
        "start_seconds": {name: round(min(start for _, start in runs), 1) for name, runs in measured.items()},
    }


def spark(task: Task, folder: Path, cores: int, num_rows: int) -> list[tuple[float, float]]:
    """Return rows a second and seconds of the start, of ROUNDS rounds after a first one in which workers start."""
    from pyspark.sql import SparkSession, functions  # noqa: PLC0415, only where Spark is installed

    from brandlens.bulk import spark as udfs  # noqa: PLC0415

    os.environ["PYSPARK_PYTHON"] = sys.executable  # of its workers
    builder = SparkSession.builder.master(f"local[{cores}]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    is_logo = isinstance(task, LogoTask)
    batch = 32 if is_logo else 4096  # rows that a worker gets at once
    start = time.perf_counter()
    session = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", batch).getOrCreate()
    frame = session.read.parquet(str(folder / f"{'pictures' if is_logo else 'reviews'}.parquet")).repartition(2 * cores)
    frame = frame.cache()
    assert frame.count() == num_rows
    name = functions.lit("picture")
    udf = udfs.detect_udf(task.model)(name, "value") if is_logo else udfs.score_udf(task.model)("value")
    query = frame.select(udf.alias("result"))
    ends = [time.perf_counter()]
    for _ in range(ROUNDS + 1):
        query.write.mode("overwrite").parquet(str(folder / "spark"))
        ends.append(time.perf_counter())
    session.stop()
    seconds = [ends[index + 1] - ends[index] for index in range(1, ROUNDS + 1)]
    return [(num_rows / of_round, ends[1] - start - min(seconds)) for of_round in seconds]


# Memory


def memory(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the memory of the command over many short reviews, long ones and pictures, with one giant of each."""
    texts, measured = sample_texts(), dict[str, Any]()
    if arguments.short:
        path = folder / "short.csv"
        write_reviews(path, texts, arguments.short)
        measured["short"] = stream(["sentiment", "score", "--column", "value", "--file", str(path)], folder)
        path.unlink()
    if arguments.long:
        path, article = folder / "long.parquet", " ".join(texts[:60])
        write_reviews(path, [article[at:] + article[:at] for at in range(100)], arguments.long, ["good " * 2_000_000])
        measured["long"] = stream(["sentiment", "score", "--column", "value", "--file", str(path)], folder)
        path.unlink()
    if arguments.pictures:
        path = folder / "pictures.parquet"
        write_pictures(path, arguments.pictures, [giant()])
        measured["pictures"] = stream(["logo", "detect", "--column", "value", str(path)], folder)
    return measured


def stream(words: list[str], folder: Path) -> dict[str, Any]:
    """Run a command into a folder, and return its rows, seconds and memory in MB, in all and by tenths of the time."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    model = str(MODELS / words[0])
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words, "--model", model, "--out", str(out)], stdout=subprocess.PIPE, text=True
    )
    curve: list[float] = []
    done = threading.Event()
    thread = threading.Thread(target=lambda: sample(process.pid, curve, done))
    thread.start()
    printed = process.communicate()[0].strip()
    done.set()
    thread.join()
    seconds = time.perf_counter() - start
    tenth = max(1, len(curve) // 10)
    tenths = [curve[at : at + tenth] for at in range(0, len(curve), tenth)]
    return {
        "printed": printed.replace(str(out), "out"), "exit_code": process.returncode, "seconds": round(seconds),
        "largest_mb": round(max(curve)), "largest_of_each_tenth_mb": [round(max(part)) for part in tenths],
    }  # fmt: skip


def sample(pid: int, curve: list[float], done: threading.Event) -> None:
    """Append the resident MB of a process and those below it to the curve until done."""
    while not done.wait(0.25):
        if total := sum(map(resident, tree(pid))):
            curve.append(total / 2**20)


def tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    try:
        lists = [(task / "children").read_text().split() for task in Path(f"/proc/{pid}/task").iterdir()]
        below = [int(child) for child in itertools.chain.from_iterable(lists)]
    except OSError:
        return [pid]
    return [pid, *itertools.chain.from_iterable(map(tree, below))]


def resident(pid: int) -> int:
    """Return the resident bytes of a process; 0 for one that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


# Inputs


def sample_texts() -> list[str]:
    """Return the reviews of the sample."""
    with SAMPLE.open(newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def write_reviews(path: Path, texts: list[str], count: int, extra: list[str] = []) -> None:  # noqa: B006, read only
    """Write so many reviews, those given again and again, and in the middle the extra ones, as CSV or Parquet."""
    endless = itertools.cycle(texts)
    values = itertools.chain(
        itertools.islice(endless, count // 2), extra, itertools.islice(endless, count - count // 2)
    )
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(itertools.chain([["value"]], ([value] for value in values)))
        return
    write_parquet(path, values, pyarrow.string())


def write_pictures(path: Path, count: int, extra: list[bytes] = []) -> None:  # noqa: B006, read only
    """Write so many pictures of the demo, again and again, and in the middle the extra ones, as bytes in Parquet."""
    endless = itertools.cycle([file.read_bytes() for file in sorted(PICTURES.glob("*.jpg"))])
    half = itertools.islice(endless, count // 2)
    write_parquet(path, itertools.chain(half, extra, itertools.islice(endless, count - count // 2)), pyarrow.binary())


def write_parquet(path: Path, values: Iterator, kind: Any) -> None:
    """Write one column in row groups of a thousand."""
    schema = pyarrow.schema([("value", kind)])
    with parquet.ParquetWriter(path, schema, use_dictionary=False) as writer:
        while part := list(itertools.islice(values, 1000)):
            writer.write_table(pyarrow.table({"value": part}, schema))


def giant() -> bytes:
    """Return a JPEG of 100 megapixels."""
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", cv2.resize(noise, (10_000, 10_000)))[1])


if __name__ == "__main__":
    main()
