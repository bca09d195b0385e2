"""Adversarial training of a network that reads tokens (Miyato, Dai and Goodfellow 2017).

Besides each review the network is trained on the same one with its word vectors perturbed, by a given norm, in the
direction in which the loss grows fastest. That direction is a gradient in the middle of a training step, the one thing
that Keras has no backend-neutral name for; here, and nowhere else, it is asked of the backend that Keras has loaded.
"""

import sys
from collections.abc import Callable
from typing import Any

import keras
from keras import KerasTensor, ops

from brandlens.errors import ParamsError
from brandlens.sentiment.models.layers import EMBEDDED
from brandlens.sentiment.text.vocabulary import PAD


class Adversarial(keras.Model):
    """A model to `fit` instead of a network, whose weights it trains.

    network: one with a layer named EMBEDDED. epsilon: norm of the perturbation of a review's vectors after dropout, in
    units of their root mean square: vectors that grow in training cannot escape it, as they cannot in the paper, which
    normalises them. (Its epsilon of 5 is that of 256 values a word.) loss_fn: of (n, labels) labels and logits, added
    to the loss that the model is compiled with. A step takes about three times as long. Raises ParamsError on a backend
    without gradients.
    """

    def __init__(self, network: keras.Model, epsilon: float, loss_fn: Callable[[Any, Any], Any]) -> None:
        super().__init__(network.input, network.output)
        if keras.backend.backend() not in GRADIENTS:
            raise ParamsError(
                f"sentiment.train: adversarial_epsilon is {epsilon:g}; "
                f"Keras' backend {keras.backend.backend()} allows only 0"
            )
        vectors = network.get_layer(EMBEDDED).output
        self.epsilon, self.loss_fn = epsilon, loss_fn
        self.encoder = keras.Model(network.input, vectors)  # tokens → vectors
        self.head = keras.Model([network.input, vectors], network.output)  # tokens and vectors → logits

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the loss of the reviews as they are plus, in training, that of their perturbed vectors."""
        clean = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not training:
            return clean
        vectors = self.encoder(x, training=True)

        def loss(perturbation: KerasTensor) -> KerasTensor:
            return self.loss_fn(y["label"], self.head([x, vectors + perturbation], training=True)["label"])

        slope = gradient(loss, ops.zeros_like(vectors))
        return clean + loss(ops.stop_gradient(self._perturbation(x, vectors, slope)))

    def _perturbation(self, tokens: KerasTensor, vectors: KerasTensor, slope: KerasTensor) -> KerasTensor:
        """Return the change of the (n, time, size) vectors: along the slope, of norm epsilon for each review.

        Padding has vectors of zeros, and no slope.
        """
        num_rows = ops.shape(tokens)[0]
        values, direction = (
            ops.reshape(ops.cast(tensor, "float32"), (num_rows, -1)) for tensor in (ops.stop_gradient(vectors), slope)
        )
        num_values = ops.sum(ops.cast(tokens != PAD, "float32"), axis=1, keepdims=True) * vectors.shape[-1]
        root_mean_square = ops.sqrt(ops.sum(values**2, axis=1, keepdims=True) / num_values)
        norm = ops.sqrt(ops.sum(direction**2, axis=1, keepdims=True)) + 1e-12
        scaled = direction * (self.epsilon * root_mean_square / norm)
        return ops.cast(ops.reshape(scaled, ops.shape(vectors)), vectors.dtype)


def gradient(function: Callable[[KerasTensor], KerasTensor], x: KerasTensor) -> KerasTensor:
    """Return the gradient, of the shape of the tensor x, of a function of it that returns one number."""
    name = keras.backend.backend()
    return GRADIENTS[name](sys.modules[name], function, x)


def _tensorflow(tf: Any, function: Callable[[Any], Any], x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return tape.gradient(value, x)


def _jax(jax: Any, function: Callable[[Any], Any], x: Any) -> Any:
    return jax.grad(function)(x)


def _torch(torch: Any, function: Callable[[Any], Any], x: Any) -> Any:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(function(x), x)[0]


GRADIENTS: dict[str, Callable[[Any, Callable[[Any], Any], Any], Any]] = {
    "tensorflow": _tensorflow, "jax": _jax, "torch": _torch,
}  # fmt: skip
