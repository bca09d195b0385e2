"""Tune the C library's allocator for training."""

import contextlib
import ctypes


def tune_malloc() -> None:
    """Have glibc keep freed memory for the next step instead of giving it back and asking for it anew.

    Every training step frees and takes the same hundreds of megabytes, and page faults cost it dearly without this
    (benchmarks/memory.py). Nothing happens where the C library is another.
    """
    mmap_max, trim_threshold, top_pad, arena_max = -4, -1, -2, -8  # names from malloc.h
    with contextlib.suppress(OSError, AttributeError, TypeError):
        tune = ctypes.CDLL(None).mallopt
        for option, value in ((mmap_max, 0), (trim_threshold, 2**31 - 1), (top_pad, 2**28), (arena_max, 1)):
            tune(option, value)
