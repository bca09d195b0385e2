"""Two models on the same rows: McNemar's test by hand, and the difference with its interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.metrics.significance import difference, mcnemar

rows = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param([], [], 1.0, id="no rows"),
        pytest.param([1, 0, 1], [1, 0, 1], 1.0, id="they never differ"),
        pytest.param([0], [1], 1.0, id="one row tells nothing"),
        pytest.param([0] * 5, [1] * 5, 2 / 32, id="five of five"),
        pytest.param([0] * 9 + [1], [1] * 9 + [0], 22 / 1024, id="nine of ten"),
        pytest.param([0, 1], [1, 0], 1.0, id="one each"),
    ],
)
def test_mcnemar(first: list[int], second: list[int], expected: float) -> None:
    assert mcnemar(np.array(first, bool), np.array(second, bool)) == pytest.approx(expected)


def test_mcnemar_of_many_rows() -> None:
    first, second = np.zeros(25_000, bool), np.arange(25_000) % 3 > 0
    assert mcnemar(first, second) == pytest.approx(0.0, abs=1e-300)


@given(rows)
def test_who_comes_first_does_not_matter(pairs: list[tuple[bool, bool]]) -> None:
    first, second = np.array(pairs, bool).T
    assert mcnemar(first, second) == mcnemar(second, first)
    assert 0 <= mcnemar(first, second) <= 1
    gain, interval = difference(first, second, np.arange(len(first)))
    assert gain == pytest.approx(second.mean() - first.mean(), abs=1e-6)
    assert interval.low - 1e-6 <= gain <= interval.high + 1e-6 or len(first) < 5


def test_crops_of_one_picture_make_it_less_sure() -> None:
    first, second = np.tile([1, 0, 0, 0], 40) > 0, np.tile([0, 1, 1, 0], 40) > 0
    alone = difference(first, second, np.arange(160))[1]
    second = second.reshape(8, 20) | (np.arange(8)[:, None] % 2 > 0)
    together = difference(first, second.ravel(), np.repeat(np.arange(8), 20))[1]
    assert together.high - together.low > alone.high - alone.low
