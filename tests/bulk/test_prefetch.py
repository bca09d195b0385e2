"""Calls computed ahead: in order, not too far, and an error is raised where it belongs."""

import threading
import time

import pytest

from brandlens.bulk.prefetch import in_order


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 20])
def test_in_order(threads: int, count: int) -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.01 if number % 3 == 0 else 0)
        return number * number

    results = [future.result() for future in in_order(slow_first, range(count), threads)]
    assert results == [number * number for number in range(count)]


def test_no_more_than_two_a_thread_ahead() -> None:
    begun: list[int] = []
    results = in_order(begun.append, range(100), 2)
    next(results).result()
    time.sleep(0.05)
    assert len(begun) <= 4
    results.close()


def test_an_error_is_raised_in_its_place() -> None:
    def picky(number: int) -> int:
        if number == 1:
            raise ValueError("one")
        return number

    first, second, third = in_order(picky, range(3), 2)
    assert (first.result(), third.result()) == (0, 2)
    with pytest.raises(ValueError, match="one"):
        second.result()


def test_closing_it_cancels_what_has_not_begun() -> None:
    begun: list[int] = []
    go = threading.Event()

    def wait(number: int) -> None:
        begun.append(number)
        go.wait(5)

    results = in_order(wait, range(50), 1)
    threading.Timer(0.05, go.set).start()
    next(results)
    results.close()
    assert len(begun) <= 2
