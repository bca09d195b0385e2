"""Start the training of a detector from an earlier one of the same model: logo.train.start_from."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from brandlens import training
from brandlens.config.logo import Train
from brandlens.errors import ModelError
from brandlens.logo.labels import class_names
from brandlens.training.start import Start

Initialize = Callable[[keras.Model], None]  # sets the weights of a network that was just built


def read(cfg: Train) -> Start | None:
    """Return the detector to start from, None to train from scratch.

    Raises ModelError for a folder without one, without weights to train on, or of another model than `cfg.model`.
    """
    if cfg.start_from is None:
        return None
    start = training.read_start(Path(cfg.start_from), "logo")
    if (model := start.card.get("type")) != cfg.model:
        raise ModelError(
            f"logo.train.start_from: {start.folder} holds a {model}, but logo.train.model is {cfg.model}; "
            "make them alike"
        )
    return start


def initializer(
    cfg: Train, labels: Sequence[str], labels_of: Callable[[Mapping[str, Any]], Sequence[str]], *, background: bool
) -> Initialize | None:
    """Return a function that carries the weights of `cfg.start_from` over, None to train from scratch; see `read`.

    labels: of the new network, in its order. labels_of: `Detector.config` → the labels of the earlier one. background:
    whether networks of this model have a class of it before their labels. Says which labels are carried over.
    """
    if (start := read(cfg)) is None:
        return None
    try:
        old_labels = tuple(labels_of(start.card["detector"]))
    except (LookupError, TypeError) as error:
        raise ModelError(f"{start.folder}: its card has another content ({error}); export it again") from None
    print(describe(start.folder, old_labels, labels))
    classes = (class_names(old_labels), class_names(labels)) if background else (old_labels, labels)
    return lambda model: training.carry_over(start, model, *classes)


def describe(folder: Path, old_labels: Sequence[str], labels: Sequence[str]) -> str:
    """Return a line that tells which labels are carried over, which are new, and which the new detector has no more."""
    kinds = {
        "carried over": [label for label in labels if label in old_labels],
        "new": [label for label in labels if label not in old_labels],
        "no training box has, so they are dropped": [label for label in old_labels if label not in labels],
    }
    return f"starts from {folder}; labels " + "; ".join(
        f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names
    )
