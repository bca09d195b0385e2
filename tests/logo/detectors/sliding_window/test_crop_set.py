"""Crops as files and as arrays."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.config.logo import Crop, Jitter
from brandlens.logo.crops import extract, manifest
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window import crop_set
from brandlens.logo.detectors.sliding_window.crop_set import CropSet

HALO = 0.2
HALO_X, HALO_Y = 15, 4  # pixels of the halo


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
    assert [each.name for each in path.parent.iterdir()] == ["crops.npz"]
    found = crop_set.load(path)
    for field in fields(CropSet):
        one, two = getattr(data, field.name), getattr(found, field.name)
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)


def test_unchanged_crops(tmp_path: Path, paint: Callable[..., Picture], geometry: WindowSpec) -> None:
    jitter = Jitter(copies=0, translate=0.0, scale=1.0, ratio=1.0)
    cfg = Crop((), (75, 22), 0.1, 1, padding=HALO, jitter=jitter, negatives_per_positive=2.0)
    pictures = [paint("shop", Box(120, 80, 90, 30, "cola"))]
    rows = extract.extract_crops({"val": pictures}, tmp_path, geometry, cfg, min_size=24, seed=1)
    found = crop_set.load_crops(tmp_path, rows, geometry)
    assert found.classes.tolist() == [1, 0, 0]
    np.testing.assert_array_equal(found.crops, manifest.load_images(tmp_path, rows)[:, HALO_Y:-HALO_Y, HALO_X:-HALO_X])
    np.testing.assert_array_equal(found.places, manifest.box_deltas(rows))
    nothing = crop_set.load_crops(tmp_path, [], geometry)
    assert (nothing.crops.shape, nothing.classes.shape, nothing.places.shape) == ((0, 22, 75, 3), (0,), (0, 4))
