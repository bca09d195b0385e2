"""What a training sees in each epoch: the same for one seed and epoch, with clauses with and without a negator."""

from dataclasses import replace

import numpy as np
import pytest

from brandlens.config.sentiment import Augmentation
from brandlens.sentiment.augmentation.augmenter import CERTAINTY, CURRICULUM, Augmenter
from brandlens.sentiment.batches import to_probabilities

WORDS = ["<pad>", "<unk>", "the", "phone", "is", "it", "not", "good", "bad", "here", "."]
IDS = {word: index for index, word in enumerate(WORDS)}
TEXTS = [
    *["the phone is good .", "it is not bad ."] * 50,
    *["the phone is bad .", "it is not good ."] * 50,
    *["it is here .", "the phone is here ."] * 20,
]
ROWS = [np.array([IDS[word] for word in text.split()], np.int32) for text in TEXTS]
NAMES = ["negative", "neutral", "positive"]
LABELS = to_probabilities(np.repeat([2, 0, 1], [100, 100, 40]), 3)
CFG = Augmentation(concatenation=0.2, cropping=0.0, negation=0.5)
LATER = CURRICULUM + 1  # an epoch with reviews


def fit(cfg: Augmentation = CFG, words: list[str] = WORDS, epochs: int = 8) -> Augmenter:
    return Augmenter.fit(ROWS, LABELS, words, NAMES, cfg, max_length=50, epochs=epochs, seed=1)


def test_a_resumed_training_has_what_it_would_have_had() -> None:
    augmenter, again = fit(), fit()
    for turn in (1, LATER, LATER + 1):
        rows, labels = augmenter.draw(ROWS, LABELS, 0, turn)
        rows_again, labels_again = again.draw(ROWS, LABELS, 0, turn)
        assert all(np.array_equal(row, other) for row, other in zip(rows, rows_again, strict=True))
        assert np.array_equal(labels, labels_again)
    first, second = (augmenter.draw(ROWS, LABELS, 0, turn)[0] for turn in (LATER, LATER + 1))
    assert any(not np.array_equal(row, other) for row, other in zip(first, second, strict=True))


def test_clauses_say_the_opposite_with_a_negator() -> None:
    rows, labels = fit().draw(ROWS, LABELS, 0, 1)  # clauses alone
    assert len(rows) == len(labels) > 0
    assert set(labels.argmax(axis=1)) == {0, 1, 2}
    for row, label in zip(rows, labels, strict=True):
        words = [WORDS[token] for token in row]
        sign = ("good" in words) - ("bad" in words)
        assert label[1 + sign * (-1) ** words.count("not")] == pytest.approx(CERTAINTY)
        assert label.sum() == pytest.approx(1)


@pytest.mark.parametrize(("epochs", "without"), [(0, 0), (1, 0), (3, 0), (4, 1), (7, 1), (8, 2), (100, 2)])
def test_a_quarter_of_the_epochs_at_most_has_no_review(epochs: int, without: int) -> None:
    """Of three epochs, as for many reviews, the first two would be most of the training."""
    augmenter = fit(epochs=epochs)
    has_reviews = [
        (augmenter.draw(ROWS, LABELS, 0, turn)[1] == 1).any()  # a clause has its label with CERTAINTY
        for turn in range(1, epochs + 1)
    ]
    assert has_reviews == [False] * without + [True] * (epochs - without)


@pytest.mark.parametrize(
    ("cfg", "words"),
    [
        pytest.param(replace(CFG, negation=0.0), WORDS, id="none are wanted"),
        pytest.param(CFG, [], id="the words are not known"),
    ],
)
def test_without_clauses_there_are_as_many_reviews(cfg: Augmentation, words: list[str]) -> None:
    augmenter = fit(cfg, words)
    rows, labels = augmenter.draw(ROWS, LABELS, 0, 1)
    assert len(rows) == len(ROWS)
    assert np.array_equal(labels, LABELS)
    counted, classes = augmenter.count_negated(ROWS, LABELS)
    assert counted is ROWS
    assert np.array_equal(classes, LABELS.argmax(axis=1))
