"""Digits in three splits: the sample, files in Keras' layout, and the one line for files that are none."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from brandlens.config.digits import Collect
from brandlens.digits import data
from brandlens.errors import UserError

ARRAYS = {
    "x_train": np.arange(6 * 784, dtype=np.uint32).reshape(6, 28, 28).astype(np.uint8),
    "y_train": np.arange(6, dtype=np.uint8),
    "x_test": np.zeros((2, 28, 28), np.uint8),
    "y_test": np.array([9, 0], np.uint8),
}


def collect_mnist(path: Path) -> data.Splits:
    return data.collect(Collect("mnist", str(path), 1 / 3, 0.3), 1)


def test_the_sample_has_each_digit_in_all_splits() -> None:
    splits = data.collect(Collect("sample", None, 0.2, 0.3), 1)
    assert sum(map(len, splits.values())) == 1797
    assert len(splits["test"]) == pytest.approx(0.3 * 1797, abs=5)
    assert len(splits["val"]) == pytest.approx(0.2 * 0.7 * 1797, abs=5)
    for split in splits.values():
        assert set(split.labels) == set(range(10))
        assert split.pixels.shape == (len(split), data.SAMPLE_SIZE, data.SAMPLE_SIZE, 1)
        assert split.images.max() == 255


def test_the_last_training_digits_are_for_validation(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    np.savez(path, **ARRAYS)
    splits = collect_mnist(path)
    assert [split.labels.tolist() for split in splits.values()] == [[0, 1, 2, 3], [4, 5], [9, 0]]
    assert np.array_equal(splits["val"].images, ARRAYS["x_train"][4:])
    data.save(splits, tmp_path / "digits.npz")
    again = data.load(tmp_path / "digits.npz")
    assert all(np.array_equal(again[name].images, split.images) for name, split in splits.items())


def objects(path: Path) -> None:
    """An array of Python objects, which NumPy would unpickle."""
    np.savez(path, **{**ARRAYS, "y_train": np.array([{}] * 6, object)})


@pytest.mark.parametrize(
    ("write", "words"),
    [
        pytest.param(lambda path: None, "no such file", id="no file"),
        pytest.param(lambda path: path.write_bytes(b""), "not an .npz file", id="empty"),
        pytest.param(lambda path: path.write_bytes(b"PK\3\4 cut short"), "not an .npz file", id="damaged"),
        pytest.param(lambda path: path.write_bytes(pickle.dumps(ARRAYS)), "not an .npz file", id="a pickle"),
        pytest.param(objects, "allow_pickle=False", id="objects within"),
        pytest.param(lambda path: np.savez(path, x_train=ARRAYS["x_train"]), "lacks y_train", id="arrays missing"),
        pytest.param(
            lambda path: np.savez(path, **{**ARRAYS, "x_train": np.zeros((6, 784))}), "x_train is float64", id="rows"
        ),
        pytest.param(
            lambda path: np.savez(path, **{**ARRAYS, "y_test": np.array([1], np.uint8)}), "2 whole numbers", id="labels"
        ),
        pytest.param(
            lambda path: np.savez(path, **{**ARRAYS, "y_test": np.array([1, 10])}), "from 1 to 10", id="no digit"
        ),
    ],
)
def test_a_file_that_is_no_mnist_gets_one_line(tmp_path: Path, write: Callable[[Path], None], words: str) -> None:
    path = tmp_path / "mnist.npz"
    write(path)
    with pytest.raises(UserError, match=words) as caught:
        collect_mnist(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_where_keras_cannot_download_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    def fail() -> None:
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", fail)
    with pytest.raises(UserError, match="URL fetch failure; name a file"):
        data.read_mnist(None)
