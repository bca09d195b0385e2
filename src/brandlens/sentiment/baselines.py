"""What a sentiment classifier has to beat: linear models that count words, on the same reviews."""

from collections.abc import Sequence

import numpy as np

from brandlens.sentiment.linear import LogReg, NBLogReg, NgramVectorizer, TfidfNgramVectorizer, probabilities

Texts = Sequence[Sequence[str]]  # reviews as lists of tokens
Labelled = tuple[Texts, np.ndarray]  # reviews and their (n,) class numbers


def linear_models(num_labels: int = 2) -> dict[str, LogReg]:
    """Return the linear baselines by name, not fitted; the last is the stronger one."""
    return {
        "tfidf": LogReg(TfidfNgramVectorizer(), num_labels), "bayes": NBLogReg(NgramVectorizer(), num_labels),
    }  # fmt: skip


def predict(training: Labelled, validation: Labelled, test: Texts, num_labels: int = 2) -> dict[str, np.ndarray]:
    """Return each baseline's (n, labels) float64 probabilities of the test reviews.

    The linear models are fitted on training and validation together, so that they have seen no fewer reviews than the
    classifier; where the training reviews lack a label, they are `majority` too.
    """
    scores = {"majority": majority(training[1], len(test), num_labels)}
    for name, model in linear_models(num_labels).items():
        if len(np.unique(training[1])) < num_labels:
            scores[name] = scores["majority"]
        else:
            scores[name] = probabilities(model.fit(training, validation, refit=True).log_odds(test))
    return scores


def majority(labels: np.ndarray, num_reviews: int, num_labels: int = 2) -> np.ndarray:
    """Return (num_reviews, labels) float64, 1.0 for the commonest of the (n,) training labels and 0.0 else."""
    commonest = np.bincount(labels, minlength=num_labels).argmax()
    return np.tile(np.eye(num_labels)[commonest], (num_reviews, 1))
