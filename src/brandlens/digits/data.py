"""Written digits in three splits: scikit-learn's sample, or MNIST."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brandlens import io
from brandlens.config.digits import Collect
from brandlens.errors import UserError

SPLITS = ("train", "val", "test")
SIZE = 28  # pixels: width and height of MNIST's digits
SAMPLE_SIZE = 20  # and of the sample's
SAMPLE_MARGIN = 2  # pixels of nothing around them
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
GET_MNIST = "get Keras' mnist.npz, or set source: sample"


@dataclass(frozen=True)
class Split:
    """Digits and what they are: (n, height, width) uint8, ink is 255; (n,) int64 from 0 to 9."""

    images: np.ndarray
    labels: np.ndarray

    @property
    def pixels(self) -> np.ndarray:
        """The digits as networks take them: (n, height, width, 1) float32 from 0 to 1."""
        return self.images[..., None] / np.float32(255)

    def __len__(self) -> int:
        return len(self.images)


Splits = dict[str, Split]


def collect(cfg: Collect, seed: int) -> Splits:
    """Return the digits of the source that params.yaml names. Raises UserError for a file that holds none.

    sample: split at random, each digit alike in all splits; its writers are in all of them. mnist: its own test split,
    other writers; the last of its training digits are for validation.
    """
    if cfg.source == "sample":
        return split_sample(*read_sample(), cfg, seed)
    train_images, train_labels, test_images, test_labels = read_mnist(cfg.mnist)
    kept = len(train_images) - round(cfg.val_fraction * len(train_images))
    return {
        "train": Split(train_images[:kept], train_labels[:kept]),
        "val": Split(train_images[kept:], train_labels[kept:]),
        "test": Split(test_images, test_labels),
    }


def read_sample() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's 1,797 digits, 8x8 pixels of 17 grey levels, twice as large, and their labels.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, 1998, UCI (CC BY 4.0): its test part.
    """
    import cv2  # noqa: PLC0415, what reads the stage's own file needs neither
    from sklearn.datasets import load_digits  # noqa: PLC0415

    small, labels = load_digits(return_X_y=True)
    inner = SAMPLE_SIZE - 2 * SAMPLE_MARGIN
    enlarged = [
        cv2.resize(digit, (inner, inner), interpolation=cv2.INTER_CUBIC)
        for digit in small.reshape(-1, 8, 8).astype(np.float32) * np.float32(255 / 16)
    ]
    images = np.clip(np.rint(enlarged), 0, 255).astype(np.uint8)
    margin = (SAMPLE_MARGIN, SAMPLE_MARGIN)
    return np.pad(images, ((0, 0), margin, margin)), labels.astype(np.int64)


def split_sample(images: np.ndarray, labels: np.ndarray, cfg: Collect, seed: int) -> Splits:
    """Split digits at random, the same fraction of each; val_fraction is of what the test split leaves."""
    rng = np.random.default_rng(seed)
    chosen: dict[str, list[np.ndarray]] = {name: [] for name in SPLITS}
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        num_test = round(cfg.test_fraction * len(rows))
        num_val = round(cfg.val_fraction * (len(rows) - num_test))
        for name, part in zip(("test", "val", "train"), np.split(rows, [num_test, num_test + num_val]), strict=True):
            chosen[name].append(part)
    order = {name: rng.permutation(np.concatenate(parts)) for name, parts in chosen.items()}
    return {name: Split(images[order[name]], labels[order[name]]) for name in SPLITS}


def read_mnist(path: str | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return MNIST: training digits and labels, test digits and labels. path: a file; None: Keras downloads it.

    Raises UserError, one line with the file and the fix, for a file that is no mnist.npz, or where there is no network.
    """
    if path is None:
        return _download()
    with io.reading(Path(path), GET_MNIST):
        try:
            arrays = np.load(path, allow_pickle=False)
        except (EOFError, ValueError, zipfile.BadZipFile):
            raise UserError(f"{path}: not an .npz file of arrays; {GET_MNIST}") from None
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise UserError(f"{path}: one array, not an .npz file of {', '.join(ARRAYS)}; {GET_MNIST}")
        with arrays:
            if missing := [name for name in ARRAYS if name not in arrays]:
                raise UserError(f"{path}: lacks {', '.join(missing)}; {GET_MNIST}")
            x_train, y_train, x_test, y_test = (arrays[name] for name in ARRAYS)
    for images, labels, names in ((x_train, y_train, ARRAYS[:2]), (x_test, y_test, ARRAYS[2:])):
        _check(path, images, labels, names)
    return x_train, y_train.astype(np.int64), x_test, y_test.astype(np.int64)


def _check(path: str, images: np.ndarray, labels: np.ndarray, names: tuple[str, ...]) -> None:
    """Raise UserError where these are no digits with their labels."""
    if images.dtype != np.uint8 or images.shape[1:] != (SIZE, SIZE) or len(images) < 2:
        raise UserError(
            f"{path}: {names[0]} is {images.dtype} of shape {images.shape}; it must be uint8 of (digits, 28, 28)"
        )
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
        raise UserError(
            f"{path}: {names[1]} is {labels.dtype} of shape {labels.shape}; it must be {len(images)} whole numbers"
        )
    if labels.min() < 0 or labels.max() > 9:
        raise UserError(f"{path}: {names[1]} has labels from {labels.min()} to {labels.max()}; they must be 0 to 9")


def _download() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    import keras  # noqa: PLC0415, only here

    try:
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises a plain Exception where a download fails
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"digits.collect.mnist is null and Keras cannot download MNIST: {reason}; name a file, or set "
            "source: sample"
        ) from None
    return x_train, y_train.astype(np.int64), x_test, y_test.astype(np.int64)


def save(splits: Splits, path: Path) -> None:
    """Write digits as one .npz file, whole or not at all."""
    arrays = {f"{name}_images": split.images for name, split in splits.items()}
    arrays |= {f"{name}_labels": split.labels for name, split in splits.items()}
    with io.atomic_write(path) as unfinished:
        np.savez_compressed(unfinished, allow_pickle=False, **arrays)


def load(path: Path) -> Splits:
    """Read the digits that `save` wrote. Raises UserError for a file that is missing or damaged."""
    with io.reading(path, "run: dvc repro pipelines/digits/dvc.yaml:digits-collect"), np.load(path) as arrays:
        return {name: Split(arrays[f"{name}_images"], arrays[f"{name}_labels"]) for name in SPLITS}
