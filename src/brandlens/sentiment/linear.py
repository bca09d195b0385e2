"""Logistic regression on words and n-grams: the baselines, and the linear branch of a network."""

from collections.abc import Sequence
from itertools import product
from typing import Any, Protocol, Self

import numpy as np
from scipy.sparse import csr_matrix, diags_array
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

Reviews = Sequence[Any]  # whatever the vectorizer takes: lists of tokens, or arrays of token ids
Labelled = tuple[Reviews, np.ndarray]  # reviews and their (n,) 0 or 1 labels
MANY = 500  # reviews; of more than that an n-gram that is in one review alone is left out: half the memory, no loss
_AS_TOKENS: dict[str, Any] = {"lowercase": False, "tokenizer": list, "token_pattern": None}  # reviews are cut already


class Vectorizer(Protocol):
    """Turns reviews into (n, features) float64, as scikit-learn's vectorizers do."""

    def fit_transform(self, reviews: Any) -> csr_matrix: ...

    def transform(self, reviews: Any) -> csr_matrix: ...


def min_df(num_reviews: int) -> int:
    """Return in how many of so many reviews an n-gram must be to count."""
    return 2 if num_reviews > MANY else 1


class NgramVectorizer(CountVectorizer):
    """Which of the 1- to 3-grams of reviews as lists of tokens are there: 1.0 or 0.0."""

    def __init__(self) -> None:
        super().__init__(ngram_range=(1, 3), binary=True, dtype=np.float64, **_AS_TOKENS)

    def fit_transform(self, raw_documents: Any, y: Any = None) -> csr_matrix:
        """Return the features of the reviews that the n-grams are taken from."""
        self.min_df = min_df(len(raw_documents))
        return super().fit_transform(raw_documents, y)


class TfidfNgramVectorizer(TfidfVectorizer):
    """Words and pairs of words of reviews as lists of tokens, weighted by rarity: sublinear counts, rows of norm 1."""

    def __init__(self) -> None:
        super().__init__(ngram_range=(1, 2), sublinear_tf=True, **_AS_TOKENS)

    def fit_transform(self, raw_documents: Any, y: Any = None) -> csr_matrix:
        """Return the features of the reviews that the n-grams are taken from."""
        self.min_df = min_df(len(raw_documents))
        return super().fit_transform(raw_documents, y)


class LogReg:
    """Logistic regression on a vectorizer's features.

    C, the inverse of the regularisation, and beta, how far the weights are interpolated from their mean magnitude (0)
    to themselves (1; Wang and Manning 2012), are chosen from the grids by accuracy on validation: the first of equally
    good pairs. After `fit`: weights (features,) float64, and bias.
    """

    C_GRID: tuple[float, ...] = (1.0, 4.0, 16.0, 64.0)
    BETA_GRID: tuple[float, ...] = (1.0,)

    def __init__(self, vectorizer: Vectorizer) -> None:
        self.vectorizer = vectorizer

    def fit(self, training: Labelled, validation: Labelled, *, refit: bool = False) -> Self:
        """Fit on training reviews, which must hold both labels, and return the model.

        refit: with C and beta chosen, fit once more on training and validation together.
        """
        features = self._fit_features(*training)
        c, beta = self._choose(features, training[1], validation)
        labels = training[1]
        if refit and len(validation[0]):
            labels = np.concatenate([training[1], validation[1]])
            features = self._fit_features([*training[0], *validation[0]], labels)
        weights, self.bias = _logistic_regression(features, labels, c)
        self.weights = _interpolate(weights, beta)
        return self

    def log_odds(self, reviews: Reviews) -> np.ndarray:
        """Return (n,) float64 log-odds of positive, not calibrated; above 0 means positive."""
        return self.features(reviews) @ self.weights + self.bias if len(reviews) else np.zeros(0)

    def features(self, reviews: Reviews) -> csr_matrix:
        """Return (n, features) float64."""
        return self.vectorizer.transform(reviews)

    def _fit_features(self, reviews: Reviews, labels: np.ndarray) -> csr_matrix:
        return self.vectorizer.fit_transform(reviews)

    def _choose(self, features: csr_matrix, labels: np.ndarray, validation: Labelled) -> tuple[float, float]:
        """Return the best C and beta on validation; without validation the middle C and the first beta."""
        if not len(validation[0]):
            return self.C_GRID[len(self.C_GRID) // 2], self.BETA_GRID[0]
        val_features = self.features(validation[0])
        fits = {c: _logistic_regression(features, labels, c) for c in self.C_GRID}

        def accuracy(choice: tuple[float, float]) -> float:
            weights, bias = fits[choice[0]]
            y_pred = val_features @ _interpolate(weights, choice[1]) + bias >= 0
            return float((y_pred == validation[1]).mean())

        return max(product(self.C_GRID, self.BETA_GRID), key=accuracy)


class NBLogReg(LogReg):
    """Logistic regression on features times their naive-Bayes log-count ratios (Wang and Manning 2012).

    The vectorizer tells which features a review has, as 1.0 or 0.0. After `fit`: ratio (features,) float64; 0.0 for a
    feature that no training review has.
    """

    C_GRID = (0.1, 1.0, 4.0, 16.0)
    BETA_GRID = (0.25, 0.5, 0.75, 1.0)

    def features(self, reviews: Reviews) -> csr_matrix:
        """Return (n, features) float64."""
        return self._times_ratio(self.vectorizer.transform(reviews))

    def _fit_features(self, reviews: Reviews, labels: np.ndarray) -> csr_matrix:
        presence = self.vectorizer.fit_transform(reviews)
        positive, negative = (1 + np.asarray(presence[labels == label].sum(axis=0)).ravel() for label in (1, 0))
        ratio = np.log(positive / positive.sum() / (negative / negative.sum()))
        self.ratio = np.where(positive + negative > 2, ratio, 0)
        return self._times_ratio(presence)

    def _times_ratio(self, presence: csr_matrix) -> csr_matrix:
        return csr_matrix(presence @ diags_array(self.ratio))


def _logistic_regression(features: csr_matrix, labels: np.ndarray, c: float) -> tuple[np.ndarray, float]:
    """Return weights (features,) and bias; fitted in the dual form, as there are many more features than rows."""
    model = LogisticRegression(C=c, solver="liblinear", dual=True, max_iter=2000, random_state=1)
    model.fit(features, labels)
    return model.coef_[0], float(model.intercept_[0])


def _interpolate(weights: np.ndarray, beta: float) -> np.ndarray:
    """Return Wang and Manning's interpolation: with all weights alike (beta 0) it is naive Bayes itself."""
    return (1 - beta) * np.abs(weights).mean() + beta * weights
