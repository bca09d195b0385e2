"""Adam as Deeplearning4j 0.9.1 applied it, for networks that were published with its hyperparameters.

Read in its source, org.deeplearning4j.nn.updater (LayerUpdater.preApply, BaseMultiLayerUpdater.update,
UpdaterBlock.postApply) and org.nd4j.linalg.learning.AdamUpdater. A step takes the gradients of the loss summed over the
batch, divides those of each layer by their common L2 norm (RenormalizeL2PerLayer) or clips each value
(ClipElementWiseAbsoluteValue), passes them through Adam with each variable's own learning rate, adds l1 * sign(w) +
l2 * w, and divides the result by the batch size before it is subtracted.

In Keras' terms, a learning rate is so the published one divided by the batch size, and L1 and L2 are decoupled decays
(Loshchilov and Hutter 2019), which Adam does not normalize: a published rate without that division is far too high.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
from keras import ops


@dataclass(frozen=True)
class DL4JUpdater:
    """What that framework's step has beside Adam.

    batch_size: examples in a batch, of which Keras' loss is the mean. l1, l2: of kernels, not of biases.
    renormalize_layers: divide the gradients of each layer by their norm. lr_multipliers: factor on the learning rate of
    a variable, by its path ("conv1/bias"); 1 where there is none.
    """

    batch_size: int
    l1: float = 0.0
    l2: float = 0.0
    renormalize_layers: bool = False
    lr_multipliers: Mapping[str, float] = field(default_factory=dict)


class DL4JAdam(keras.optimizers.Adam):
    """Adam with Deeplearning4j's normalization of gradients before it, and its penalties and division after it."""

    def __init__(self, learning_rate: Any, updater: DL4JUpdater, **options: Any):
        """Take the published learning rate; options: Keras', `clipvalue` being of the gradient of the summed loss."""
        super().__init__(learning_rate, epsilon=1e-8, **options)
        self.updater = updater
        self.paths: list[str] = []

    def build(self, variables: list[keras.Variable]) -> None:
        """Make the state of these variables, which are all that is trained."""
        self.paths = [variable.path for variable in variables]
        super().build(variables)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Change all variables. grads: of the mean loss, in the order of the variables; None: not in the loss."""
        if trainable_variables is not None and not self.built:
            self.build(list(trainable_variables))
        summed = [None if grad is None else ops.multiply(grad, self.updater.batch_size) for grad in grads]
        super().apply(self._renormalize(summed) if self.updater.renormalize_layers else summed, trainable_variables)

    def _renormalize(self, grads: list[Any]) -> list[Any]:
        """Divide each gradient by the L2 norm of all of its layer's; one of only zeros stays as it is."""
        layers = [path.rpartition("/")[0] for path in self.paths]
        squares: dict[str, Any] = defaultdict(float)
        for layer, grad in zip(layers, grads, strict=True):
            if grad is not None:
                squares[layer] += ops.sum(ops.square(grad))
        norms = {layer: ops.sqrt(total) + keras.config.epsilon() ** 2 for layer, total in squares.items()}
        return [
            None if grad is None else grad / ops.cast(norms[layer], grad.dtype)
            for layer, grad in zip(layers, grads, strict=True)
        ]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable, a backend's own on TensorFlow."""
        step = self.updater
        path = self.paths[self._get_variable_index(variable)]
        if path.endswith("kernel") and (step.l1 or step.l2):
            weights = ops.convert_to_tensor(variable)
            self.assign_sub(variable, (step.l1 * ops.sign(weights) + step.l2 * weights) / step.batch_size)
        super().update_step(gradient, variable, learning_rate * step.lr_multipliers.get(path, 1.0) / step.batch_size)
