"""Threads that run models: all results in order, and nothing that is begun for a request that has failed."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from brandlens.serve.threads import Threads


@pytest.fixture
def threads() -> Iterator[Threads]:
    """Two threads."""
    made = Threads(2, "test")
    yield made
    made.close()


@pytest.mark.parametrize("count", [0, 1, 7])
def test_results_are_in_order(threads: Threads, count: int) -> None:
    def slower_first(number: int) -> int:
        time.sleep(0.01 * (count - number))
        return number

    assert asyncio.run(threads.run_all([partial(slower_first, number) for number in range(count)])) == list(
        range(count)
    )


def test_after_one_that_raises_no_other_begins(threads: Threads) -> None:
    begun, release = list[int](), threading.Event()

    def wait(number: int) -> None:
        begun.append(number)
        release.wait(10)

    def fail() -> None:
        raise ValueError("no picture")

    async def request(functions: list[Callable[[], None]]) -> None:
        with pytest.raises(ValueError, match="no picture"):
            await threads.run_all(functions)
        release.set()
        await asyncio.sleep(0.1)  # in which others would begin

    asyncio.run(request([partial(wait, 0), fail, *(partial(wait, number) for number in range(1, 6))]))
    assert len(begun) <= 2  # what ran already, and what the thread that was free took before the error was known
    assert asyncio.run(threads.run_all([lambda: "another request"])) == ["another request"]
