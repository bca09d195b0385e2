"""Start the training of a network from an earlier one of the same model: sentiment.train.start_from.

The word vectors are tuned for the earlier reviews, and other words have vectors in another space. A linear map between
the two spaces, fitted on the words that both have, carries the new words over (Mikolov et al. 2013, "Exploiting
similarities among languages for machine translation").
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from brandlens import provenance, training
from brandlens.config.sentiment import Train
from brandlens.datasets.reviews import TWO_LABELS
from brandlens.errors import ModelError
from brandlens.provenance import Pretrained
from brandlens.sentiment.text.vocabulary import PAD, SPECIAL, UNKNOWN, Vocabulary

KEY = "sentiment.train.start_from"
HEAD = "label"  # the layer that has a class a label
RIDGE = 0.01  # of the mean square of a vector's values: keeps the map of few words stable


@dataclass(frozen=True)
class Beginning:
    """What a training begins with: words, their (words, size) float32 vectors, and a new network's weights.

    initialize: puts weights into the new network; None: random ones stay. files: that all this depends on, beside the
    vectors'. pretrained: for the card.
    """

    vocabulary: Vocabulary
    vectors: np.ndarray
    initialize: Callable[[keras.Model], None] | None = None
    files: Sequence[Path] = ()
    pretrained: Sequence[Pretrained] = ()


@dataclass(frozen=True)
class WarmStart:
    """An earlier model, and the vocabulary of its word vectors."""

    start: training.Start
    vocabulary: Vocabulary

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the earlier model, in their order."""
        return tuple(self.start.card.get("labels", TWO_LABELS))

    @property
    def files(self) -> tuple[Path, Path]:
        """The files that a training from here depends on."""
        return self.start.weights, self.start.folder / "vocabulary.txt"

    def pretrained(self) -> list[Pretrained]:
        """Return what a training from here started from: what the earlier model started from, then that model."""
        *before, model = self.start.pretrained()
        facts = self.start.card["provenance"]
        source = facts.get("source", provenance.UNKNOWN)
        name = f"{self.start.folder.as_posix()}, an earlier {facts['model']} trained on {source}"
        return [*before, replace(model, name=name)]

    def merge(self, vocabulary: Vocabulary, vectors: np.ndarray) -> tuple[Vocabulary, np.ndarray]:
        """Return a vocabulary of these words and the earlier ones, and vectors for it in the earlier model's space.

        vectors: (words, size) float32. Words that the earlier model knows keep its vectors, the specials too; the
        others' are carried over by the map, or get the mean where too few words are shared to fit one.
        """
        earlier = self._embedding().get_weights()[0]
        others = [word for word in self.vocabulary.words if word not in vocabulary.ids]
        merged = Vocabulary((*vocabulary.words, *others))
        ids = np.array([self.vocabulary.ids.get(word, UNKNOWN) for word in merged.words])
        result = earlier[ids]
        result[PAD] = 0
        new = [index for index in range(len(SPECIAL), len(vocabulary)) if ids[index] == UNKNOWN]
        shared = [index for index in range(len(SPECIAL), len(vocabulary)) if ids[index] != UNKNOWN]
        mapped = linear_map(vectors[shared], earlier[ids[shared]], vectors[new])
        result[new] = earlier[len(SPECIAL) :].mean(axis=0) if mapped is None else mapped
        return merged, result

    def carry_over(self, network: keras.Model, vectors: np.ndarray, labels: Sequence[str] = TWO_LABELS) -> None:
        """Put the earlier weights, and the merged vectors, into a new network of the same model, in place.

        vectors: (words, size), as `merge` returns. Where a word of the network has more values than that (its
        log-count ratio), those stay, with the weights that read them. labels: of the new network; where they are others
        than the earlier ones, its last layer stays as it is. Raises ModelError for other widths.
        """
        earlier = {layer.name: layer for layer in self.start.network.layers}
        for layer in network.layers:
            weights = layer.get_weights()
            if layer.name == "embedding":
                weights[0][:, : vectors.shape[1]] = vectors
            elif weights and not (layer.name == HEAD and tuple(labels) != self.labels):
                self._check(layer, earlier.get(layer.name))
                for new, old in zip(weights, earlier[layer.name].get_weights(), strict=True):
                    new[: len(old)] = old
            layer.set_weights(weights)

    def _embedding(self) -> keras.Layer:
        names = [layer.name for layer in self.start.network.layers]
        if "embedding" not in names:
            raise ModelError(f"{KEY}: {self.start.weights} has no layer called embedding; train from scratch")
        embedding = self.start.network.get_layer("embedding")
        num_words = embedding.get_weights()[0].shape[0]
        if num_words != len(self.vocabulary):
            raise ModelError(
                f"{KEY}: {self.start.folder}: {num_words:,} word vectors for {len(self.vocabulary):,} words in "
                "vocabulary.txt; copy the whole folder that stage sentiment-export writes"
            )
        return embedding

    def _check(self, layer: keras.Layer, earlier: keras.Layer | None) -> None:
        """Raise ModelError where the earlier layer's weights do not fit; a kernel may have had fewer rows."""
        new, old = ([] if one is None else [array.shape for array in one.get_weights()] for one in (layer, earlier))
        fits = len(new) == len(old) and all(
            a[1:] == b[1:] and (a[0] == b[0] or (index == 0 and b[0] < a[0]))
            for index, (a, b) in enumerate(zip(new, old, strict=True))
        )
        if not fits:
            raise ModelError(
                f"{KEY}: {self.start.folder}: layer {layer.name} has weights of shapes {old or 'none'}, and the "
                f"network of params.yaml {new}; set units as they were there"
            )


def read(cfg: Train) -> WarmStart | None:
    """Return the model to start from; None to train from scratch.

    Raises ModelError for a folder without one, without the weights to train on, or of another model than `cfg.model`.
    """
    if cfg.start_from is None:
        return None
    start = training.read_start(Path(cfg.start_from), "sentiment")
    model = start.card.get("provenance", {}).get("model")
    if model != cfg.model:
        raise ModelError(f"{KEY}: {start.folder} is a {model}, and sentiment.train.model is {cfg.model}")
    return WarmStart(start, Vocabulary.load(start.folder / "vocabulary.txt"))


def begin(cfg: Train, vocabulary: Vocabulary, vectors: np.ndarray, labels: Sequence[str] = TWO_LABELS) -> Beginning:
    """Return what to begin with: these words and vectors alone, or with the model of `cfg.start_from`; see `read`."""
    earlier = read(cfg)
    if earlier is None:
        return Beginning(vocabulary, vectors)
    merged, carried = earlier.merge(vocabulary, vectors)
    initialize = partial(earlier.carry_over, vectors=carried, labels=labels)
    return Beginning(merged, carried, initialize, earlier.files, earlier.pretrained())


def linear_map(source: np.ndarray, target: np.ndarray, vectors: np.ndarray) -> np.ndarray | None:
    """Return (m, e) float32 vectors carried over by the affine map that fits (n, d) source to (n, e) target best.

    vectors: (m, d). By ridge regression; None where n is less than twice d.
    """
    count, size = source.shape
    if count < 2 * size:
        return None
    mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    centered = source - mean
    penalty = RIDGE * count * max(float((centered**2).mean()), 1e-12) * np.eye(size)  # also where all are alike
    weights = np.linalg.solve(centered.T @ centered + penalty, centered.T @ (target - target_mean))
    return ((vectors - mean) @ weights + target_mean).astype(np.float32)
