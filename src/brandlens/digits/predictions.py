"""What trained networks say of the digits that they are evaluated on, as one file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from brandlens import io

EVALUATED = ("val", "test")
OfNetwork = dict[str, list[np.ndarray]]  # by split: (n, 10) float32 probabilities of each member
Predictions = dict[str, OfNetwork]  # by network


def save(predictions: Mapping[str, Mapping[str, list[np.ndarray]]], path: Path) -> None:
    """Write predictions as one .npz file, whole or not at all."""
    arrays = {
        f"{network}/{split}": np.stack(members)
        for network, of_network in predictions.items()
        for split, members in of_network.items()
    }
    with io.atomic_write(path) as unfinished:
        np.savez_compressed(unfinished, allow_pickle=False, **arrays)


def load(path: Path) -> Predictions:
    """Read what `save` wrote, networks in the same order. Raises UserError for a file that is missing or damaged."""
    found: Predictions = {}
    with io.reading(path, "run: dvc repro pipelines/digits/dvc.yaml:digits-train"), np.load(path) as arrays:
        for name in arrays.files:
            network, _, split = name.partition("/")
            found.setdefault(network, {})[split] = list(arrays[name])
    return found
