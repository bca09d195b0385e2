"""One review as a source gives it, before all of them are put in columns."""

from typing import NamedTuple

POSITIVE, NEGATIVE, UNLABELLED = 1, 0, -1


class Review(NamedTuple):
    """label: POSITIVE, NEGATIVE or UNLABELLED. rating: stars, NaN for none. group: what it is about, "" for none.

    split: train, val, test or unlabelled, as the source gives it; what a source does not give is cut out of train.
    """

    id: str
    text: str
    label: int
    rating: float
    group: str
    split: str
