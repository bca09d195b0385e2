"""The engine of a cluster: the blocks of a run on actors of Ray, each with a predictor of its own.

The unit of a run is a block, whose part an actor writes to the folder by itself, as the local engine's workers do: what
a killed actor, node or driver leaves undone is begun anew, and what has a part is not. Ray Data's own row checkpoint is
not used, see docs/scale.md.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from brandlens.bulk import shipped_model
from brandlens.bulk.blocks import Block
from brandlens.bulk.folders import Folder
from brandlens.bulk.local import Result, run_block
from brandlens.bulk.tasks import Predictor, Task
from brandlens.errors import UserError

AHEAD = 2  # blocks that an actor has or waits for
MAX_RETRIES = 3  # of a block whose actor or node was killed, without a part in between
LOOPBACK = "127.0.0.1"


def run(
    blocks: Iterable[Block], task: Task, folder: Folder, workers: int | None = None, address: str | None = None
) -> Iterator[Result]:
    """Write the part of every block, in whatever order, and yield each block with its counts.

    workers: actors, of one core each; None for as many as the cluster has cores. address: of a cluster, as
    `ray.init` takes it; None starts one on this machine. The folder must be one that all nodes reach. Raises UserError
    where Ray is missing or does not start, where the folder takes no part, and where a block's actors die again and
    again.
    """
    ray = import_ray()
    with started(ray, address):
        files = ray.put(shipped_model.pack(task.model))  # type: ignore[attr-defined]  # of both tasks
        actor = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Worker)
        pool = _Pool(ray, lambda: actor.remote(task, [files], folder), workers)
        yield from pool.run(iter(blocks))


class _Pool:
    """Actors that share blocks; those that die are replaced while the cluster has cores for it."""

    def __init__(self, ray: Any, start: Callable[[], Any], workers: int | None) -> None:
        self.ray, self.start = ray, start
        self.actors: set[Any] = set()
        self.running: dict[Any, tuple[Block | None, Any]] = {}  # what is waited for: a block, or that an actor is there
        self.free: list[Any] = []  # an actor as often as it can take a block
        self.wanted = workers or self.cores()
        self.fill()

    def cores(self) -> int:
        """Return how many cores the cluster has by now."""
        return max(1, int(self.ray.cluster_resources().get("CPU", 1)))

    def fill(self) -> None:
        """Start actors, as many as are wanted and have a core; none has a block before it is there."""
        while len(self.actors) < max(1, min(self.wanted, self.cores())):
            actor = self.start()
            self.actors.add(actor)
            self.running[actor.ready.remote()] = (None, actor)

    def run(self, blocks: Iterator[Block]) -> Iterator[Result]:
        """Yield each block with its counts when its part is written. Raises UserError."""
        again = deque[Block]()
        deaths = Counter[str]()
        while True:
            while self.free and (block := again.popleft() if again else next(blocks, None)) is not None:
                actor = self.free.pop()
                self.running[actor.run.remote(block)] = (block, actor)
            if self.free and all(block is None for block, _ in self.running.values()):
                return
            (done,), _ = self.ray.wait(list(self.running), num_returns=1)
            block, actor = self.running.pop(done)
            try:
                counts = self.ray.get(done)
            except self.ray.exceptions.RayTaskError as error:
                if isinstance(error.cause, UserError):
                    raise UserError(str(error.cause)) from None
                raise
            except self.ray.exceptions.RayError as error:  # its process or its node is dead
                self.drop(actor)
                if block is not None:
                    again.append(block)
                deaths[block.name if block else ""] += 1
                (name, count), *_ = deaths.most_common(1)
                if count > MAX_RETRIES:
                    raise UserError(
                        f"{name or 'start'}: a worker was killed {count} times, for lack of memory maybe; rerun with "
                        f"fewer --workers ({type(error).__name__})"
                    ) from None
                self.fill()
                continue
            if block is None:
                self.free += [actor] * AHEAD
            else:
                deaths.clear()
                if actor in self.actors:
                    self.free.append(actor)
                yield block, counts

    def drop(self, actor: Any) -> None:
        """Count an actor as dead."""
        self.actors.discard(actor)
        self.free = [other for other in self.free if other != actor]
        self.ray.kill(actor, no_restart=True)


class Worker:
    """An actor: it loads the predictor with its first block, and writes the parts of blocks."""

    def __init__(self, task: Task, files: list[Any], folder: Folder) -> None:
        """Begin without a predictor. files: in a list, Ray's reference to the files of the model."""
        self.task, self.files, self.folder = task, files, folder
        self.predictor: Predictor | None = None

    def ready(self) -> None:
        """Do nothing: who calls it knows that the actor has started."""

    def run(self, block: Block) -> Any:
        """Write the part of a block and return its counts. Raises UserError."""
        if self.predictor is None:
            model = str(shipped_model.unpack(import_ray().get(self.files[0])))
            self.predictor = replace(self.task, model=model).load(1)  # type: ignore[type-var]  # both are dataclasses
        return run_block(block, self.task, self.predictor, self.folder)


def import_ray() -> Any:
    """Import Ray. Raises UserError, one line with the command that installs it, when it is missing."""
    try:
        import ray  # noqa: PLC0415, heavy
        import ray.exceptions  # noqa: PLC0415
    except ModuleNotFoundError:
        raise UserError('--engine ray needs Ray; run: pip install "brandlens[ray]"') from None
    return ray


@contextmanager
def started(ray: Any, address: str | None) -> Iterator[None]:
    """Connect to a cluster, or start one on this machine, while the block runs; one that is connected stays so.

    Raises UserError where none answers.
    """
    if ray.is_initialized():
        yield
        return
    of_own = {"_node_ip_address": LOOPBACK, "include_dashboard": False}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level="error", **({} if address else of_own))
    except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"--address {address or 'none'}: Ray does not start or answer: {reason}") from None
    try:
        yield
    finally:
        ray.shutdown()
