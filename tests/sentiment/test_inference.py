"""Many reviews through a network: even batches, none too large."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.sentiment import inference
from brandlens.sentiment.text.vocabulary import pad_sequences


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 60), max_size=40), st.integers(1, 6), st.integers(10, 200))
def test_batches_are_even_and_no_larger_than_allowed(lengths: list[int], rows: int, tokens: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inference, "ROWS", rows)
        patch.setattr(inference, "TOKENS", tokens)
        batches = list(inference._batches(lengths))
    assert sorted(at for batch in batches for at in batch) == list(range(len(lengths)))
    for batch in batches:
        size = pad_sequences([np.ones(lengths[at], np.int32) for at in batch]).size
        assert len(batch) == 1 or (len(batch) <= rows and size <= tokens)
    shortest = [min(lengths[at] for at in batch) for batch in batches]
    longest = [max(lengths[at] for at in batch) for batch in batches]
    assert all(low >= high for low, high in zip(shortest, longest[1:], strict=False))
