"""The networks that params.yaml may name, and what each promises.

Input: "tokens", (n, time) int32 token ids, padded with PAD on the right, no row empty. Output: "label", (n, labels)
float32 logits from a dense layer of that name; their softmax is the probability. A review scores the same alone and in
any batch. A network knows nothing of texts or data.

To add one: write its module, add its line below and its section to params.yaml and config/sentiment.py.
From outside of brandlens: `register`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from brandlens import training
from brandlens.config.sentiment import ModelTraining
from brandlens.errors import ModelError
from brandlens.sentiment.models import bilstm, ngrams, snowdon

# importing ngrams tells Keras of the layer in saved networks
__all__ = ["NETWORKS", "Network", "find", "load", "ngrams", "register"]


@dataclass(frozen=True)
class Network:
    """An entry of the registry.

    build: (words, size) float32 word vectors, the model's section of params.yaml, and how many labels there are → an
    untrained network.
    fast_bfloat16: processor features, as /proc/cpuinfo spells them, with which it was measured to train faster in
    bfloat16 (benchmarks/dtype_policy.py).
    """

    build: Callable[[np.ndarray, ModelTraining, int], keras.Model]
    fast_bfloat16: tuple[str, ...] = ()


NETWORKS: dict[str, Network] = {
    "bilstm": Network(bilstm.bilstm, bilstm.FAST_BFLOAT16),
    "snowdon": Network(snowdon.snowdon, snowdon.FAST_BFLOAT16),
}


def register(name: str, network: Network) -> None:
    """Make a network known by a name, for this process."""
    NETWORKS[name] = network


def find(name: str) -> Network:
    """Return the network of a name. Raises ModelError for an unknown one."""
    if name not in NETWORKS:
        raise ModelError(f"no network is called {name!r}; known: {', '.join(NETWORKS)}")
    return NETWORKS[name]


def load(path: Path) -> keras.Model:
    """Load a saved network, whose layers this module has registered with Keras. Raises ModelError for what is none."""
    return training.load_model(path)
