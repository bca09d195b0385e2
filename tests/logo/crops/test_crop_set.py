"""Crops as files and as arrays."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.config.logo import Crop, Jitter
from brandlens.errors import UserError
from brandlens.logo.crops import crop_set, extract, manifest
from brandlens.logo.crops.crop_set import CropSet
from brandlens.logo.crops.windows import WindowSpec

PADDING = 0.2
PADDING_X, PADDING_Y = 15, 4  # pixels


@pytest.mark.parametrize("count", [0, 3])
def test_what_is_saved_is_loaded(tmp_path: Path, count: int) -> None:
    random = np.random.default_rng(1)
    data = CropSet(
        random.integers(0, 256, (count, 22, 75, 3), np.uint8),
        np.arange(count),
        random.normal(size=(count, 4)).astype(np.float32),
    )
    path = tmp_path / "augmented" / "crops.npz"
    crop_set.save(data, path)
    crop_set.save(data, path)
    assert [file.name for file in path.parent.iterdir()] == ["crops.npz"]
    loaded = crop_set.load(path)
    for field in fields(CropSet):
        one, two = getattr(data, field.name), getattr(loaded, field.name)
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)


def test_crops_are_read_without_their_padding(
    tmp_path: Path, paint: Callable[..., Picture], cola_window: WindowSpec
) -> None:
    cfg = Crop((), (75, 22), 0.1, 1, PADDING, Jitter(0, 0.0, 1.0, 1.0), negatives_per_positive=2.0)
    splits = {"val": [paint("shop", Box(120, 80, 90, 30, "cola"))]}
    records = extract.extract_crops(splits, tmp_path, cola_window, cfg, min_size=24, seed=1)
    loaded = crop_set.load_crops(tmp_path, records, cola_window)
    assert loaded.class_ids.tolist() == [1, 0, 0]
    padded = manifest.load_images(tmp_path, records)
    np.testing.assert_array_equal(loaded.crops, padded[:, PADDING_Y:-PADDING_Y, PADDING_X:-PADDING_X])
    np.testing.assert_array_equal(loaded.box_deltas, manifest.box_deltas(records))


def test_no_crops(tmp_path: Path, cola_window: WindowSpec) -> None:
    loaded = crop_set.load_crops(tmp_path, [], cola_window)
    assert (loaded.crops.shape, loaded.class_ids.shape, loaded.box_deltas.shape) == ((0, 22, 75, 3), (0,), (0, 4))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "crops.npz").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"crops\.npz: damaged.*dvc repro logo-augment"):
        crop_set.load(tmp_path / "crops.npz")
