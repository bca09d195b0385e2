"""Adversarial training of a network that reads tokens (Miyato, Dai and Goodfellow 2017).

Beside each review the network is trained on the same one with its vectors pushed, by a given norm, to where the loss
grows fastest. That direction is a gradient in the middle of a training step, the one thing that Keras has no
backend-neutral name for; it is taken here by the backend that Keras has loaded, and nowhere else.
"""

import sys
from collections.abc import Callable
from typing import Any

import keras
from keras import KerasTensor, ops

from brandlens.errors import ParamsError
from brandlens.sentiment.models.network import SEEN
from brandlens.sentiment.text.vocabulary import PAD


class Adversarial(keras.Model):
    """A network to `fit` in another's place; the weights are the network's own.

    norm: of the change of a review's vectors after dropout, in units of their root mean square: vectors that grow while
    they are trained cannot escape it, as they cannot in the paper, which normalises them. Its 5 is that of 256 values a
    word. loss: of (n, 2) truth and (n, 2) logits, added to the loss that the network is compiled with. A step costs
    about thrice the time. Raises ParamsError on a backend without gradients.
    """

    def __init__(self, network: keras.Model, norm: float, loss: Callable[[Any, Any], Any]) -> None:
        super().__init__(network.input, network.output)
        if keras.backend.backend() not in GRADIENTS:
            raise ParamsError(
                f"sentiment.train: perturb is {norm:g}; Keras' backend {keras.backend.backend()} allows only 0"
            )
        seen = network.get_layer(SEEN).output
        self.norm, self.surprise = norm, loss
        self.sees = keras.Model(network.input, seen)
        self.judges = keras.Model([network.input, seen], network.output)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The loss of the reviews as they are and, while training, as they are worst."""
        plain = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not training:
            return plain
        seen = self.sees(x, training=True)

        def loss(change: KerasTensor) -> KerasTensor:
            return self.surprise(y["label"], self.judges([x, seen + change], training=True)["label"])

        slope = gradient(loss, ops.zeros_like(seen))
        return plain + loss(ops.stop_gradient(self._push(x, seen, slope)))

    def _push(self, tokens: KerasTensor, seen: KerasTensor, slope: KerasTensor) -> KerasTensor:
        """The change of the vectors, of their shape: along the slope, as long as wished for each review.

        Padding has vectors of zeros, and no slope.
        """
        rows = ops.shape(tokens)[0]
        vectors, way = (ops.reshape(ops.cast(each, "float32"), (rows, -1)) for each in (ops.stop_gradient(seen), slope))
        numbers = ops.sum(ops.cast(tokens != PAD, "float32"), axis=1, keepdims=True) * seen.shape[-1]
        deviation = ops.sqrt(ops.sum(vectors**2, axis=1, keepdims=True) / numbers)
        length = ops.sqrt(ops.sum(way**2, axis=1, keepdims=True)) + 1e-12
        return ops.cast(ops.reshape(way * (self.norm * deviation / length), ops.shape(seen)), seen.dtype)


def gradient(function: Callable[[KerasTensor], KerasTensor], at: KerasTensor) -> KerasTensor:
    """The slope of a function that gives one number, at a tensor, of the tensor's shape."""
    name = keras.backend.backend()
    return GRADIENTS[name](sys.modules[name], function, at)


def _tensorflow(tf: Any, function: Callable[[Any], Any], at: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = function(at)
    return tape.gradient(value, at)


def _jax(jax: Any, function: Callable[[Any], Any], at: Any) -> Any:
    return jax.grad(function)(at)


def _torch(torch: Any, function: Callable[[Any], Any], at: Any) -> Any:
    at = at.detach().requires_grad_()
    return torch.autograd.grad(function(at), at)[0]


GRADIENTS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
