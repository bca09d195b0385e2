"""Threads that run models, while the event loop goes on."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """So many threads, which take what is to be run in turn."""

    def __init__(self, count: int, name: str) -> None:
        self.count = count
        self.pool = ThreadPoolExecutor(count, name)

    async def run(self, function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Return what a function returns; it is not run where the caller is cancelled before."""
        return await asyncio.wrap_future(self.pool.submit(function, *args, **options))

    async def run_all(self, functions: Sequence[Callable[[], T]]) -> list[T]:
        """Return what functions return, of which no more wait at once than there are threads.

        So those of another request need not wait for all of them. When one raises, those that have not begun are not
        run.
        """
        window = asyncio.Semaphore(self.count)

        async def run(function: Callable[[], T]) -> T:
            async with window:
                return await self.run(function)

        tasks = [asyncio.create_task(run(function)) for function in functions]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:  # all done, unless one of them raised
                task.cancel()

    def close(self) -> None:
        """Run nothing more."""
        self.pool.shutdown(wait=False, cancel_futures=True)
