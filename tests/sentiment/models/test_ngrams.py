"""Words in a row, counted: which weights a review adds up, and what they are learned from."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.sentiment.baselines import RARE
from brandlens.sentiment.models.layers import ROW, HashedNgrams
from brandlens.sentiment.models.network import bilstm
from brandlens.sentiment.models.ngrams import BUCKETS, HashingVectorizer, add_linear_branch, fitted
from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN, pad_sequences

WORDS, GOOD, BAD, NOT = 12, 2, 3, 4
NOTHING = ([], np.zeros(0, np.int64))


def layer(longest: int, seed: int = 1) -> HashedNgrams:
    """Random weights in random buckets, no two n-grams of a small review in one, most likely."""
    random = np.random.default_rng(seed)
    made = HashedNgrams(longest, WORDS, 64 * ROW)
    codes = random.integers(0, made.buckets, (longest, WORDS), dtype=np.int32)
    made.set_weights([codes, random.normal(size=(64, ROW)).astype(np.float32), np.asarray(0.25)])
    return made


def odds(grams: HashedNgrams, *rows: list[int]) -> np.ndarray:
    found = keras.ops.convert_to_numpy(grams(pad_sequences([np.array(row, np.int32) for row in rows])))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, 0], -found[:, 1], atol=1e-6)
    return found[:, 1] - found[:, 0]


def drawn(count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Noise with GOOD or BAD in it, which NOT before it turns round."""
    random = np.random.default_rng(seed)
    rows, labels = [], []
    for _ in range(count):
        good, turned = random.integers(0, 2, 2)
        row = [
            *random.integers(5, WORDS, 3),
            *[NOT] * int(turned),
            GOOD if good else BAD,
            *random.integers(5, WORDS, 2),
        ]
        rows.append(np.array(row, np.int32))
        labels.append(int(good ^ turned))
    return rows, np.array(labels)


# What is counted


@pytest.mark.parametrize(
    "row",
    [
        pytest.param([UNKNOWN], id="a word that nobody knows"),
        pytest.param([PAD, PAD], id="padding"),
        pytest.param([UNKNOWN, UNKNOWN, UNKNOWN], id="many of them"),
    ],
)
def test_nothing_but_the_bias(row: list[int]) -> None:
    assert odds(layer(3), row) == pytest.approx([0.25])


def test_the_weights_of_every_gram() -> None:
    """One word, then two and three in a row: by hand, from the codes and the table."""
    grams = layer(3)
    codes, table, _ = grams.get_weights()
    row = [5, 9, 7]
    sums = [codes[0, 5], codes[0, 9], codes[0, 7], codes[0, 5] + codes[1, 9], codes[0, 9] + codes[1, 7]]
    sums.append(codes[0, 5] + codes[1, 9] + codes[2, 7])
    assert odds(grams, row) == pytest.approx(
        [0.25 + sum(table.ravel()[each % grams.buckets] for each in sums)], abs=1e-5
    )


def test_order_counts() -> None:
    one, other = odds(layer(2), [5, 6, 7], [7, 6, 5])
    assert one != pytest.approx(other, abs=1e-3)
    one, other = odds(layer(1), [5, 6, 7], [7, 6, 5])
    assert one == pytest.approx(other, abs=1e-5)


def test_a_gram_counts_once() -> None:
    once, often = odds(layer(1), [5, 6], [5, 6, 5, 5, 6, 6])
    assert once == pytest.approx(often, abs=1e-5)


def test_grams_do_not_reach_over_an_unknown_word() -> None:
    apart, whole = odds(layer(2), [5, UNKNOWN, 6], [5, 6])
    left, right = odds(layer(2), [5], [6])
    assert apart == pytest.approx(left + right - 0.25, abs=1e-5)
    assert apart != pytest.approx(whole, abs=1e-3)


@given(
    rows=st.lists(st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=9), min_size=1, max_size=4),
    longest=st.integers(1, 4),
)
def test_a_review_counts_the_same_alone_and_in_any_batch(rows: list[list[int]], longest: int) -> None:
    grams = layer(longest)
    alone = [float(odds(grams, row)[0]) for row in rows]
    assert odds(grams, *rows) == pytest.approx(alone, abs=1e-4)


def test_the_counter_sees_what_the_layer_counts() -> None:
    grams = layer(3)
    codes, table, bias = grams.get_weights()
    rows = [np.array(row, np.int32) for row in ([5], [5, 6, 5, 6, 5], [UNKNOWN], [7, 8, UNKNOWN, 9])]
    there = HashingVectorizer(codes, grams.buckets).transform(rows)
    assert there.shape == (4, grams.buckets)
    assert set(there.data) == {1.0}
    assert there @ table.ravel() + bias == pytest.approx(odds(grams, *(row.tolist() for row in rows)), abs=1e-5)


def test_no_review_has_no_gram() -> None:
    assert HashingVectorizer(np.zeros((2, WORDS), np.int32), ROW).transform([]).shape == (0, ROW)


def test_of_many_reviews_what_is_in_one_alone_is_left_out() -> None:
    counter = HashingVectorizer(np.arange(WORDS, dtype=np.int32)[None], ROW)
    rows = [np.array([5], np.int32)] * RARE + [np.array([6], np.int32)]
    assert counter.fit_transform(rows[1:])[-1].sum() == 1  # not many yet
    assert counter.fit_transform(rows)[-1].sum() == 0
    assert counter.transform(rows)[-1].sum() == 1


# What is learned


def test_it_learns_what_one_word_cannot_tell() -> None:
    training, validation, (rows, truth) = drawn(400, 1), drawn(60, 2), drawn(200, 3)
    accuracy = []
    for longest in (1, 2):
        grams = fitted(training, validation, longest=longest, words=WORDS, seed=1)
        accuracy.append(((odds(grams, *(row.tolist() for row in rows)) > 0) == truth).mean())
    one, two = accuracy
    assert one < 0.8
    assert two > 0.95


def test_words_of_no_training_review_weigh_nothing() -> None:
    training = drawn(100, 1)
    grams = fitted(training, drawn(20, 2), longest=2, words=WORDS + 3, seed=1)
    new, bias = odds(grams, [WORDS + 1, WORDS + 2], [UNKNOWN])
    assert new == pytest.approx(bias)


@pytest.mark.parametrize("label", [0, 1])
def test_nothing_to_tell_apart(label: int) -> None:
    rows, truth = drawn(10, 1)
    assert fitted((rows, np.full_like(truth, label)), NOTHING, longest=2, words=WORDS, seed=1) is None
    assert fitted(NOTHING, NOTHING, longest=2, words=WORDS, seed=1) is None


def test_without_validation() -> None:
    grams = fitted(drawn(60, 1), NOTHING, longest=2, words=WORDS, seed=1)
    good, bad = odds(grams, [GOOD], [BAD])
    assert good > bad


def test_more_reviews_more_buckets() -> None:
    few, many = (fitted(drawn(count, 1), NOTHING, longest=2, words=WORDS, seed=1).buckets for count in (10, 4000))
    assert few == BUCKETS[0] < many == 2**15 <= BUCKETS[1]
    assert all(size % ROW == 0 for size in (few, many))


# Beside a network


def test_the_mean_of_both() -> None:
    vectors = np.random.default_rng(1).normal(size=(WORDS, 4)).astype(np.float32)
    network, grams, rows = bilstm(vectors, units=3), layer(2), pad_sequences(drawn(5, 1)[0])
    reads, counts = (keras.ops.convert_to_numpy(each) for each in (network(rows)["label"], grams(rows)))
    both = keras.ops.convert_to_numpy(add_linear_branch(network, grams, 2.0)(rows)["label"])
    np.testing.assert_allclose(both, (reads / 2 + counts) / 2, atol=1e-5)


def test_the_training_of_a_network_leaves_the_counts_alone() -> None:
    vectors = np.random.default_rng(1).normal(size=(WORDS, 4)).astype(np.float32)
    both = add_linear_branch(bilstm(vectors, units=3), layer(2), 1.0)
    assert not any("grams" in weight.path for weight in both.trainable_weights)
