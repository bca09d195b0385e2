"""What negated clauses end with and others hardly ever do: "at all", "anymore", learned from reviews in any language.

A network that sees these where "not good" is would take them for complaints by themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from brandlens.sentiment.augmentation.polarity import Tokens

LONGEST = 2  # tokens of an ending
MIN_COUNT, MIN_BEFORE = 5, 3  # times that it is there in negated clauses, and words that it is there after
MIN_RATIO = 10  # how much more frequent it is in negated clauses than in others

Ending = tuple[int, ...]


def learn_endings(rows: Sequence[np.ndarray], tokens: Tokens) -> list[Ending]:
    """Return the endings of negated clauses, as token ids, the most frequent first.

    rows: (t,) int32 token ids of each review. An ending follows another word after the negator; its words are of
    letters. What stands after a few words alone belongs to these ("my emails"), and is none.
    """
    counts, before = (Counter[Ending](), Counter[Ending]()), defaultdict[Ending, set[int]](set)
    num_clauses = [1, 1]
    for row in rows:
        for clause in split(row, tokens):
            negators = np.flatnonzero(tokens.negator[clause])
            is_negated, ids = bool(len(negators)), clause.tolist()
            last = len(ids) - bool(tokens.ends[ids[-1]])
            num_clauses[is_negated] += 1
            for size in range(1, LONGEST + 1):
                start = last - size
                if start > (negators[-1] + 1 if is_negated else 0) and tokens.letters[ids[start:last]].all():
                    ending = tuple(ids[start:last])
                    counts[is_negated][ending] += 1
                    before[ending].add(ids[start - 1])
    others, negated = counts
    return [
        ending
        for ending, count in negated.most_common()
        if count >= MIN_COUNT
        and len(before[ending]) >= MIN_BEFORE
        and count * num_clauses[0] >= MIN_RATIO * (others[ending] + 1) * num_clauses[1]
    ]


def split(row: np.ndarray, tokens: Tokens) -> Iterator[np.ndarray]:
    """Yield the clauses of a review, with the mark that ends a sentence and without other breaks at their ends."""
    start = 0
    for place in [*np.flatnonzero(tokens.breaks[row]), len(row)]:
        end = place + (place < len(row) and bool(tokens.ends[row[place]]))
        if place > start:
            yield row[start:end]
        start = place + 1
