"""What tests of networks and of their training share."""

import pytest

from brandlens.config.sentiment import Augmentation, ModelTraining


@pytest.fixture(scope="session")
def cfg() -> ModelTraining:
    """A section of sentiment.train for tiny networks, with everything optional off."""
    return ModelTraining(
        nb_log_ratio=0.0, units=4, max_length=8, segment_length=0, max_ngram=0, epochs=3, self_training_epochs=0,
        batch_size=16, optimizer="adam", learning_rate=0.02, lr_schedule="constant", clipvalue=1.0, l2=0.0,
        weight_decay=0.0, dropout=0.0, word_dropout=0.0, adversarial_epsilon=0.0, label_smoothing=0.0,
        ema_momentum=0.0, patience=0, augmentation=Augmentation(0.0, 0.0, 0.0),
    )  # fmt: skip
