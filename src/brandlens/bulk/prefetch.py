"""Work done ahead by threads: calls on every core, their results handed over in order; the next item of an iterable."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")


def in_order(call: Callable[[T], R], items: Iterable[T], threads: int) -> Generator[Future[R], None, None]:
    """Yield the future of `call(item)` for each item, in their order, computed by a pool of threads.

    At most two calls a thread are submitted ahead of the consumer. Threads suffice where libraries that release the
    interpreter do the work. What a call raises, its future raises. Closing the generator waits for the calls that run
    and cancels the others.
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


def ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """Yield the items; while the consumer has one, a thread computes the next. What the iterable raises is raised."""
    rest, end = iter(items), object()
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, rest, end)
        while (item := following.result()) is not end:
            following = pool.submit(next, rest, end)
            yield cast(T, item)
