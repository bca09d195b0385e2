"""Baselines that a network has to beat: they are worth beating, and never fail."""

import cv2
import numpy as np
import pytest

from brandlens.logo.baselines import Sift, majority, predictions

WIDTH, HEIGHT = 75, 22


def artwork(seed: int) -> np.ndarray:
    """Return a textured logo: many small bright shapes on a dark ground."""
    rng = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    for _ in range(30):
        center = int(rng.integers(3, WIDTH - 3)), int(rng.integers(3, HEIGHT - 3))
        color = tuple(int(level) for level in rng.integers(90, 255, 3))
        cv2.circle(picture, center, int(rng.integers(1, 4)), color, cv2.FILLED)
    return picture


def drawn(logo: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return (count, ...) copies of the logo, a little shifted, lighter or darker, with noise."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        shift = np.float32([[1, 0, rng.uniform(-2, 2)], [0, 1, rng.uniform(-1, 1)]])
        moved = cv2.warpAffine(logo, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        made.append(moved * rng.uniform(0.8, 1.1) + rng.normal(0, 4, moved.shape))
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def plain(count: int, seed: int) -> np.ndarray:
    """Return (count, ...) smooth grounds with noise."""
    rng = np.random.default_rng(seed)
    small = rng.integers(40, 220, (count, 2, 4, 3)).astype(np.uint8)
    smooth = np.stack([cv2.resize(tiny, (WIDTH, HEIGHT)) for tiny in small])
    return np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)


def labelled(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return as many crops of background, of brand 1 and of brand 2, and their class ids."""
    parts = [plain(count, seed), drawn(artwork(1), count, seed), drawn(artwork(2), count, seed)]
    return np.concatenate(parts), np.repeat([0, 1, 2], count)


NOTHING = np.zeros((0, HEIGHT, WIDTH, 3), np.uint8), np.zeros(0, np.int64)
FLAT = np.full((4, HEIGHT, WIDTH, 3), 128, np.uint8)


# Majority


@pytest.mark.parametrize(
    ("train_ids", "num_rows", "expected"),
    [
        pytest.param([1], 0, [], id="no rows"),
        pytest.param([0, 1, 1], 2, [1, 1], id="the commonest"),
        pytest.param([2, 0, 0, 2, 1], 3, [0, 0, 0], id="of two the first"),
    ],
)
def test_majority(train_ids: list[int], num_rows: int, expected: list[int]) -> None:
    class_ids = majority(np.array(train_ids, np.int64), num_rows)
    assert class_ids.dtype == np.int64
    assert class_ids.tolist() == expected


# SIFT


@pytest.fixture(scope="module")
def sift() -> Sift:
    """Return a baseline that knows two brands, tuned on other crops of them."""
    baseline = Sift(*labelled(6, seed=1))
    baseline.tune(*labelled(6, seed=2))
    return baseline


def test_no_crops(sift: Sift) -> None:
    brand, score = sift.scores(NOTHING[0])
    assert (brand.shape, score.shape) == ((0,), (0,))
    assert sift.predict(NOTHING[0]).shape == (0,)


def test_a_logo_drawn_anew_is_recognised_and_background_is_not(sift: Sift) -> None:
    crops, class_ids = labelled(8, seed=3)
    y_pred = sift.predict(crops)
    assert y_pred.dtype == np.int64
    assert (y_pred[class_ids == 0] == 0).all()
    assert (y_pred == class_ids).mean() > 0.9


def test_scores_are_from_0_to_1_and_higher_for_logos(sift: Sift) -> None:
    crops, class_ids = labelled(8, seed=3)
    _, score = sift.scores(crops)
    assert ((score >= 0) & (score <= 1)).all()
    assert score[class_ids > 0].min() > score[class_ids == 0].max()


def test_tuned_on_other_textures_it_tells_them_apart() -> None:
    """Another texture matches a little, too: how much is too little shows on validation crops of such."""
    baseline = Sift(*labelled(6, seed=1))
    crops, class_ids = labelled(6, seed=2)
    others = np.concatenate([drawn(artwork(seed), 3, seed=2) for seed in (5, 6, 7)])
    baseline.tune(np.concatenate([crops, others]), np.append(class_ids, [0] * len(others)))
    assert (baseline.predict(drawn(artwork(9), 8, seed=4)) == 0).mean() > 0.8
    assert (baseline.predict(drawn(artwork(1), 8, seed=4)) == 1).all()


def test_crops_without_features_are_no_brand(sift: Sift) -> None:
    assert sift.predict(FLAT).tolist() == [0, 0, 0, 0]


def test_crops_without_features_are_no_brand_before_tuning_either() -> None:
    assert Sift(*labelled(3, seed=1)).predict(FLAT).tolist() == [0, 0, 0, 0]


def test_tuned_where_every_crop_is_a_logo() -> None:
    """Then any match is enough, but none at all still is not."""
    baseline = Sift(*labelled(3, seed=1))
    baseline.tune(np.concatenate([drawn(artwork(1), 3, seed=2), FLAT]), np.ones(7, np.int64))
    assert baseline.predict(FLAT).tolist() == [0, 0, 0, 0]
    assert baseline.predict(drawn(artwork(1), 3, seed=5)).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("crops", "class_ids"),
    [
        pytest.param(*NOTHING, id="no crops"),
        pytest.param(plain(4, 1), np.zeros(4, np.int64), id="no brand"),
        pytest.param(FLAT, np.array([1, 1, 2, 2]), id="brands without features"),
    ],
)
def test_nothing_to_learn_from(crops: np.ndarray, class_ids: np.ndarray) -> None:
    baseline = Sift(crops, class_ids)
    baseline.tune(*labelled(2, seed=2))
    assert baseline.predict(labelled(2, seed=3)[0]).tolist() == [0] * 6


def test_a_brand_without_features_beside_one_with_some() -> None:
    crops = np.concatenate([FLAT, drawn(artwork(2), 4, seed=1), plain(4, seed=1)])
    baseline = Sift(crops, np.repeat([1, 2, 0], 4))
    baseline.tune(*labelled(4, seed=2))
    assert (baseline.predict(drawn(artwork(2), 4, seed=3)) == 2).all()


def test_a_brand_with_a_single_feature() -> None:
    """No second nearest to compare a match with, so nothing matches."""
    baseline = Sift(*labelled(2, seed=1))
    baseline.features = {brand: features[:1] for brand, features in baseline.features.items()}
    assert baseline.predict(labelled(2, seed=3)[0]).tolist() == [0] * 6


def test_the_features_of_a_few_crops_are_kept() -> None:
    crops, class_ids = labelled(6, seed=1)
    few, many = Sift(crops, class_ids, max_crops=1), Sift(crops, class_ids)
    assert set(few.features) == set(many.features) == {1, 2}
    assert all(len(few.features[brand]) < len(many.features[brand]) / 3 for brand in (1, 2))


# All of them


@pytest.mark.parametrize(
    "val", [pytest.param(NOTHING, id="no validation crops"), pytest.param(labelled(6, seed=2), id="some")]
)
def test_predictions(val: tuple[np.ndarray, np.ndarray]) -> None:
    crops, class_ids = labelled(6, seed=3)
    train = labelled(6, seed=1)
    extra = np.concatenate([train[0], plain(1, 9)]), np.append(train[1], 0)
    baseline_ids = predictions(extra, val, crops)
    assert list(baseline_ids) == ["majority", "sift"]
    assert baseline_ids["majority"].tolist() == [0] * 18
    assert (baseline_ids["sift"] == class_ids).mean() > 0.8
