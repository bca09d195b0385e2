"""One queue of jobs for each host, so that a slow host delays its own jobs only."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")


class HostQueues(Generic[Job]):
    """Handles every job that is put, at most `max_per_host` of a host at a time, in tasks of the group."""

    def __init__(self, tasks: asyncio.TaskGroup, handle: Callable[[Job], Awaitable[None]], max_per_host: int) -> None:
        self._tasks, self._handle, self._max_per_host = tasks, handle, max_per_host
        self._queues: defaultdict[str, deque[Job]] = defaultdict(deque)
        self._num_workers: Counter[str] = Counter()

    def put(self, host: str, job: Job) -> None:
        """Queue a job behind the others of its host."""
        self._queues[host].append(job)
        if self._num_workers[host] < self._max_per_host:
            self._num_workers[host] += 1
            self._tasks.create_task(self._run_worker(host))

    async def _run_worker(self, host: str) -> None:
        queue = self._queues[host]
        while queue:
            await self._handle(queue.popleft())
        self._num_workers[host] -= 1
