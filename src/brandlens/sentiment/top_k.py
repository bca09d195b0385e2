"""The best few of each bucket, out of any number of items, in memory that does not grow with them."""

from bisect import insort
from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Order = tuple[Any, ...]  # of values that can be compared


class TopK(Generic[Item]):
    """Keeps the k best items of each bucket; which these are does not depend on the order in which items come.

    An item has a rank, the best the least, and a key, which can be compared too: of equal ranks the least key goes
    first, and of items with one key the best is kept.
    """

    def __init__(self, k: int) -> None:
        self.k = k
        self._kept: dict[Hashable, list[tuple[Order, Any, Item]]] = {}

    def is_wanted(self, bucket: Hashable, rank: Order, key: Any) -> bool:
        """Return whether an item would be kept, so that one that is not need not be made."""
        kept = self._kept.get(bucket, [])
        if any(other_key == key and other <= rank for other, other_key, _ in kept):
            return False
        return len(kept) < self.k or (rank, key) < kept[-1][:2]

    def add(self, bucket: Hashable, rank: Order, key: Any, item: Item) -> None:
        """Consider an item."""
        if self.is_wanted(bucket, rank, key):
            others = [entry for entry in self._kept.get(bucket, []) if entry[1] != key]
            insort(others, (rank, key, item), key=lambda entry: entry[:2])
            self._kept[bucket] = others[: self.k]

    def of(self, bucket: Hashable) -> Sequence[Item]:
        """Return the items of a bucket, the best first."""
        return [item for _, _, item in self._kept.get(bucket, [])]

    def buckets(self) -> Sequence[Any]:
        """Return the buckets that have items."""
        return list(self._kept)
