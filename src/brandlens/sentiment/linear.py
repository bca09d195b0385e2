"""Logistic regression on words and n-grams: the baselines, and the linear branch of a network.

Of two labels the last is separated from the first, in one row of weights; of more, each from all others (one-vs-rest).
"""

from collections.abc import Sequence
from itertools import product
from typing import Any, Protocol, Self

import numpy as np
from scipy.sparse import csr_matrix, diags_array
from scipy.special import expit
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from brandlens.metrics.calibration import softmax, temperature

Reviews = Sequence[Any]  # whatever the vectorizer takes: lists of tokens, or arrays of token ids
Labelled = tuple[Reviews, np.ndarray]  # reviews and their (n,) class numbers
MANY = 500  # reviews; of more than that an n-gram that is in one review alone is left out: half the memory, no loss
_AS_TOKENS: dict[str, Any] = {"lowercase": False, "tokenizer": list, "token_pattern": None}  # reviews are cut already


class Vectorizer(Protocol):
    """Turns reviews into (n, features) float64, as scikit-learn's vectorizers do."""

    def fit_transform(self, reviews: Any) -> csr_matrix: ...

    def transform(self, reviews: Any) -> csr_matrix: ...


def min_df(count: int) -> int:
    """Return in how many of so many reviews an n-gram must be to count."""
    return 2 if count > MANY else 1


def num_reviews(reviews: Reviews) -> int:
    """Return how many reviews there are, as a list or as rows of features."""
    return reviews.shape[0] if isinstance(reviews, csr_matrix) else len(reviews)


class FeatureRows:
    """A vectorizer of reviews that are (n, features) float64 already."""

    def fit_transform(self, reviews: csr_matrix) -> csr_matrix:
        """Return the features as they are."""
        return reviews

    def transform(self, reviews: csr_matrix) -> csr_matrix:
        """Return the features as they are."""
        return reviews


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
    good pairs. After `fit`: weights (r, features) float64 and bias (r,), with a row for two labels, else one a label.
    """

    C_GRID: tuple[float, ...] = (1.0, 4.0, 16.0, 64.0)
    BETA_GRID: tuple[float, ...] = (1.0,)
    CLASS_WEIGHT: str | None = None

    def __init__(self, vectorizer: Vectorizer, num_labels: int = 2) -> None:
        self.vectorizer, self.num_labels = vectorizer, num_labels

    def fit(self, training: Labelled, validation: Labelled, *, refit: bool = False) -> Self:
        """Fit on training reviews, which must hold all labels, and return the model.

        refit: with C and beta chosen, fit once more on training and validation together.
        """
        targets = one_vs_rest(training[1], self.num_labels)
        features = self._fit_features(training[0], targets)
        c, beta = self._choose(features, targets, validation)
        if refit and len(validation[1]):
            targets = one_vs_rest(np.concatenate([training[1], validation[1]]), self.num_labels)
            features = self._fit_features([*training[0], *validation[0]], targets)
        weights, self.bias = _fit_rows(features, targets, c, self.CLASS_WEIGHT)
        self.weights = interpolate(weights, beta) * self.ratio
        return self

    def log_odds(self, reviews: Reviews) -> np.ndarray:
        """Return (n, r) float64 log-odds, not calibrated: see `one_vs_rest` and `decide`."""
        if not num_reviews(reviews):
            return np.zeros((0, len(self.bias)))
        return self.vectorizer.transform(reviews) @ self.weights.T + self.bias

    def _ratios(self, features: csr_matrix, targets: np.ndarray) -> np.ndarray:
        """Return (r, features) float64 that the features are multiplied by."""
        return np.ones((len(targets), features.shape[1]))

    def _fit_features(self, reviews: Reviews, targets: np.ndarray) -> list[csr_matrix]:
        """Return the (n, features) float64 that each row of the weights is fitted on."""
        features = self.vectorizer.fit_transform(reviews)
        self.ratio = self._ratios(features, targets)
        return [csr_matrix(features @ diags_array(ratio)) for ratio in self.ratio]

    def _choose(self, features: list[csr_matrix], targets: np.ndarray, validation: Labelled) -> tuple[float, float]:
        """Return the best C and beta on validation; without validation the middle C and the first beta."""
        if not len(validation[1]):
            return self.C_GRID[len(self.C_GRID) // 2], self.BETA_GRID[0]
        val_features = self.vectorizer.transform(validation[0])
        fits = {c: _fit_rows(features, targets, c, self.CLASS_WEIGHT) for c in self.C_GRID}

        def score(choice: tuple[float, float]) -> float:
            weights, bias = fits[choice[0]]
            return self._score(val_features @ (interpolate(weights, choice[1]) * self.ratio).T + bias, validation[1])

        return max(product(self.C_GRID, self.BETA_GRID), key=score)

    def _score(self, log_odds: np.ndarray, labels: np.ndarray) -> float:
        """Return how good (n, r) log-odds are for the (n,) class numbers: their accuracy."""
        return float((decide(log_odds) == labels).mean())


class NBLogReg(LogReg):
    """Logistic regression on features times their naive-Bayes log-count ratios (Wang and Manning 2012).

    A feature counts once a review, whatever its value. After `fit`: ratio (r, features) float64; 0.0 for a feature that
    no training review has.
    """

    C_GRID: tuple[float, ...] = (0.1, 1.0, 4.0, 16.0)
    BETA_GRID: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)

    def _ratios(self, features: csr_matrix, targets: np.ndarray) -> np.ndarray:
        """Return (r, features) float64 log-count ratios of the reviews of each row's label and of the others."""
        rows, present = [], features.astype(bool).astype(np.float64)
        for target in targets:
            inside, outside = (1 + np.asarray(present[target == value].sum(axis=0)).ravel() for value in (1, 0))
            seen = inside + outside > 2  # of hashed features most are not, and their 1s would count for each label
            ratio = np.log(inside / inside[seen].sum() / (outside / outside[seen].sum()))
            rows.append(np.where(seen, ratio, 0))
        return np.stack(rows)


class BalancedLogReg(LogReg):
    """The same where each side of a row of weights weighs the same, however few reviews have the label.

    The choice is made by the likelihood of validation, which needs fewer reviews than accuracy does to tell two apart.
    """

    CLASS_WEIGHT = "balanced"

    def _score(self, log_odds: np.ndarray, labels: np.ndarray) -> float:
        """Return the mean log-likelihood of the labels, with the logits calibrated."""
        logits = to_logits(log_odds)
        probabilities = softmax(logits / temperature(logits, labels))
        return float(np.log(probabilities[np.arange(len(labels)), labels]).mean())


class BalancedNBLogReg(BalancedLogReg, NBLogReg):
    """NBLogReg of reviews whose features have the norm 1."""

    C_GRID = (4.0, 16.0, 64.0)
    BETA_GRID = (1.0,)


class BalancedIdfLogReg(BalancedLogReg):
    """Logistic regression on features times their inverse document frequency, smoothed as scikit-learn's."""

    C_GRID = (0.4, 1.6, 6.4)

    def _ratios(self, features: csr_matrix, targets: np.ndarray) -> np.ndarray:
        """Return (r, features) float64, the same in each row."""
        count = np.asarray(features.astype(bool).sum(axis=0)).ravel()
        return np.tile(1 + np.log((1 + features.shape[0]) / (1 + count)), (len(targets), 1))


def one_vs_rest(labels: np.ndarray, num_labels: int) -> np.ndarray:
    """Return (r, n) int8, 1 for the reviews of a label: of the last of two, else a row for each.

    labels: (n,) class numbers.
    """
    chosen = np.arange(num_labels) if num_labels > 2 else np.array([1])
    return (np.asarray(labels)[None] == chosen[:, None]).astype(np.int8)


def to_logits(log_odds: np.ndarray) -> np.ndarray:
    """Return (n, labels) float64 logits of (n, r) log-odds; of two labels the first has 0."""
    return np.hstack([np.zeros_like(log_odds), log_odds]) if log_odds.shape[1] == 1 else log_odds


def decide(log_odds: np.ndarray) -> np.ndarray:
    """Return (n,) int64 class numbers of (n, r) log-odds; of two labels the last one from 0 on."""
    return (log_odds[:, 0] >= 0).astype(np.int64) if log_odds.shape[1] == 1 else log_odds.argmax(axis=1)


def probabilities(log_odds: np.ndarray) -> np.ndarray:
    """Return (n, labels) float64 probabilities of (n, r) log-odds, each row divided by its sum, as in scikit-learn."""
    each = expit(log_odds)
    if each.shape[1] == 1:
        return np.hstack([1 - each, each])
    return each / np.maximum(each.sum(axis=1, keepdims=True), np.finfo(float).tiny)


def _fit_rows(
    features: Sequence[csr_matrix], targets: np.ndarray, c: float, class_weight: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (r, features) and bias (r,), each row fitted on its own features and (n,) 0 or 1 targets."""
    fits = [_logistic_regression(own, target, c, class_weight) for own, target in zip(features, targets, strict=True)]
    return np.stack([weights for weights, _ in fits]), np.array([bias for _, bias in fits])


def _logistic_regression(
    features: csr_matrix, labels: np.ndarray, c: float, class_weight: str | None
) -> tuple[np.ndarray, float]:
    """Return weights (features,) and bias; fitted in the dual form, as there are many more features than rows."""
    model = LogisticRegression(
        C=c, solver="liblinear", dual=True, max_iter=2000, random_state=1, class_weight=class_weight
    )
    model.fit(features, labels)
    return model.coef_[0], float(model.intercept_[0])


def interpolate(weights: np.ndarray, beta: float) -> np.ndarray:
    """Return Wang and Manning's interpolation of (r, features): with all weights alike (beta 0) it is naive Bayes."""
    return (1 - beta) * np.abs(weights).mean(axis=1, keepdims=True) + beta * weights
