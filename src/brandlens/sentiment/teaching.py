"""Labels for reviews that nobody has labelled, by two teachers of different kinds: a linear model and the network.

Self-training (Scudder 1965) with soft labels (Hinton et al. 2015). One counts words in a row and the other reads, so
they err on other reviews: on movie reviews the mean of their log-odds was right more often than either, on validation.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from brandlens.evaluation.calibration import temperature
from brandlens.sentiment import baselines
from brandlens.sentiment.baselines import Bayes, Labelled, Texts


def linear(training: Labelled, validation: Labelled, unlabelled: Texts) -> np.ndarray:
    """(n,) float64 calibrated log-odds of positive for n unlabelled reviews, by the naive-Bayes baseline.

    It learns from training reviews alone, so that validation stays unseen; of one label alone it has no opinion: 0.
    """
    if len(np.unique(training[1])) < 2:
        return np.zeros(len(unlabelled))
    model = baselines.fitted(Bayes, training, validation, both=False)
    return calibrated(model.log_odds(unlabelled), model.log_odds(validation[0]), validation[1])


def calibrated(log_odds: np.ndarray, held: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(n,) log-odds divided by the temperature that fits those of validation reviews, `held`, to their truth best."""
    both = np.stack([np.zeros_like(held), held], axis=1)
    return log_odds / temperature(both, truth)


def labels(opinions: Sequence[np.ndarray]) -> np.ndarray:
    """(n,) float32 probabilities of positive: the mean of the teachers' (n,) log-odds."""
    return expit(np.mean(opinions, axis=0)).astype(np.float32)
