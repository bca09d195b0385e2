"""What a sentiment classifier has to beat: linear models that count words, on the same reviews."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np
from scipy.sparse import csr_matrix, diags_array
from scipy.special import expit
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

Texts = Sequence[Sequence[str]]  # reviews as lists of tokens
Labelled = tuple[Texts, np.ndarray]  # reviews and their (n,) 0 or 1 labels
RARE = 500  # training reviews; with more of them an n-gram that occurs once is left out: half the memory, same accuracy


def majority(training: np.ndarray, rows: int) -> np.ndarray:
    """(rows,) float64 scores: 1.0 or 0.0, whichever is commoner in the (n,) 0 or 1 training labels, every time."""
    return np.full(rows, float(np.bincount(training, minlength=2).argmax()))


class Counter(Protocol):
    """Says of texts what is in them: (n, features), as scikit-learn's vectorizers do."""

    def fit_transform(self, texts: Texts) -> csr_matrix: ...

    def transform(self, texts: Texts) -> csr_matrix: ...


class Tfidf:
    """Words and pairs of words, weighed by how rare they are: sublinear counts, rows of length 1."""

    costs, shares = (1.0, 4.0, 16.0, 64.0), (1.0,)

    def __init__(self, texts: Texts, truth: np.ndarray) -> None:
        del truth  # weights here are the same whatever the labels
        self.vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, **_as_they_are(texts))
        self.known = self.vectorizer.fit_transform(texts)

    def features(self, texts: Texts) -> csr_matrix:
        """(n, n-grams) float64."""
        return self.vectorizer.transform(texts)


class NBLogReg:
    """Which of the 1- to 3-grams are there, weighed by their naive-Bayes log ratio (Wang and Manning 2012).

    The weights found on top are pulled back towards naive Bayes by interpolation, by a share chosen on validation.
    """

    costs, shares = (0.1, 1.0, 4.0, 16.0), (0.25, 0.5, 0.75, 1.0)

    def __init__(self, texts: Texts, truth: np.ndarray, counter: Counter | None = None) -> None:
        """counter: of what is in a text; n-grams when there is none. What no training text has counts for nothing."""
        self.vectorizer = counter or CountVectorizer(
            ngram_range=(1, 3), binary=True, dtype=np.float64, **_as_they_are(texts)
        )
        there = self.vectorizer.fit_transform(texts)
        counts = [1 + np.asarray(there[truth == label].sum(axis=0)).ravel() for label in (1, 0)]
        positive, negative = (each / each.sum() for each in counts)
        self.ratio = np.where(counts[0] + counts[1] > 2, np.log(positive / negative), 0)
        self.known = self._weighed(there)

    def features(self, texts: Texts) -> csr_matrix:
        """(n, n-grams) float64."""
        return self._weighed(self.vectorizer.transform(texts))

    def _weighed(self, there: csr_matrix) -> csr_matrix:
        return csr_matrix(there @ diags_array(self.ratio))


def _as_they_are(texts: Texts) -> dict[str, object]:
    """Options of a vectorizer that takes tokens and leaves them alone."""
    rare = 2 if len(texts) > RARE else 1
    return {"lowercase": False, "tokenizer": list, "token_pattern": None, "min_df": rare}


class FeatureModel(Protocol):
    """Makes a model's features from training texts and their labels; costs and shares are what it may choose from."""

    costs: tuple[float, ...]
    shares: tuple[float, ...]

    def __call__(self, texts: Texts, truth: np.ndarray) -> Tfidf | NBLogReg: ...


@dataclass(frozen=True)
class Linear:
    """A fitted linear model: what it counts, its weights (n-grams,) and its bias."""

    kind: Tfidf | NBLogReg
    weights: np.ndarray
    bias: float

    def log_odds(self, texts: Texts) -> np.ndarray:
        """(n,) float64 log-odds of positive, not calibrated; above 0 means positive."""
        return self.kind.features(texts) @ self.weights + self.bias if len(texts) else np.zeros(0)


def fitted(kind: FeatureModel, training: Labelled, validation: Labelled, *, both: bool) -> Linear:
    """A linear model of training reviews, which must hold both labels.

    How strong the regularisation is and how near to naive Bayes the weights stay is chosen by accuracy on validation,
    the plainest of equally good choices. both: the choice is then fitted once more on training and validation together.
    """
    cost, share = _choice(kind, training, validation)
    texts, truth = training
    if both:
        texts, truth = [*texts, *validation[0]], np.concatenate([truth, validation[1]])
    model = kind(texts, truth)
    weights, bias = _fit(model.known, truth, cost)
    return Linear(model, _towards_mean(weights, share), bias)


def scores(kind: FeatureModel, training: Labelled, validation: Labelled, test: Texts) -> np.ndarray:
    """(n,) float64 scores of the test reviews from 0 to 1; 0.5 and more means positive.

    The model is fitted on training and validation, so that it has seen no fewer reviews than any rival. Of one label
    alone it is `majority`.
    """
    if len(np.unique(training[1])) < 2:
        return majority(training[1], len(test))
    return expit(fitted(kind, training, validation, both=True).log_odds(test))


def _choice(kind: FeatureModel, training: Labelled, validation: Labelled) -> tuple[float, float]:
    """The best of a kind's costs and shares on validation."""
    if not len(validation[0]):
        return kind.costs[len(kind.costs) // 2], kind.shares[0]
    model = kind(*training)
    held = model.features(validation[0])
    fits = {cost: _fit(model.known, training[1], cost) for cost in kind.costs}

    def accuracy(choice: tuple[float, float]) -> float:
        weights, bias = fits[choice[0]]
        return float(((held @ _towards_mean(weights, choice[1]) + bias >= 0) == validation[1]).mean())

    return max(product(kind.costs, kind.shares), key=accuracy)


def _fit(features: csr_matrix, truth: np.ndarray, cost: float) -> tuple[np.ndarray, float]:
    """Weights (n-grams,) and bias of a logistic regression; the dual form, which many more n-grams than rows want."""
    model = LogisticRegression(C=cost, solver="liblinear", dual=True, max_iter=2000, random_state=1)
    model.fit(features, truth)
    return model.coef_[0], float(model.intercept_[0])


def _towards_mean(weights: np.ndarray, share: float) -> np.ndarray:
    """Wang and Manning's interpolation: every weight the same is naive Bayes itself."""
    return (1 - share) * np.abs(weights).mean() + share * weights


def predictions(training: Labelled, validation: Labelled, test: Texts) -> dict[str, np.ndarray]:
    """Each baseline's (n,) scores of the test reviews."""
    kinds: Iterable[tuple[str, FeatureModel]] = (("tfidf", Tfidf), ("bayes", NBLogReg))
    linear = {name: scores(kind, training, validation, test) for name, kind in kinds}
    return {"majority": majority(training[1], len(test)), **linear}
