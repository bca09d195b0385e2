"""Start a training from the weights of an earlier model: from its folder, as the stages export it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brandlens import model_card, provenance
from brandlens.errors import ModelError
from brandlens.io import file_digest
from brandlens.provenance import Pretrained
from brandlens.training.save import WEIGHTS, load_model

HEAD = "label"  # how the name of a layer begins whose weights have a class each along their last axis


@dataclass(frozen=True)
class Start:
    """An earlier model: its folder, what its card tells, and its network in float32."""

    folder: Path
    card: Mapping[str, Any]
    network: keras.Model

    @property
    def weights(self) -> Path:
        """The file of the network."""
        return self.folder / WEIGHTS

    def pretrained(self) -> list[Pretrained]:
        """Return what the next model's card is to tell: what this one started from, and this one."""
        facts = self.card.get("provenance", {})
        earlier = provenance.from_mappings(facts.get("pretrained", ()))
        return [
            *earlier,
            Pretrained(
                name=f"{self.folder.as_posix()}, an earlier {self.card.get('type', provenance.UNKNOWN)}",
                source=f"revision {facts.get('revision', provenance.UNKNOWN)}",
                license="own",
                sha256=file_digest(self.weights),
            ),
        ]


def read(folder: Path, kind: str) -> Start:
    """Read the model in a folder; kind: logo or sentiment. Raises ModelError where it has no card or no weights."""
    card = model_card.read(folder, kind)
    if not (folder / WEIGHTS).is_file():
        raise ModelError(
            f"{folder}: no {WEIGHTS} here, the weights that a training goes on from; copy the whole folder that stage "
            f"{kind}-export writes, or export the model again"
        )
    return Start(folder, card, load_model(folder / WEIGHTS))


def carry_over(start: Start, model: keras.Model, old_classes: Sequence[str], classes: Sequence[str]) -> None:
    """Copy the weights of an earlier network into one of the same architecture, in place.

    old_classes, classes: of the two, in their order. In the layers named HEAD…, the weights of a class go to the class
    of the same name, and those of a new class stay as they are. Raises ModelError for another architecture.
    """
    old_layers, layers = ([layer for layer in net.layers if layer.weights] for net in (start.network, model))
    is_head = [layer.name.startswith(HEAD) for layer in layers]
    if [layer.name.startswith(HEAD) for layer in old_layers] != is_head:
        raise _another_architecture(start, f"{len(old_layers)} layers with weights, not {len(layers)}")
    kept = [(old_classes.index(name), classes.index(name)) for name in classes if name in old_classes]
    merged = []
    for old, new, head in zip(old_layers, layers, is_head, strict=True):
        pairs = list(zip(old.get_weights(), new.get_weights(), strict=False))
        for old_values, values in pairs:
            shapes = [array.shape[: -1 if head else None] for array in (old_values, values)]
            if shapes[0] != shapes[1] or len(old.weights) != len(new.weights):
                raise _another_architecture(start, f"weights of shape {old_values.shape}, not {values.shape}")
        merged.append([_merge(*pair, kept) if head else pair[0] for pair in pairs])
    for layer, values in zip(layers, merged, strict=True):
        layer.set_weights(values)


def _merge(old: np.ndarray, new: np.ndarray, kept: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return the new array with those entries of the last axis that `kept` pairs (old, new) taken from the old one."""
    merged = new.copy()
    for source, target in kept:
        merged[..., target] = old[..., source]
    return merged


def _another_architecture(start: Start, difference: str) -> ModelError:
    return ModelError(
        f"{start.weights}: another architecture ({difference}); set model, width_multiplier, backbone and "
        "window_wh as they were, or train from scratch"
    )
