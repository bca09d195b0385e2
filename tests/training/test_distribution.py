"""Batches that can be split over several devices."""

import keras
import numpy as np
import pytest

from brandlens.training import distribution
from brandlens.training.distribution import EvenBatches


class Rows(keras.utils.PyDataset):
    """Three batches of the given numbers of rows; a row's input is its number, its target and weight as well."""

    def __init__(self, *rows: int) -> None:
        super().__init__()
        self.rows, self.epochs = rows, 0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        numbers = np.arange(self.rows[index])
        return {"numbers": numbers}, numbers, numbers

    def on_epoch_end(self) -> None:
        self.epochs += 1


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(8, list(range(8)), id="divides evenly"),
        pytest.param(7, [0, 1, 2, 3], id="cut to a multiple"),
        pytest.param(3, [0, 1, 2, 0], id="fewer rows than devices: some twice"),
        pytest.param(1, [0, 0, 0, 0], id="one row"),
    ],
)
def test_a_batch_is_a_multiple(rows: int, expected: list[int]) -> None:
    inputs, targets, weights = EvenBatches(Rows(rows), 4)[0]
    assert inputs["numbers"].tolist() == targets.tolist() == weights.tolist() == expected


def test_one_device_changes_nothing() -> None:
    dataset = Rows(7)
    assert distribution.num_shards() == 1
    assert distribution.shard(dataset) is dataset


def test_the_dataset_hears_of_epochs() -> None:
    dataset = Rows(4, 3)
    even = EvenBatches(dataset, 2)
    assert len(even) == 2
    even.on_epoch_end()
    assert dataset.epochs == 1
