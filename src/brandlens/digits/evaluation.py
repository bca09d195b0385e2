"""Trained networks → the error of each on validation and test, its spread over seeds, of all of them averaged."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from brandlens.config.digits import Network, Train
from brandlens.digits.data import Split, Splits
from brandlens.digits.predictions import EVALUATED, OfNetwork, Predictions
from brandlens.metrics.intervals import wilson

NUM_NEIGHBORS = 3
MAX_MISTAKES = 64  # in the report's picture


def evaluate(predictions: Predictions, splits: Splits, cfg: Train, separation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of metrics.json: errors of all networks and baselines, and what digits-separate found."""
    networks = {
        name: network_metrics(cfg.networks[name], of_network, splits, cfg.num_seeds)
        for name, of_network in predictions.items()
    }
    intervals = {
        name: {"test_ensemble_error": _interval(values["test_ensemble_error"], len(splits["test"]))}
        for name, values in networks.items()
    }
    return {
        "networks": networks,
        "baselines": baselines(splits),
        "separation": separation["metrics"],
        "intervals": {"networks": intervals, "separation": separation["intervals"]},
    }


def _interval(ratio: float, count: int) -> list[float]:
    return [round(end, 6) for end in wilson(ratio, count)]


def best(metrics: Mapping[str, Any]) -> str:
    """Return the name of the network whose averaged members err least on validation; of equals, whose members do."""
    networks = metrics["networks"]
    return min(networks, key=lambda name: (networks[name]["val_ensemble_error"], networks[name]["val_error"]))


def mistakes(predictions: OfNetwork, split: Split) -> np.ndarray:
    """Return the (n, height, width) test digits that averaged members misclassify, the surest mistakes first."""
    probabilities = np.mean(predictions["test"], axis=0)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != split.labels)
    surest = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:MAX_MISTAKES]
    return split.images[surest]


def error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the fraction of (n, classes) probabilities whose largest is not that of the (n,) label; 0.0 for none."""
    return float((probabilities.argmax(axis=1) != labels).mean()) if len(labels) else 0.0


def network_metrics(cfg: Network, predictions: OfNetwork, splits: Splits, num_seeds: int) -> dict[str, float]:
    """Return the errors of one network as fractions.

    Mean and standard deviation (of the sample) over its first num_seeds members; then all members averaged.
    """
    result: dict[str, float] = {"seeds": num_seeds}
    for split in EVALUATED:
        labels = splits[split].labels
        errors = [error(each, labels) for each in predictions[split][:num_seeds]]
        result[f"{split}_error"] = round(float(np.mean(errors)), 6)
        result[f"{split}_error_std"] = round(float(np.std(errors, ddof=1)), 6) if len(errors) > 1 else 0.0
        result[f"{split}_ensemble_error"] = round(error(np.mean(predictions[split], axis=0), labels), 6)
    result["networks"] = len(predictions["test"])
    published = {"published_error": cfg.published_error, "published_ensemble": cfg.published_ensemble}
    return result | {name: value for name, value in published.items() if value is not None}


def baselines(splits: Splits) -> dict[str, dict[str, float]]:
    """Return the errors of the commonest training digit, and of a vote of the three nearest training digits."""
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415, nothing else here needs scikit-learn

    train = splits["train"]
    commonest = np.bincount(train.labels).argmax()
    neighbors = KNeighborsClassifier(NUM_NEIGHBORS, algorithm="brute").fit(_rows(train), train.labels)
    found: dict[str, dict[str, float]] = {"majority": {}, "nearest_neighbors": {}}
    for name in EVALUATED:
        labels = splits[name].labels
        found["majority"][f"{name}_error"] = round(float((labels != commonest).mean()), 6)
        wrong = neighbors.predict(_rows(splits[name])) != labels
        found["nearest_neighbors"][f"{name}_error"] = round(float(wrong.mean()), 6)
    return found


def _rows(split: Split) -> np.ndarray:
    return split.pixels.reshape(len(split), -1)


def summary(metrics: Mapping[str, Any]) -> str:
    """Return a line for each network: its error on test, and what was published."""
    lines = []
    for name, values in metrics["networks"].items():
        published = f", published {values['published_error']:.2%}" if "published_error" in values else ""
        lines.append(
            f"{name}: test error {values['test_error']:.2%} ± {values['test_error_std']:.2%} "
            f"({values['seeds']} seeds), validation {values['val_error']:.2%}{published}"
        )
    return "\n".join(lines)
