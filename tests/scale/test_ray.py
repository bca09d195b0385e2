"""Runs on a real Ray: as the local engine's, nothing lost and nothing twice, whatever is killed."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from brandlens.bulk import local
from brandlens.bulk.shipped_model import pack
from brandlens.errors import UserError

from .conftest import Run, SlowTask, results, sentiment_task, slow_task, write_reviews

ray_engine = pytest.importorskip("brandlens.bulk.ray_engine")
MOMENTS = int(os.environ.get("BRANDLENS_KILLS", "2"))  # at which something is killed; 20 in `make test-scale`
HERE = Path(__file__).parent


def test_as_the_local_engine(ray: Any, sentiment_folder: Path, tmp_path: Path) -> None:
    write_reviews(tmp_path / "a.jsonl", 300)
    task, names = sentiment_task(sentiment_folder), [str(tmp_path / "a.jsonl")]
    by_ray = Run(ray_engine.run, names, task, str(tmp_path / "ray"))(workers=2)
    by_local = Run(local.run, names, task, str(tmp_path / "local"))(workers=1)
    assert results(by_ray) == results(by_local)
    assert len(by_ray) == 300 and {row["label"] for row in by_ray} == {"positive", "negative", "unsure"}


def test_ray_data(ray: Any, sentiment_folder: Path, model_folder: Path) -> None:
    from brandlens.bulk.ray_data import DetectLogos, ScoreReviews

    reviews = ray.data.from_items([{"id": index, "input": "good film"} for index in range(10)])
    options: dict[str, Any] = {"batch_size": 4, "concurrency": 1}
    scored = reviews.map_batches(ScoreReviews, fn_constructor_args=[pack(sentiment_folder)], **options).take_all()
    assert sorted(row["id"] for row in scored) == list(range(10))
    assert {(row["label"], row["score"]) for row in scored} == {("positive", 0.6225)}
    pictures = ray.data.from_items([{"id": 0, "input": "a.png", "data": b"no picture"}])
    (row,) = pictures.map_batches(DetectLogos, fn_constructor_args=[pack(model_folder)], **options).take_all()
    assert row["error"].startswith("a.png: not a picture")


def killer(pids: Path, after: float, stop: threading.Event) -> threading.Thread:
    """Start a thread that kills one of the processes that have written their numbers, some time later."""

    def kill() -> None:
        while not stop.is_set() and not list(pids.iterdir()):
            time.sleep(0.01)
        time.sleep(after)
        for pid in sorted(pids.iterdir())[:1]:
            os.kill(int(pid.name), signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_worker_is_killed(ray: Any, tmp_path: Path, moment: int) -> None:
    texts = write_reviews(tmp_path / "a.jsonl", 320)
    task, pids = slow_task(tmp_path), tmp_path / "pids"
    stop = threading.Event()
    thread = killer(pids, random.Random(moment).uniform(0, 1), stop)
    rows = Run(ray_engine.run, [str(tmp_path / "a.jsonl")], task, str(tmp_path / "out"))(workers=2)
    stop.set()
    thread.join()
    assert [row["input"] for row in rows] == texts
    assert len(list(pids.iterdir())) in (2, 3)  # two workers, and one for the killed one, unless all was done


def test_a_worker_that_is_killed_again_and_again(ray: Any, tmp_path: Path) -> None:
    class Deadly(SlowTask):
        def load(self, threads: int) -> Callable[..., Any]:
            del threads
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

    write_reviews(tmp_path / "a.jsonl", 16)
    with pytest.raises(UserError, match=r"part-00000000.*: a worker was killed 4 times"):
        Run(
            ray_engine.run,
            [str(tmp_path / "a.jsonl")],
            Deadly(str(tmp_path), slow_task(tmp_path).model),
            str(tmp_path / "out"),
        )(workers=1)


DRIVER = """
import sys
from pathlib import Path
import ray
sys.path.insert(0, sys.argv[1])
from tests.scale.conftest import Run, slow_task
from brandlens.bulk import ray_engine
ray.init(address="local", num_cpus=4, _node_ip_address="127.0.0.1", include_dashboard=False,
         object_store_memory=200 << 20, log_to_driver=False, logging_level="error")
folder = Path(sys.argv[2])
print("started", flush=True)
rows = Run(ray_engine.run, [str(folder / "a.jsonl")], slow_task(folder), str(folder / "out"))(workers=2)
print(len(rows))
"""


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_the_driver_is_killed(tmp_path: Path, moment: int) -> None:
    pytest.importorskip("ray", reason="make test-scale installs it")
    texts = write_reviews(tmp_path / "a.jsonl", 320)
    command = [sys.executable, "-c", DRIVER, str(HERE.parents[1]), str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout and process.stdout.readline() == b"started\n"
    wait_for_parts = time.monotonic() + 60
    while moment and not list((tmp_path / "out").glob("part-*")) and time.monotonic() < wait_for_parts:
        time.sleep(0.02)
    time.sleep(random.Random(moment).uniform(0, 0.5))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = len(list((tmp_path / "out").glob("part-*")))
    assert done < 20
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    rows = Run(local.run, [str(tmp_path / "a.jsonl")], slow_task(tmp_path), str(tmp_path / "out"))(workers=1)
    assert [row["input"] for row in rows] == texts


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_node_is_killed(tmp_path: Path, moment: int) -> None:
    """In a process of its own: two clusters do not stand side by side in one."""
    pytest.importorskip("ray", reason="make test-scale installs it")
    texts = write_reviews(tmp_path / "a.jsonl", 480)
    program = NODES.replace("NODE_ARGS", "num_cpus=2, object_store_memory=100 << 20")
    parts = random.Random(moment).randrange(20)  # that are there when it is killed, of 30
    command = [sys.executable, "-c", program, str(HERE.parents[1]), str(tmp_path), str(parts)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert finished.stdout.split()[-1] == str(len(texts))


NODES = """
import sys, threading, time
from pathlib import Path
from ray.cluster_utils import Cluster
import ray
sys.path.insert(0, sys.argv[1])
from tests.scale.conftest import Run, slow_task
from brandlens.bulk import ray_engine
cluster = Cluster(initialize_head=True, head_node_args=dict(NODE_ARGS, include_dashboard=False))
second = cluster.add_node(NODE_ARGS)
ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
cluster.wait_for_nodes()
folder = Path(sys.argv[2])

def kill():
    while len(list((folder / "out").glob("part-*"))) < int(sys.argv[3]):
        time.sleep(0.02)
    cluster.remove_node(second, allow_graceful=False)

thread = threading.Thread(target=kill)
thread.start()
rows = Run(ray_engine.run, [str(folder / "a.jsonl")], slow_task(folder), str(folder / "out"))(workers=4)
thread.join()
until = time.monotonic() + 60
while sum(node["Alive"] for node in ray.nodes()) != 1:
    assert time.monotonic() < until
    time.sleep(0.1)
ids = [row["id"] for row in rows]
assert len(set(ids)) == len(ids)
print(len(ids))
"""
