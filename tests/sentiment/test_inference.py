"""Many reviews through a network: even batches, none too large."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.sentiment import inference
from brandlens.sentiment.text.vocabulary import pad_sequences


@settings(max_examples=50)
@given(st.lists(st.integers(1, 60), max_size=40), st.integers(1, 6), st.integers(10, 200))
def test_batches_are_even_and_no_larger_than_allowed(lengths: list[int], max_reviews: int, max_tokens: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inference, "MAX_REVIEWS", max_reviews)
        patch.setattr(inference, "MAX_TOKENS", max_tokens)
        batches = list(inference.even_batches(lengths))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        num_tokens = pad_sequences([np.ones(lengths[index], np.int32) for index in batch]).size
        assert len(batch) == 1 or (len(batch) <= max_reviews and num_tokens <= max_tokens)
    shortest = [min(lengths[index] for index in batch) for batch in batches]
    longest = [max(lengths[index] for index in batch) for batch in batches]
    assert all(low >= high for low, high in zip(shortest, longest[1:], strict=False))
