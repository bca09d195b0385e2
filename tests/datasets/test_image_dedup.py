import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.datasets.image_dedup import groups, phash


def photo(seed: int) -> np.ndarray:
    """Draw soft blobs of color, 120 x 160."""
    grid = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return cv2.resize(grid, (160, 120), interpolation=cv2.INTER_CUBIC)


def distance(first: np.ndarray, second: np.ndarray) -> int:
    return (phash(first) ^ phash(second)).bit_count()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda picture: picture, id="nothing"),
        pytest.param(lambda picture: cv2.resize(picture, (71, 50), interpolation=cv2.INTER_AREA), id="smaller"),
        pytest.param(lambda picture: cv2.convertScaleAbs(picture, alpha=0.8, beta=20), id="paler"),
        pytest.param(lambda picture: cv2.imdecode(cv2.imencode(".jpg", picture, [1, 30])[1], 1), id="JPEG 30"),
        pytest.param(lambda picture: cv2.GaussianBlur(picture, (5, 5), 2), id="softer"),
        pytest.param(lambda picture: cv2.cvtColor(cv2.cvtColor(picture, 7), cv2.COLOR_GRAY2RGB), id="grey"),
    ],
)
def test_changes_that_keep_the_hash(change):
    assert max(distance(photo(seed), change(photo(seed))) for seed in range(8)) <= 6


def test_other_pictures_are_far_apart():
    hashes = np.array([phash(photo(seed)) for seed in range(60)], np.uint64)
    assert len(set(groups(hashes))) == 60


def test_flat_pictures_do_not_stick_together():
    flat = [np.full((60, 80, 3), level, np.uint8) for level in range(0, 256, 5)]
    noisy = [np.random.default_rng(seed).integers(120, 123, (60, 80, 3)).astype(np.uint8) for seed in range(20)]
    found = groups(np.array([phash(picture) for picture in [*flat, *noisy]], np.uint64))
    assert len(set(found)) == len(found)
    assert phash(flat[3]) == phash(flat[3].copy())


@pytest.mark.parametrize(
    ("hashes", "max_distance", "expected"),
    [
        pytest.param([], 6, [], id="none"),
        pytest.param([5], 6, [0], id="one"),
        pytest.param([0, 2**64 - 1, 0], 0, [0, 1, 0], id="equal ones only"),
        pytest.param([0, 2**64 - 1, 0b111], 2, [0, 1, 2], id="a bit too far"),
        pytest.param([0b11, 2**64 - 2**32, 0b1111, 0], 2, [0, 1, 0, 0], id="through a third"),
        pytest.param([0, 2**64 - 1], 64, [0, 0], id="all together"),
    ],
)
def test_groups(hashes, max_distance, expected):
    found = groups(np.array(hashes, np.uint64), max_distance).tolist()
    assert [found.index(group) for group in found] == expected


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 255), max_size=12), st.integers(0, 8))
def test_near_hashes_share_a_group_and_order_does_not_matter(hashes, distance):
    found = groups(np.array(hashes, np.uint64), distance)
    for first, one in enumerate(hashes):
        for second, other in enumerate(hashes):
            if (one ^ other).bit_count() <= distance:
                assert found[first] == found[second]
    back = groups(np.array(hashes[::-1], np.uint64), distance)[::-1]
    assert np.array_equal(found[:, None] == found, back[:, None] == back)


@pytest.mark.parametrize("kinds", [1, 6000], ids=["all the same", "all different"])
def test_thousands_are_grouped_in_a_moment(kinds):
    hashes = np.random.default_rng(1).integers(0, 2**64, kinds, np.uint64)
    assert len(set(groups(np.resize(hashes, 6000)))) == kinds
