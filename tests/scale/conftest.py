"""A cluster, an object store and a Spark of this machine; nothing leaves its loopback address."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from brandlens.bulk import inputs, output
from brandlens.bulk.blocks import Block, Columns, Limits
from brandlens.bulk.fetch import read_texts
from brandlens.bulk.folders import folder_at
from brandlens.bulk.run import run
from brandlens.bulk.tasks import SentimentTask, revision_of

SMALL = Limits(block_rows=16, batch_rows=8)
CORES = 4  # logical ones


@pytest.fixture(scope="session")
def ray(store: str) -> Iterator[Any]:
    """Ray, with a node of its own, whose workers find the store."""
    module = pytest.importorskip("ray", reason="make test-scale installs it")
    module.init(
        address="local", num_cpus=CORES, _node_ip_address="127.0.0.1", include_dashboard=False,
        object_store_memory=200 << 20, log_to_driver=False, logging_level="error",
    )  # fmt: skip
    yield module
    module.shutdown()


@pytest.fixture(scope="session")
def store() -> Iterator[str]:
    """The address of an S3 of this machine, with the bucket `brand`; fsspec finds it by the environment."""
    server = pytest.importorskip("moto.server", reason="make test-scale installs it")
    s3fs = pytest.importorskip("s3fs")
    running = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    address = f"http://127.0.0.1:{running.get_host_and_port()[1]}"
    set_to = {
        "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    before = {name: os.environ.get(name) for name in set_to}
    os.environ.update(set_to)
    s3fs.S3FileSystem().mkdir("brand")
    yield address
    running.stop()
    for name, value in before.items():
        if value is None:
            os.environ.pop(name)
        else:
            os.environ[name] = value


@dataclass(frozen=True)
class SlowTask:
    """Scores nothing, slowly, and says in a folder which processes do it."""

    pids: str
    model: str
    seconds: float = 0.05
    revision: str = "none"
    limits: Limits = SMALL
    unit: str = "review"

    def load(self, threads: int) -> Callable[[Mapping[str, Any]], Columns]:
        """Return the predictor."""
        Path(self.pids, str(os.getpid())).touch()

        def predict(batch: Mapping[str, Any]) -> Columns:
            time.sleep(self.seconds)
            count = len(batch["id"])
            return {
                "id": list(batch["id"]), "input": list(batch["input"]), "label": ["positive"] * count,
                "score": [1.0] * count, "reason": [None] * count, "error": list(batch["error"]),
                "seconds": [0.0] * count,
            }  # fmt: skip

        return predict

    def read(self, block: Block) -> Iterator[Columns]:
        """Yield the batches of a block."""
        return read_texts(block, self.limits)

    def schema(self) -> Any:
        """Return the schema of the parts."""
        return output.sentiment_schema(False)

    def describe(self) -> dict[str, Any]:
        """Return what results depend on."""
        return {"side": "slow"}


def slow_task(folder: Path) -> SlowTask:
    """Return a task that notes its processes in FOLDER/pids."""
    for name in ("pids", "model"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "model/model.json").write_text("{}")
    return SlowTask(str(folder / "pids"), str(folder / "model"))


@dataclass
class Run:
    """A run into a folder, by an engine: a function of (blocks, task, folder)."""

    engine: Callable[..., Iterator[Any]]
    names: list[str]
    task: Any
    out: str
    columns: inputs.Columns = field(default_factory=lambda: inputs.Columns("text"))

    def __call__(self, **options: Any) -> list[dict[str, Any]]:
        """Run it, or go on with it, and return the rows of its output."""
        if ray := sys.modules.get("ray"):  # whose workers cannot import this module
            ray.cloudpickle.register_pickle_by_value(sys.modules[SlowTask.__module__])
        folder = folder_at(self.out)
        blocks = inputs.texts(self.names, self.columns, self.task.limits)
        run(blocks, self.task, folder, {"inputs": self.names}, engine=partial(self.engine, **options))
        return list(output.read_rows(folder))


def sentiment_task(model: Path) -> SentimentTask:
    """The task of a model, in small blocks."""
    return SentimentTask(str(model), revision_of(str(model)), limits=SMALL)


def write_reviews(path: Path, count: int) -> list[str]:
    """Write a table of so many reviews; return their texts."""
    texts = [f"{('good film', 'bad film', 'great film', 'zzz yyy')[index % 4]} {index}" for index in range(count)]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return texts


def results(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without the seconds that they took."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]
