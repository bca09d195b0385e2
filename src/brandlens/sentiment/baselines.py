"""What a sentiment classifier has to beat: linear models that count words, on the same reviews."""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from brandlens.sentiment.linear import LogReg, NBLogReg, NgramVectorizer, TfidfNgramVectorizer

Texts = Sequence[Sequence[str]]  # reviews as lists of tokens
Labelled = tuple[Texts, np.ndarray]  # reviews and their (n,) 0 or 1 labels


def linear_models() -> dict[str, LogReg]:
    """Return the linear baselines by name, not fitted; the last is the stronger one."""
    return {"tfidf": LogReg(TfidfNgramVectorizer()), "bayes": NBLogReg(NgramVectorizer())}


def predict(training: Labelled, validation: Labelled, test: Texts) -> dict[str, np.ndarray]:
    """Return each baseline's (n,) float64 scores of the test reviews, from 0 to 1; 0.5 and more means positive.

    The linear models are fitted on training and validation together, so that they have seen no fewer reviews than the
    classifier; where the training reviews have but one label, they are `majority` too.
    """
    scores = {"majority": majority(training[1], len(test))}
    for name, model in linear_models().items():
        if len(np.unique(training[1])) < 2:
            scores[name] = scores["majority"]
        else:
            scores[name] = expit(model.fit(training, validation, refit=True).log_odds(test))
    return scores


def majority(labels: np.ndarray, num_reviews: int) -> np.ndarray:
    """Return (num_reviews,) float64 scores, all 1.0 or all 0.0: the commoner of the (n,) 0 or 1 training labels."""
    return np.full(num_reviews, float(np.bincount(labels, minlength=2).argmax()))
