"""Regions of touching discs: what each method makes of them, and how they are counted."""

import cv2
import numpy as np
import pytest

from brandlens.digits.separate import evaluation
from brandlens.digits.separate.regions import METHODS, Settings
from brandlens.digits.separate.scenes import SceneSet, true_maps


@pytest.fixture(scope="module")
def discs() -> SceneSet:
    """Two discs that touch."""
    instances = np.zeros((1, 40, 60), np.int32)
    cv2.circle(instances[0], (20, 20), 10, 1, -1)
    cv2.circle(instances[0], (40, 20), 10, 2, -1)
    return SceneSet(np.where(instances > 0, 255, 0).astype(np.uint8), instances)


@pytest.mark.parametrize(
    ("name", "settings", "right"),
    [
        pytest.param("connected_components", Settings(0, 1), 0, id="touching discs are one component"),
        pytest.param("distance_watershed", Settings(0.7, 1), 2, id="discs have a middle each"),
        pytest.param("direct_maps", Settings(0.5, 1), 2, id="true edges separate them"),
    ],
)
def test_methods(discs: SceneSet, name: str, settings: Settings, right: int) -> None:
    found = evaluation.apply(name, discs, true_maps(discs.instances), settings)
    counts = evaluation.count(discs.instances, found, 0.75)
    assert (counts.digits.sum(), counts.right.sum()) == (2, right)
    assert counts.regions.sum() == max(right, 1)
    assert ((found[0] > 0) == (discs.instances[0] > 0)).mean() > 0.99


@pytest.mark.parametrize("name", METHODS)
def test_an_empty_scene_has_no_regions(name: str) -> None:
    empty = np.zeros((20, 30), np.uint8)
    assert not METHODS[name](empty, np.zeros((20, 30, 2), np.float32), Settings(0.5, 1)).any()


@pytest.mark.parametrize("name", ["distance_watershed", "direct_maps"])
def test_ink_without_a_seed_is_a_region_of_its_own(discs: SceneSet, name: str) -> None:
    found = evaluation.apply(name, discs, true_maps(discs.instances), Settings(0.5, 10_000))
    assert found[0].max() == 1


@pytest.mark.parametrize(
    ("instances", "found", "expected"),
    [
        pytest.param([[0, 0]], [[0, 0]], (0, 0, 0), id="nothing there, nothing found"),
        pytest.param([[0, 0]], [[0, 1]], (0, 1, 0), id="a region of ground"),
        pytest.param([[1, 1, 2, 2]], [[2, 2, 1, 1]], (2, 2, 2), id="numbers do not matter"),
        pytest.param([[1, 1, 2, 2]], [[1, 1, 1, 1]], (2, 1, 0), id="two digits as one"),
        pytest.param([[1, 1, 1, 1]], [[1, 1, 1, 2]], (1, 2, 1), id="a piece broken off"),
        pytest.param([[1, 1, 3, 3]], [[1, 1, 2, 2]], (2, 2, 2), id="a digit that another one hides counts for nothing"),
    ],
)
def test_count(instances: list[list[int]], found: list[list[int]], expected: tuple[int, int, int]) -> None:
    counts = evaluation.count(np.array([instances], np.int32), [np.array(found, np.int32)], 0.75)
    assert (counts.digits[0], counts.regions[0], counts.right[0]) == expected


def test_scores_have_intervals() -> None:
    counts = evaluation.Counts(np.array([2, 2, 2]), np.array([2, 3, 1]), np.array([2, 1, 0]))
    values, intervals = evaluation.scores(counts)
    assert values == {
        "digits_right": 0.5,
        "regions_right": 0.5,
        "f1": 0.5,
        "scenes_right": pytest.approx(1 / 3, abs=1e-4),
    }
    assert all(low <= values[name] <= high for name, (low, high) in intervals.items())


def test_settings_are_chosen_by_what_they_score(discs: SceneSet) -> None:
    maps = true_maps(discs.instances)
    chosen = evaluation.choose("direct_maps", discs, maps, 0.75)
    assert evaluation.count(discs.instances, evaluation.apply("direct_maps", discs, maps, chosen), 0.75).f1 == 1.0
