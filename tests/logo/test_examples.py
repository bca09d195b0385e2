"""Crops as files and as arrays."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.logo import crops, examples
from brandlens.logo.examples import Examples
from brandlens.logo.windows import Geometry

HALO = 0.2
HALO_X, HALO_Y = 15, 4  # pixels of the halo


@pytest.mark.parametrize("count", [0, 3])
def test_what_is_saved_is_loaded(tmp_path: Path, count: int) -> None:
    random = np.random.default_rng(1)
    data = Examples(
        random.integers(0, 256, (count, 22, 75, 3), np.uint8),
        np.arange(count),
        random.normal(size=(count, 4)).astype(np.float32),
    )
    path = tmp_path / "augmented" / "crops.npz"
    examples.save(data, path)
    examples.save(data, path)
    assert [each.name for each in path.parent.iterdir()] == ["crops.npz"]
    found = examples.load(path)
    for field in fields(Examples):
        one, two = getattr(data, field.name), getattr(found, field.name)
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)


def test_unchanged_crops(tmp_path: Path, paint: Callable[..., Picture], geometry: Geometry) -> None:
    recipe = crops.Recipe(
        halo=HALO, copies=0, shift=0.0, zoom=1.0, stretch=1.0, negatives=2.0, smallest=24, seed=1
    )  # fmt: skip
    rows = crops.cut({"val": [paint("shop", Box(120, 80, 90, 30, "cola"))]}, tmp_path, geometry, recipe)
    found = examples.unchanged(tmp_path, rows, geometry)
    assert found.classes.tolist() == [1, 0, 0]
    np.testing.assert_array_equal(found.crops, crops.load(tmp_path, rows)[:, HALO_Y:-HALO_Y, HALO_X:-HALO_X])
    np.testing.assert_array_equal(found.places, crops.places(rows))
    nothing = examples.unchanged(tmp_path, [], geometry)
    assert (nothing.crops.shape, nothing.classes.shape, nothing.places.shape) == ((0, 22, 75, 3), (0,), (0, 4))
