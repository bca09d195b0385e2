"""The best few of each bucket: those that sorting all of them gives, in whatever order they come."""

import random

from hypothesis import given
from hypothesis import strategies as st

from brandlens.sentiment.top_k import TopK

ITEMS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4), st.integers(0, 6)), max_size=30)


def test_nothing() -> None:
    top = TopK[str](3)
    assert (top.of("a"), top.buckets()) == ([], [])
    assert top.is_wanted("a", (1,), 1)


@given(ITEMS, st.integers(1, 4), st.integers(0, 99))
def test_the_best_of_all(items: list[tuple[str, int, int]], k: int, seed: int) -> None:
    top = TopK[tuple[int, int]](k)
    random.Random(seed).shuffle(items)
    for bucket, rank, key in items:
        top.add(bucket, (rank,), key, (rank, key))
    for bucket in "ab":
        best: dict[int, int] = {}
        for _, rank, key in (item for item in items if item[0] == bucket):
            best[key] = min(rank, best.get(key, rank))
        assert top.of(bucket) == sorted((rank, key) for key, rank in best.items())[:k]
    assert sorted(top.buckets()) == sorted({bucket for bucket, _, _ in items})
