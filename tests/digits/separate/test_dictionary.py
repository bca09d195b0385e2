"""Patches of maps and their codes."""

import numpy as np
import pytest

from brandlens.digits.separate import dictionary
from brandlens.digits.separate.dictionary import CODE_SIZE, RADIUS, PatchDictionary


@pytest.fixture(scope="module")
def maps() -> np.ndarray:
    """Two scenes of random maps."""
    return np.random.default_rng(1).random((2, 20, 24, 2)).astype(np.float32)


def test_a_patch_is_what_is_around_a_pixel(maps: np.ndarray) -> None:
    size = 2 * RADIUS + 1
    patches = dictionary.cut_patches(maps, np.array([1, 0]), np.array([10, 0]), np.array([12, 0]))
    assert np.array_equal(patches[0].reshape(size, size, 2), maps[1, 6:15, 8:17])
    corner = patches[1].reshape(size, size, 2)
    assert not corner[:RADIUS].any()  # outside of the scene
    assert np.array_equal(corner[RADIUS:, RADIUS:], maps[0, : RADIUS + 1, : RADIUS + 1])


def test_codes_keep_what_varies_most(maps: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    patches = (rng.normal(size=(500, CODE_SIZE)) @ rng.normal(size=(CODE_SIZE, 162)) + 3).astype(np.float32)
    projection = dictionary.fit_projection(patches)
    codes = projection.encode(patches)
    assert codes.std(axis=0) == pytest.approx(np.ones(CODE_SIZE), rel=0.01)
    assert (codes * projection.scale) @ projection.axes + projection.mean == pytest.approx(patches, abs=1e-2)
    encoded = dictionary.encode_scenes(maps, projection)
    assert encoded.shape == (2, 20, 24, CODE_SIZE)
    around = dictionary.cut_patches(maps, np.array([1]), np.array([3]), np.array([23]))
    assert encoded[1, 3, 23] == pytest.approx(projection.encode(around)[0], abs=1e-4)


def test_the_nearest_code_is_found_in_any_number_of_rows() -> None:
    rng = np.random.default_rng(3)
    known = PatchDictionary(rng.normal(size=(50, CODE_SIZE)).astype(np.float32), np.zeros((50, 162), np.float32))
    assert len(known.nearest(np.zeros((0, CODE_SIZE), np.float32))) == 0
    asked = np.tile(np.arange(50), 2 * dictionary.ROWS // 50)
    assert np.array_equal(known.nearest(known.codes[asked] + np.float32(1e-3)), asked)


def test_patches_that_are_right_give_the_maps_back(maps: np.ndarray) -> None:
    height, width = maps.shape[1:3]
    top, left = (axis.ravel() for axis in np.indices((height, width)))
    patches = dictionary.cut_patches(maps, np.zeros(len(top), int), top, left)
    codes = np.random.default_rng(4).normal(size=(height, width, CODE_SIZE)).astype(np.float32)
    known = PatchDictionary(codes.reshape(-1, CODE_SIZE), patches)
    assert known.maps(codes, np.ones((height, width), bool)) == pytest.approx(maps[0], abs=1e-5)
    assert not known.maps(codes, np.zeros((height, width), bool)).any()
