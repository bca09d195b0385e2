"""The linear branch: which n-grams of a review add their weights, and how the weights are fitted."""

from dataclasses import replace
from functools import cache
from itertools import product

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
    HALF,
    NO_KEY,
    ROW,
    HashedNgrams,
    HashingVectorizer,
    add_linear_branch,
    fit_ngrams,
    random_codes,
)
from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN, pad_sequences

WORDS, GOOD, BAD, NOT = 12, 2, 3, 4
NO_REVIEWS = ([], np.zeros(0, np.int64))


@cache  # tests only read it
def random_layer(max_ngram: int) -> HashedNgrams:
    """Random weights of most n-grams that there are of three words or fewer."""
    random = np.random.default_rng(1)
    layer = HashedNgrams(max_ngram, WORDS, 64 * ROW)
    codes = random_codes(max_ngram, WORDS, layer.num_buckets, 1)
    vectorizer = HashingVectorizer(codes, layer.num_buckets)
    vectorizer.fit_transform([np.array(list(product(range(2, WORDS), repeat=3)), np.int32).ravel()])
    table = random.normal(size=(64, ROW)).astype(np.float32)
    layer.set_weights([codes, vectorizer.keys, table, np.asarray(0.25)])
    return layer


def weights(layer: HashedNgrams, *ngrams: tuple[int, ...]) -> list[float]:
    """Return those of the n-grams that have a bucket, by hand."""
    codes, keys, table, _ = layer.get_weights()
    sums = [sum(int(codes[position, word]) for position, word in enumerate(ngram)) for ngram in ngrams]
    places = [(code // len(keys), code % len(keys)) for code in sums]
    return [float(table.ravel()[bucket]) for key, bucket in places if keys[bucket] == key]


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
    """Of one, two and three words, by hand: their sum, divided by the norm of the review."""
    layer = random_layer(3)
    expected = weights(layer, (5,), (9,), (7,), (5, 9), (9, 7), (5, 9, 7))
    assert len(expected) == 6
    assert log_odds(layer, [5, 9, 7]) == pytest.approx([0.25 + sum(expected) / np.sqrt(6)], abs=1e-5)


def test_an_ngram_without_a_bucket_counts_nothing() -> None:
    """Of four words, or where another one has the bucket that it falls into."""
    layer = random_layer(4)
    every = list(product(range(2, WORDS), repeat=3))
    without = next(words for words in every if not weights(layer, words) and len(set(words)) == 3)
    parts = [words[start:stop] for words in [without] for start, stop in ((0, 1), (1, 2), (2, 3), (0, 2), (1, 3))]
    rest = weights(layer, *parts)
    assert log_odds(layer, list(without)) == pytest.approx([0.25 + sum(rest) / np.sqrt(len(rest))], abs=1e-5)
    assert not weights(layer, (5, 9, 7, 3))


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
    assert apart - 0.25 == pytest.approx((left + right - 0.5) / np.sqrt(2), abs=1e-5)
    assert apart != pytest.approx(adjacent, abs=1e-3)


@settings(max_examples=25)
@given(
    rows=st.lists(st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=9), min_size=1, max_size=4),
    max_ngram=st.integers(1, 4),
)
def test_a_review_counts_the_same_alone_and_in_any_batch(rows: list[list[int]], max_ngram: int) -> None:
    layer = random_layer(max_ngram)
    alone = [float(log_odds(layer, row)[0]) for row in rows]
    assert log_odds(layer, *rows) == pytest.approx(alone, abs=1e-4)


# The vectorizer


def test_the_vectorizer_counts_what_the_layer_counts() -> None:
    layer = random_layer(3)
    codes, keys, table, bias = layer.get_weights()
    rows = [np.array(row, np.int32) for row in ([5], [5, 6, 5, 6, 5], [UNKNOWN], [7, 8, UNKNOWN, 9])]
    vectorizer = HashingVectorizer(codes, layer.num_buckets)
    vectorizer.keys = keys
    features = vectorizer.transform(rows)
    assert features.shape == (4, layer.num_buckets)
    assert (features.multiply(features)).sum(axis=1) == pytest.approx([1, 1, 0, 1])
    expected = log_odds(layer, *(row.tolist() for row in rows))
    assert features @ table.ravel() + bias == pytest.approx(expected, abs=1e-5)


def test_no_reviews_have_no_ngrams() -> None:
    assert HashingVectorizer(np.zeros((2, WORDS), np.int32), ROW).transform([]).shape == (0, ROW)


def test_an_ngram_of_one_review_alone_is_left_out_of_many() -> None:
    vectorizer = HashingVectorizer(np.arange(WORDS, dtype=np.int32)[None], ROW)
    assert not vectorizer.transform([np.array([5], np.int32)]).nnz  # none before they are fitted
    rows = [np.array([5], np.int32)] * MANY + [np.array([6], np.int32)]
    assert vectorizer.fit_transform(rows[1:])[[-1]].sum() == 1  # not many yet
    assert vectorizer.fit_transform(rows)[[-1]].sum() == 0
    assert vectorizer.transform(rows)[[-1]].sum() == 0


def test_of_two_ngrams_in_a_bucket_the_more_frequent_has_it() -> None:
    vectorizer = HashingVectorizer(np.arange(WORDS, dtype=np.int32)[None] * ROW, ROW)  # all in bucket 0
    rows = [np.array(row, np.int32) for row in ([5], [6], [6, 5], [6], [7])]
    assert vectorizer.fit_transform(rows).toarray()[:, 0].tolist() == [0, 1, 1, 1, 0]
    assert vectorizer.keys[0] == 6
    assert set(vectorizer.keys[1:]) == {NO_KEY}


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
        for count in (10, 4000)
    )
    assert few == BUCKETS[0] < many == 2**15 <= BUCKETS[1]
    assert all(count % ROW == 0 for count in (few, many))


# Beside a network


@pytest.fixture
def network(cfg: ModelTraining) -> keras.Model:
    return bilstm(np.random.default_rng(1).normal(size=(WORDS, 4)).astype(np.float32), replace(cfg, units=3))


def test_the_logits_are_the_mean_of_both_by_length(network: keras.Model) -> None:
    layer, rows = random_layer(2), pad_sequences([*reviews(5, 1)[0], np.array([GOOD], np.int32)])
    of_network, of_layer = (keras.ops.convert_to_numpy(logits) for logits in (network(rows)["label"], layer(rows)))
    both = keras.ops.convert_to_numpy(add_linear_branch(network, layer, 2.0)(rows)["label"])
    length = (rows != PAD).sum(axis=1, keepdims=True)
    assert len(np.unique(length)) > 1
    weight = length / (length + HALF) / 2
    np.testing.assert_allclose(both, (1 - weight) * of_network / 2 + weight * of_layer, atol=1e-5)


def test_training_leaves_the_linear_branch_alone(network: keras.Model) -> None:
    layer = random_layer(2)
    assert len(add_linear_branch(network, layer, 1.0).weights) == len(network.weights) + 4
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
    codes, keys, table, bias = layer.get_weights()
    vectorizer = HashingVectorizer(codes, layer.num_buckets)
    assert (vectorizer.fit_transform(rows) != vectorizer.transform(rows)).nnz == 0
    assert vectorizer.keys.tolist() == keys.tolist()
    assert vectorizer.transform(rows) @ table.reshape(num_labels, -1).T + bias == pytest.approx(logits, abs=1e-4)
    again = HashedNgrams.from_config(layer.get_config())
    assert again.num_labels == num_labels


@pytest.mark.parametrize("max_ngram", [1, 3, 5])
@pytest.mark.parametrize("num_buckets", BUCKETS)
def test_every_code_is_an_int32_with_a_key(max_ngram: int, num_buckets: int) -> None:
    codes = random_codes(max_ngram, 1000, num_buckets, 1).astype(np.int64)
    largest = codes.max(axis=1).sum()
    assert codes.min() >= 0
    assert largest // num_buckets < NO_KEY
    assert largest < 2**31
