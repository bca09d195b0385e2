"""Simple methods that a network has to beat: they must be worth beating, and never fail."""

import cv2
import numpy as np
import pytest

from brandlens.logo.baselines import Sift, majority, predictions

WIDTH, HEIGHT = 75, 22


def artwork(seed: int) -> np.ndarray:
    """A textured logo: many small bright shapes on a dark ground."""
    random = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    for _ in range(30):
        centre = int(random.integers(3, WIDTH - 3)), int(random.integers(3, HEIGHT - 3))
        colour = tuple(int(level) for level in random.integers(90, 255, 3))
        cv2.circle(picture, centre, int(random.integers(1, 4)), colour, cv2.FILLED)
    return picture


def drawn(logo: np.ndarray, count: int, seed: int) -> np.ndarray:
    """(count, ...) the logo again and again, a little shifted, lighter or darker, with noise."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        shift = np.float32([[1, 0, random.uniform(-2, 2)], [0, 1, random.uniform(-1, 1)]])
        moved = cv2.warpAffine(logo, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        made.append(moved * random.uniform(0.8, 1.1) + random.normal(0, 4, moved.shape))
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def plain(count: int, seed: int) -> np.ndarray:
    """(count, ...) smooth grounds with noise."""
    random = np.random.default_rng(seed)
    small = random.integers(40, 220, (count, 2, 4, 3)).astype(np.uint8)
    smooth = np.stack([cv2.resize(each, (WIDTH, HEIGHT)) for each in small])
    return np.clip(smooth + random.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)


def labelled(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """As many crops of background, of brand 1 and of brand 2, and their classes."""
    parts = [plain(count, seed), drawn(artwork(1), count, seed), drawn(artwork(2), count, seed)]
    return np.concatenate(parts), np.repeat([0, 1, 2], count)


NOTHING = np.zeros((0, HEIGHT, WIDTH, 3), np.uint8), np.zeros(0, np.int64)
FLAT = np.full((4, HEIGHT, WIDTH, 3), 128, np.uint8)


# Majority


@pytest.mark.parametrize(
    ("training", "rows", "expected"),
    [
        pytest.param([1], 0, [], id="no rows"),
        pytest.param([0, 1, 1], 2, [1, 1], id="the commonest"),
        pytest.param([2, 0, 0, 2, 1], 3, [0, 0, 0], id="of two the first"),
    ],
)
def test_majority(training: list[int], rows: int, expected: list[int]) -> None:
    found = majority(np.array(training, np.int64), rows)
    assert found.dtype == np.int64
    assert found.tolist() == expected


# SIFT


@pytest.fixture(scope="module")
def sift() -> Sift:
    """Knows two brands, tuned on other crops of them."""
    made = Sift(*labelled(6, seed=1))
    made.tune(*labelled(6, seed=2))
    return made


def test_no_crops(sift: Sift) -> None:
    brand, score = sift.scores(NOTHING[0])
    assert (brand.shape, score.shape) == ((0,), (0,))
    assert sift.predict(NOTHING[0]).shape == (0,)


def test_a_logo_drawn_anew_is_recognised_and_background_is_not(sift: Sift) -> None:
    crops, classes = labelled(8, seed=3)
    found = sift.predict(crops)
    assert found.dtype == np.int64
    assert (found[classes == 0] == 0).all()
    assert (found == classes).mean() > 0.9


def test_scores_are_shares_and_higher_for_logos(sift: Sift) -> None:
    crops, classes = labelled(8, seed=3)
    _, score = sift.scores(crops)
    assert ((score >= 0) & (score <= 1)).all()
    assert score[classes > 0].min() > score[classes == 0].max()


def test_tuned_on_rivals_it_tells_them_apart() -> None:
    """Another texture matches a little, too: how much is too little shows on validation crops of such."""
    made = Sift(*labelled(6, seed=1))
    crops, classes = labelled(6, seed=2)
    rivals = np.concatenate([drawn(artwork(seed), 3, seed=2) for seed in (5, 6, 7)])
    made.tune(np.concatenate([crops, rivals]), np.append(classes, [0] * len(rivals)))
    assert (made.predict(drawn(artwork(9), 8, seed=4)) == 0).mean() > 0.8
    assert (made.predict(drawn(artwork(1), 8, seed=4)) == 1).all()


def test_crops_without_features_are_no_brand(sift: Sift) -> None:
    assert sift.predict(FLAT).tolist() == [0, 0, 0, 0]


def test_crops_without_features_are_no_brand_before_tuning_either() -> None:
    assert Sift(*labelled(3, seed=1)).predict(FLAT).tolist() == [0, 0, 0, 0]


def test_tuned_where_every_crop_is_a_logo() -> None:
    """Then any match is enough, but none at all still is not."""
    made = Sift(*labelled(3, seed=1))
    made.tune(np.concatenate([drawn(artwork(1), 3, seed=2), FLAT]), np.ones(7, np.int64))
    assert made.predict(FLAT).tolist() == [0, 0, 0, 0]
    assert made.predict(drawn(artwork(1), 3, seed=5)).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("crops", "classes"),
    [
        pytest.param(*NOTHING, id="no crops"),
        pytest.param(plain(4, 1), np.zeros(4, np.int64), id="no brand"),
        pytest.param(FLAT, np.array([1, 1, 2, 2]), id="brands without features"),
    ],
)
def test_nothing_to_learn_from(crops: np.ndarray, classes: np.ndarray) -> None:
    made = Sift(crops, classes)
    made.tune(*labelled(2, seed=2))
    assert made.predict(labelled(2, seed=3)[0]).tolist() == [0] * 6


def test_a_brand_without_features_beside_one_with_some() -> None:
    crops = np.concatenate([FLAT, drawn(artwork(2), 4, seed=1), plain(4, seed=1)])
    made = Sift(crops, np.repeat([1, 2, 0], 4))
    made.tune(*labelled(4, seed=2))
    assert (made.predict(drawn(artwork(2), 4, seed=3)) == 2).all()


def test_a_brand_with_a_single_feature() -> None:
    """No second nearest to compare a match with, so nothing matches."""
    made = Sift(*labelled(2, seed=1))
    made.memory = {brand: features[:1] for brand, features in made.memory.items()}
    assert made.predict(labelled(2, seed=3)[0]).tolist() == [0] * 6


def test_few_crops_of_a_brand_are_remembered() -> None:
    crops, classes = labelled(6, seed=1)
    few, many = Sift(crops, classes, most=1), Sift(crops, classes)
    assert set(few.memory) == set(many.memory) == {1, 2}
    assert all(len(few.memory[brand]) < len(many.memory[brand]) / 3 for brand in (1, 2))


# All of them


@pytest.mark.parametrize(
    "validation", [pytest.param(NOTHING, id="no validation crops"), pytest.param(labelled(6, seed=2), id="some")]
)
def test_predictions(validation: tuple[np.ndarray, np.ndarray]) -> None:
    crops, classes = labelled(6, seed=3)
    training = labelled(6, seed=1)
    extra = np.concatenate([training[0], plain(1, 9)]), np.append(training[1], 0)
    found = predictions(extra, validation, crops)
    assert list(found) == ["majority", "sift"]
    assert found["majority"].tolist() == [0] * 18
    assert (found["sift"] == classes).mean() > 0.8
