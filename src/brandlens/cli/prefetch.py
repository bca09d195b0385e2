"""Work done ahead on every core, and handed over in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T, R = TypeVar("T"), TypeVar("R")


def in_order(call: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[Future[R]]:
    """`call` of each item, in their order, run by as many threads; no more than two calls a thread ahead of who asks.

    Threads suffice where the work is done by libraries that let others run meanwhile. What a call raises, its future
    raises. Whoever stops asking has waited for the calls that run, and no others begin.
    """
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(call, item))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
    finally:
        pool.shutdown(cancel_futures=True)
