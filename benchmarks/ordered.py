"""Which of ordered labels to give: the likeliest, the median or the mean? → benchmarks/results/ordered.json.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/ordered.py

Stanford's movie reviews by their stars: 8 labels (1 to 4 and 7 to 10), and 5 of them put together. Of the training
split 5,000 reviews train logistic regression on TF-IDF, 1,000 calibrate it and 4,000 are scored; its test split is not
looked at. Mean absolute error in places, quadratic kappa and accuracy by each rule, and how much less the error is than
that of the likeliest label, with its 95 % interval. Prints one JSON object a scale.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import scratch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from brandlens.metrics.calibration import softmax, temperature
from brandlens.metrics.classification import LabelledRows, quadratic_kappa
from brandlens.sentiment.classifier import decide

TRAIN, TEST, VAL = 5000, 4000, 1000  # reviews
SCALES = {"8 labels": (1, 2, 3, 4, 7, 8, 9, 10), "5 labels": (1, 3, 7, 9, 10)}  # lowest stars of each label


def main() -> None:
    table = pq.read_table(scratch.dataset("imdb", "train.parquet") / "train.parquet", columns=["text", "rating"])
    order = np.random.default_rng(0).permutation(len(table))[: TRAIN + TEST + VAL]
    train, test, val = np.split(order, [TRAIN, TRAIN + TEST])
    texts, stars = table["text"].to_pylist(), table["rating"].to_numpy()
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=3, max_features=12_000)
    vectorizer.fit([texts[index] for index in train])
    features = {
        name: vectorizer.transform([texts[index] for index in rows])
        for name, rows in (("train", train), ("val", val), ("test", test))
    }
    for name, lowest in SCALES.items():
        labels = np.searchsorted(lowest, stars, side="right") - 1
        model = LogisticRegression(C=5, max_iter=200).fit(features["train"], labels[train])
        scale = temperature(model.decision_function(features["val"]), labels[val])
        scores = softmax(model.decision_function(features["test"]) / scale)
        scratch.keep("ordered", name, compare(scores, labels[test]))


def compare(scores: np.ndarray, labels: np.ndarray) -> Mapping[str, Any]:
    """Return the figures of each rule by (n, labels) probabilities and (n,) class numbers."""
    places = np.arange(scores.shape[1])
    rules = {
        "likeliest": decide(scores, 0.5), "median": decide(scores, 0.5, ordered=True),
        "mean": np.rint(scores @ places).astype(np.int64),
    }  # fmt: skip
    errors = {name: np.abs(predicted - labels) for name, predicted in rules.items()}
    result = {}
    for name, predicted in rules.items():
        units = np.arange(len(labels))
        rows = LabelledRows([str(place) for place in places], labels, predicted, units, len(labels))
        less = errors["likeliest"] - errors[name]
        margin = 1.96 * less.std() / np.sqrt(len(less))
        result[name] = {
            "mean_absolute_error": round(float(errors[name].mean()), 4),
            "less": [round(float(less.mean() + sign * margin), 4) for sign in (-1, 1)],
            "quadratic_kappa": round(float(quadratic_kappa(rows, np.ones((1, len(labels))))[0]), 4),
            "accuracy": round(float((predicted == labels).mean()), 4),
        }
    return result


if __name__ == "__main__":
    main()
