"""The networks that params.yaml may name, and what each promises.

Input: "tokens", (n, time) int32 token ids, padded with PAD on the right, no row empty. Output: "label", (n, 2) float32
logits of negative and positive from a dense layer of that name; their softmax is the probability. A review scores the
same alone and in any batch. A network knows nothing of texts or data.

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
