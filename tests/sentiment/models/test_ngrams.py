"""The linear branch: which n-grams of a review add their weights, and how the weights are fitted."""

from dataclasses import replace
from functools import cache

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.config.sentiment import ModelTraining
from brandlens.sentiment.linear import MANY
from brandlens.sentiment.models.bilstm import bilstm
from brandlens.sentiment.models.ngrams import (
    BUCKETS,
    ROW,
    HashedNgrams,
    HashingVectorizer,
    add_linear_branch,
    fit_ngrams,
)
from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN, pad_sequences

WORDS, GOOD, BAD, NOT = 12, 2, 3, 4
NO_REVIEWS = ([], np.zeros(0, np.int64))


@cache  # tests only read it
def random_layer(max_ngram: int, *, normalize: bool = False) -> HashedNgrams:
    """Random weights in so many buckets that two n-grams of a small review hardly share one."""
    random = np.random.default_rng(1)
    layer = HashedNgrams(max_ngram, WORDS, 64 * ROW, normalize=normalize)
    codes = random.integers(0, layer.num_buckets, (max_ngram, WORDS), dtype=np.int32)
    layer.set_weights([codes, random.normal(size=(64, ROW)).astype(np.float32), np.asarray(0.25)])
    return layer


def log_odds(layer: HashedNgrams, *rows: list[int]) -> np.ndarray:
    logits = keras.ops.convert_to_numpy(layer(pad_sequences([np.array(row, np.int32) for row in rows])))
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits[:, 0], -logits[:, 1], atol=1e-6)
    return logits[:, 1] - logits[:, 0]


def reviews(count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Noise with GOOD or BAD in it, which NOT before it inverts."""
    random = np.random.default_rng(seed)
    rows, labels = [], []
    for _ in range(count):
        good, inverted = random.integers(0, 2, 2)
        word = [NOT] * int(inverted) + [GOOD if good else BAD]
        rows.append(np.array([*random.integers(5, WORDS, 3), *word, *random.integers(5, WORDS, 2)], np.int32))
        labels.append(int(good ^ inverted))
    return rows, np.array(labels)


# The layer


@pytest.mark.parametrize(
    "row",
    [
        pytest.param([UNKNOWN], id="an unknown word"),
        pytest.param([PAD, PAD], id="padding"),
        pytest.param([UNKNOWN, UNKNOWN, UNKNOWN], id="many unknown words"),
    ],
)
def test_nothing_but_the_bias(row: list[int]) -> None:
    assert log_odds(random_layer(3), row) == pytest.approx([0.25])


def test_the_weights_of_every_ngram() -> None:
    """Of one, two and three words, by hand, from the codes and the table."""
    layer = random_layer(3)
    codes, table, _ = layer.get_weights()
    sums = [codes[0, 5], codes[0, 9], codes[0, 7], codes[0, 5] + codes[1, 9], codes[0, 9] + codes[1, 7]]
    sums.append(codes[0, 5] + codes[1, 9] + codes[2, 7])
    weights = [table.ravel()[total % layer.num_buckets] for total in sums]
    assert log_odds(layer, [5, 9, 7]) == pytest.approx([0.25 + sum(weights)], abs=1e-5)


@pytest.mark.parametrize(
    ("row", "count"),
    [
        pytest.param([UNKNOWN], 1, id="no n-gram"),
        pytest.param([5], 1, id="one word"),
        pytest.param([5, 9, 7], 6, id="three words"),
        pytest.param([5, 5, 5], 3, id="one word again and again"),
        pytest.param([5, UNKNOWN, 9], 2, id="an unknown word counts nothing"),
    ],
)
def test_the_sum_is_divided_by_the_norm(row: list[int], count: int) -> None:
    plain, normalized = log_odds(random_layer(3), row), log_odds(random_layer(3, normalize=True), row)
    assert normalized - 0.25 == pytest.approx((plain - 0.25) / np.sqrt(count), abs=1e-5)


def test_order_counts() -> None:
    one, other = log_odds(random_layer(2), [5, 6, 7], [7, 6, 5])
    assert one != pytest.approx(other, abs=1e-3)
    one, other = log_odds(random_layer(1), [5, 6, 7], [7, 6, 5])
    assert one == pytest.approx(other, abs=1e-5)


def test_an_ngram_counts_once() -> None:
    once, often = log_odds(random_layer(1), [5, 6], [5, 6, 5, 5, 6, 6])
    assert once == pytest.approx(often, abs=1e-5)


def test_an_ngram_does_not_span_an_unknown_word() -> None:
    apart, adjacent = log_odds(random_layer(2), [5, UNKNOWN, 6], [5, 6])
    left, right = log_odds(random_layer(2), [5], [6])
    assert apart == pytest.approx(left + right - 0.25, abs=1e-5)
    assert apart != pytest.approx(adjacent, abs=1e-3)


@settings(max_examples=25)
@given(
    rows=st.lists(st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=9), min_size=1, max_size=4),
    max_ngram=st.integers(1, 4),
    normalize=st.booleans(),
)
def test_a_review_counts_the_same_alone_and_in_any_batch(
    rows: list[list[int]], max_ngram: int, normalize: bool
) -> None:
    layer = random_layer(max_ngram, normalize=normalize)
    alone = [float(log_odds(layer, row)[0]) for row in rows]
    assert log_odds(layer, *rows) == pytest.approx(alone, abs=1e-4)


# The vectorizer


def test_the_vectorizer_counts_what_the_layer_counts() -> None:
    layer = random_layer(3, normalize=True)
    codes, table, bias = layer.get_weights()
    rows = [np.array(row, np.int32) for row in ([5], [5, 6, 5, 6, 5], [UNKNOWN], [7, 8, UNKNOWN, 9])]
    features = HashingVectorizer(codes, layer.num_buckets).transform(rows)
    assert features.shape == (4, layer.num_buckets)
    assert (features.multiply(features)).sum(axis=1) == pytest.approx([1, 1, 0, 1])
    expected = log_odds(layer, *(row.tolist() for row in rows))
    assert features @ table.ravel() + bias == pytest.approx(expected, abs=1e-5)


def test_no_reviews_have_no_ngrams() -> None:
    assert HashingVectorizer(np.zeros((2, WORDS), np.int32), ROW).transform([]).shape == (0, ROW)


def test_an_ngram_of_one_review_alone_is_left_out_of_many() -> None:
    vectorizer = HashingVectorizer(np.arange(WORDS, dtype=np.int32)[None], ROW)
    rows = [np.array([5], np.int32)] * MANY + [np.array([6], np.int32)]
    assert vectorizer.fit_transform(rows[1:])[[-1]].sum() == 1  # not many yet
    assert vectorizer.fit_transform(rows)[[-1]].sum() == 0
    assert vectorizer.transform(rows)[[-1]].sum() == 1


# Fitted


def test_pairs_tell_what_no_single_word_can() -> None:
    training, validation, (rows, labels) = reviews(400, 1), reviews(60, 2), reviews(200, 3)
    one, two = (
        float(((log_odds(layer, *(row.tolist() for row in rows)) > 0) == labels).mean())
        for layer in (
            fit_ngrams(training, validation, max_ngram=max_ngram, num_words=WORDS, seed=1) for max_ngram in (1, 2)
        )
    )
    assert one < 0.8
    assert two > 0.95


def test_words_of_no_training_review_have_no_weight() -> None:
    layer = fit_ngrams(reviews(100, 1), reviews(20, 2), max_ngram=2, num_words=WORDS + 3, seed=1)
    unseen, bias = log_odds(layer, [WORDS + 1, WORDS + 2], [UNKNOWN])
    assert unseen == pytest.approx(bias)


@pytest.mark.parametrize("label", [0, 1])
def test_one_label_alone(label: int) -> None:
    rows, labels = reviews(10, 1)
    one_label = rows, np.full_like(labels, label)
    assert fit_ngrams(one_label, NO_REVIEWS, max_ngram=2, num_words=WORDS, seed=1) is None
    assert fit_ngrams(NO_REVIEWS, NO_REVIEWS, max_ngram=2, num_words=WORDS, seed=1) is None


def test_without_validation() -> None:
    layer = fit_ngrams(reviews(60, 1), NO_REVIEWS, max_ngram=2, num_words=WORDS, seed=1)
    good, bad = log_odds(layer, [GOOD], [BAD])
    assert good > bad


def test_more_reviews_more_buckets() -> None:
    few, many = (
        fit_ngrams(reviews(count, 1), NO_REVIEWS, max_ngram=2, num_words=WORDS, seed=1).num_buckets
        for count in (10, 1000)
    )
    assert few == BUCKETS[0] < many == 2**15 <= BUCKETS[1]
    assert all(count % ROW == 0 for count in (few, many))


# Beside a network


@pytest.fixture
def network(cfg: ModelTraining) -> keras.Model:
    return bilstm(np.random.default_rng(1).normal(size=(WORDS, 4)).astype(np.float32), replace(cfg, units=3))


def test_the_logits_are_the_mean_of_both(network: keras.Model) -> None:
    layer, rows = random_layer(2), pad_sequences(reviews(5, 1)[0])
    of_network, of_layer = (keras.ops.convert_to_numpy(logits) for logits in (network(rows)["label"], layer(rows)))
    both = keras.ops.convert_to_numpy(add_linear_branch(network, layer, 2.0)(rows)["label"])
    np.testing.assert_allclose(both, (of_network / 2 + of_layer) / 2, atol=1e-5)


def test_training_leaves_the_linear_branch_alone(network: keras.Model) -> None:
    layer = random_layer(2)
    assert len(add_linear_branch(network, layer, 1.0).weights) == len(network.weights) + 3
    assert not layer.trainable_weights


@pytest.mark.parametrize("num_labels", [3, 5])
def test_more_labels(num_labels: int) -> None:
    """A word each; the layer adds up what the linear model has for each label, and is saved with their number."""
    labels = np.arange(80) % num_labels
    rows = [np.array([5 + label, 2 + index % 3], np.int32) for index, label in enumerate(labels)]
    layer = fit_ngrams((rows, labels), (rows[:20], labels[:20]), max_ngram=2, num_words=WORDS, seed=1,
                       num_labels=num_labels)  # fmt: skip
    logits = keras.ops.convert_to_numpy(layer(pad_sequences(rows)))
    assert logits.shape == (80, num_labels)
    assert (logits.argmax(axis=1) == labels).all()
    codes, table, bias = layer.get_weights()
    presence = HashingVectorizer(codes, layer.num_buckets).transform(rows)
    assert presence @ table.reshape(num_labels, -1).T + bias == pytest.approx(logits, abs=1e-4)
    again = HashedNgrams.from_config(layer.get_config())
    assert again.num_labels == num_labels
    assert again.normalize
    newer = ("num_labels", "normalize")
    older = {name: value for name, value in random_layer(1).get_config().items() if name not in newer}
    assert HashedNgrams.from_config(older).num_labels == 2
    assert not HashedNgrams.from_config(older).normalize
