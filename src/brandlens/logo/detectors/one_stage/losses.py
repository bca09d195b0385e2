"""The loss of the one-stage network: labels as probable as their boxes are good, and boxes that cover the logos."""

import keras
from keras import ops

from brandlens.logo.detectors.one_stage import assigner, network

GAMMA = 2.0  # exponent: points without a logo weigh more, the surer the network is that there is one
ALPHA = 0.75  # weight of points without a logo
BOX_WEIGHT = 2.5  # weight of the boxes beside the labels


class OneStageLoss(keras.losses.Loss):
    """Varifocal loss of the labels (Zhang et al. 2021) and generalized intersection over union of the boxes.

    Both are summed over a batch and divided by the sum of its targets' quality, so that a batch with many logos counts
    as much as one with few. y_true: (n, m, 5), see `assigner`. y_pred: (n, points, 4 + labels), see
    `network.training_model`.

    Where labels may be incomplete, a label that scores above a threshold at a point far from all labelled boxes is left
    out: it would be the heaviest of all errors, and is likely none. (A threshold on the score: background recalibration
    loss, Zhang et al. 2020, which goes on to learn such points as objects; less weight far from labelled boxes: soft
    sampling, Wu et al. 2019.)
    """

    def __init__(self, width: int, height: int, ignore_unlabeled_above: float = 1.0) -> None:
        """Prepare the loss for inputs of width x height pixels. ignore_unlabeled_above: the score; 1: none."""
        super().__init__(name="one_stage")
        self.ignore_unlabeled_above = ignore_unlabeled_above
        self.points, self.strides = network.anchor_points(width, height)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return (n,) float32, whose mean is the loss of the batch."""
        boxes, logits = y_pred[..., :4], y_pred[..., 4:]
        scores = ops.stop_gradient(ops.sigmoid(logits))
        targets = assigner.assign_targets(ops.stop_gradient(boxes), scores, y_true, self.points, self.strides)
        targets = assigner.Targets(*map(ops.stop_gradient, targets))
        is_sure = ops.cast(scores > self.ignore_unlabeled_above, "float32")
        counts = targets.mask[..., None] * (1 - is_sure * targets.unlabeled[..., None])
        label_loss = ops.sum(varifocal(logits, targets.labels) * counts, axis=(1, 2))
        box_loss = ops.sum((1 - assigner.giou(boxes, targets.boxes)) * targets.quality, axis=1)
        batch_size = ops.cast(ops.shape(y_true)[0], "float32")
        total = ops.maximum(ops.sum(targets.quality), batch_size)  # a batch without logos is not divided by 0
        return (label_loss + BOX_WEIGHT * box_loss) * (batch_size / total)


def varifocal(logits: keras.KerasTensor, quality: keras.KerasTensor) -> keras.KerasTensor:
    """Return the cross entropy between probabilities and qualities from 0 to 1, element by element.

    Weighted by the quality where there is one, and by ALPHA times the probability to the power of GAMMA where not.
    """
    entropy = ops.softplus(logits) - quality * logits
    negative_weight = ALPHA * ops.power(ops.stop_gradient(ops.sigmoid(logits)), GAMMA)
    return entropy * ops.where(quality > 0, quality, negative_weight)
