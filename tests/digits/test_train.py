"""Batches of digits, and a training that learns, is the same again and goes on where it was killed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brandlens.config.digits import Distortion, Network, Train
from brandlens.digits.members import members
from brandlens.digits.train import Data, DigitBatches, Trainer, predict
from brandlens.errors import UserError

NONE = Distortion(0, 0, 0, 0, 0, 0)
CFG = Network("FC8", 2, 0.1, batch_size=8, batch_norm=True, ema_momentum=0.99)


def halves(count: int = 32) -> Data:
    """Two classes: ink on the left, ink on the right."""
    labels = np.arange(count) % 2
    pixels = np.zeros((count, 28, 28, 1), np.float32)
    pixels[labels == 0, :, :14] = 1
    pixels[labels == 1, :, 14:] = 1
    return Data(pixels, labels, pixels, labels, num_classes=2)


def test_an_epoch_has_each_digit_once_and_another_order_each_time() -> None:
    labels = np.eye(12, dtype=np.float32)
    batches = DigitBatches(np.zeros((12, 2, 2, 1), np.float32), labels, 4, seed=3)
    first = np.concatenate([batches[index][1] for index in range(len(batches))]).argmax(axis=1)
    assert sorted(first) == list(range(12))
    batches.start_epoch(1)
    second = np.concatenate([batches[index][1] for index in range(len(batches))]).argmax(axis=1)
    assert first.tolist() != second.tolist()
    batches.start_epoch(0)
    assert np.array_equal(batches[0][1].argmax(axis=1), first[:4])


def test_a_batch_has_all_digits_where_there_are_fewer() -> None:
    batches = DigitBatches(np.zeros((3, 2, 2, 1), np.float32), np.eye(3, dtype=np.float32), 4)
    assert len(batches) == 1
    assert batches[0][1].sum(axis=0).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("min_steps", "batch_size"),
    [
        pytest.param(1, 8, id="enough digits"),
        pytest.param(16, 4, id="twice as many steps"),
        pytest.param(1000, 1, id="more steps than digits"),
    ],
)
def test_few_digits_make_small_batches(min_steps: int, batch_size: int) -> None:
    assert Trainer(halves(32), CFG, distortion=NONE, min_steps=min_steps).batch_size == batch_size


def test_distortions_depend_on_seed_and_epoch_alone() -> None:
    data = halves(8)
    batches = DigitBatches(data.pixels, np.eye(2)[data.labels], 8, replace(NONE, rotation=20.0))
    first, again = batches[0][0], batches[0][0]
    assert np.array_equal(first, again)
    batches.start_epoch(1)
    assert not np.array_equal(first, batches[0][0])


def test_no_digits_are_an_error() -> None:
    with pytest.raises(UserError, match="no digit"):
        Trainer(halves(0), CFG, distortion=NONE)


@pytest.mark.usefixtures("eagerly")
def test_it_learns_and_is_loaded_where_it_was_done(tmp_path: Path) -> None:
    data = halves()
    trainer = Trainer(data, CFG, distortion=NONE, min_steps=12)
    probabilities = predict(trainer.train(tmp_path / "1"), data.pixels)
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (probabilities.argmax(axis=1) == data.labels).all()
    assert len((tmp_path / "1/phase-0.csv").read_text().splitlines()) == 1 + CFG.epochs
    again = Trainer(data, CFG, distortion=NONE, min_steps=12).train(tmp_path / "1")  # the weights that were done
    assert np.array_equal(predict(again, data.pixels), probabilities)


@pytest.mark.usefixtures("eagerly")
def test_a_training_is_the_same_first_or_after_another(tmp_path: Path) -> None:
    """Nothing is left of the training before: neither weights nor the optimizer's state nor the order of dropout."""
    cfg, data = replace(CFG, dropout=0.5, optimizer="adam"), halves(16)
    alone = predict(Trainer(data, cfg, distortion=NONE).train(tmp_path / "alone", seed=7), data.pixels)
    trainer = Trainer(data, cfg, distortion=NONE)
    other = predict(trainer.train(tmp_path / "other", seed=6), data.pixels)
    assert np.array_equal(predict(trainer.train(tmp_path / "second", seed=7), data.pixels), alone)
    assert not np.array_equal(other, alone)


def test_members_of_a_network() -> None:
    cfg = Train(2, None, 1, NONE, {"a": CFG, "b": replace(CFG, num_networks=3)})
    assert [member.name for member in members(cfg)] == ["a-0", "a-1", "b-0", "b-1", "b-2"]
    assert [member.seed(2**31 - 1) for member in members(cfg)][:2] == [2**31 - 1, 0]
    assert {member.cfg.epochs for member in members(cfg)} == {CFG.epochs}
    assert {member.cfg.epochs for member in members(replace(cfg, max_epochs=1))} == {1}
