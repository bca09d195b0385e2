"""Jobs in one lane a host, so that a slow host holds up its own jobs only."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")


class HostQueues(Generic[Job]):
    """Does `work` on every job that is put, `width` at a time of each host, as tasks of the group."""

    def __init__(self, tasks: asyncio.TaskGroup, work: Callable[[Job], Awaitable[None]], width: int) -> None:
        self._tasks, self._work, self._width = tasks, work, width
        self._lanes: defaultdict[str, deque[Job]] = defaultdict(deque)
        self._busy: Counter[str] = Counter()

    def put(self, host: str, job: Job) -> None:
        """A job to be done when its host's turn comes."""
        self._lanes[host].append(job)
        if self._busy[host] < self._width:
            self._busy[host] += 1
            self._tasks.create_task(self._run(host))

    async def _run(self, host: str) -> None:
        lane = self._lanes[host]
        while lane:
            await self._work(lane.popleft())
        self._busy[host] -= 1
