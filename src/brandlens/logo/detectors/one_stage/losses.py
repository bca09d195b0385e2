"""What the one-shot network is held to: labels as probable as their boxes are good, and boxes that cover the logos."""

import keras
from keras import ops

from brandlens.logo.detectors.one_stage import assigner, network

GAMMA = 2.0  # exponent: places without a logo count for more, the surer the network is that there is one
ALPHA = 0.75  # weight of places without a logo
BOX_WEIGHT = 2.5  # weight of the boxes beside the labels


class OneStageLoss(keras.losses.Loss):
    """Varifocal loss of the labels (Zhang et al. 2021) and generalised intersection over union of the boxes.

    Both are summed over a batch and divided by the sum of its targets' quality, so that a batch with many logos counts
    as much as one with few. y_true: (n, most, 5), see targets. y_pred: (n, places, 4 + labels), see network.trainer.
    """

    def __init__(self, width: int, height: int) -> None:
        """width, height: of the input in pixels."""
        super().__init__(name="shot")
        self.centres, self.strides = network.anchor_points(width, height)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(n,) float32: their mean is the loss of the batch."""
        boxes, logits = y_pred[..., :4], y_pred[..., 4:]
        target = assigner.assign_targets(
            ops.stop_gradient(boxes), ops.stop_gradient(ops.sigmoid(logits)), y_true, self.centres, self.strides
        )
        target = assigner.Targets(*map(ops.stop_gradient, target))
        what = ops.sum(varifocal(logits, target.label) * target.counts[..., None], axis=(1, 2))
        where = ops.sum((1 - assigner.giou(boxes, target.boxes)) * target.quality, axis=1)
        least = ops.cast(ops.shape(y_true)[0], "float32")  # a batch without logos is not divided by nothing
        total = ops.maximum(ops.sum(target.quality), least)
        return (what + BOX_WEIGHT * where) * (ops.cast(ops.shape(y_true)[0], "float32") / total)


def varifocal(logits: keras.KerasTensor, quality: keras.KerasTensor) -> keras.KerasTensor:
    """Cross entropy between probabilities and qualities from 0 to 1, element by element.

    Weighted by the quality where there is one, and by OTHERS times the probability to the power of FOCUS where not.
    """
    entropy = ops.softplus(logits) - quality * logits
    away = ALPHA * ops.power(ops.stop_gradient(ops.sigmoid(logits)), GAMMA)
    return entropy * ops.where(quality > 0, quality, away)
