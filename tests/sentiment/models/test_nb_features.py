"""Naive-Bayes log-count ratios of words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.sentiment.models.nb_features import append_log_count_ratio, log_count_ratio
from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN

WORDS = 6
GOOD, BAD, BOTH, UNSEEN = 2, 3, 4, 5


def rows(*reviews: list[int]) -> list[np.ndarray]:
    return [np.array(review, np.int32) for review in reviews]


@pytest.mark.parametrize(
    ("reviews", "labels"),
    [
        pytest.param([], [], id="no reviews"),
        pytest.param([[GOOD], [BAD]], [1, 1], id="one label alone"),
        pytest.param([[UNKNOWN], [BOTH]], [1, 0], id="UNKNOWN has none"),
    ],
)
def test_words_without_a_ratio(reviews: list[list[int]], labels: list[int]) -> None:
    ratio = log_count_ratio(rows(*reviews), np.array(labels), WORDS)
    assert (ratio.shape, ratio.dtype) == ((WORDS, 1), np.float32)
    assert (ratio[[PAD, UNKNOWN]] == 0).all()
    if len(set(labels)) < 2:
        assert not ratio.any()


def test_the_log_ratio() -> None:
    ratio = log_count_ratio(
        rows([GOOD, BOTH, GOOD], [GOOD, BOTH], [BAD, BOTH], [BAD, BOTH]), np.array([1, 1, 0, 0]), WORDS
    )
    assert ratio[:, 0] == pytest.approx([0, 0, np.log(3), -np.log(3), 0, 0], abs=1e-6)


@given(st.lists(st.tuples(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 1)), max_size=8))
def test_swapped_labels_swap_the_sign(reviews: list[tuple[list[int], int]]) -> None:
    texts, labels = rows(*(text for text, _ in reviews)), np.array([label for _, label in reviews], int)
    np.testing.assert_allclose(
        log_count_ratio(texts, labels, WORDS), -log_count_ratio(texts, 1 - labels, WORDS), atol=1e-6
    )


def test_one_more_value_in_each_vector() -> None:
    vectors = np.random.default_rng(1).normal(size=(WORDS, 4)).astype(np.float32)
    extended = append_log_count_ratio(vectors, rows([GOOD], [BAD], [BOTH]), np.array([1, 0, 0]), weight=2.0)
    assert (extended.shape, extended.dtype) == ((WORDS, 5), np.float32)
    np.testing.assert_array_equal(extended[:, :4], vectors)
    assert extended[:, 4].std() == pytest.approx(2 * vectors[1:].std(), rel=1e-5)
    assert extended[GOOD, 4] > 0 > extended[BAD, 4]


def test_without_labels_the_value_is_zero() -> None:
    assert not append_log_count_ratio(np.ones((WORDS, 2), np.float32), [], np.zeros(0, int), weight=2.0)[:, 2].any()


def test_more_labels_have_a_ratio_each() -> None:
    texts, labels = rows([GOOD], [GOOD, BOTH], [BAD], [BOTH]), np.array([2, 2, 0, 1])
    ratio = log_count_ratio(texts, labels, WORDS, 3)
    assert ratio.shape == (WORDS, 3)
    assert ratio[GOOD].argmax() == 2
    assert ratio[BAD].argmax() == 0
    for label in range(3):
        assert ratio[:, [label]] == pytest.approx(log_count_ratio(texts, (labels == label).astype(int), WORDS))
    vectors = np.random.default_rng(1).normal(size=(WORDS, 4)).astype(np.float32)
    assert append_log_count_ratio(vectors, texts, labels, 1.0, 3).shape == (WORDS, 7)
