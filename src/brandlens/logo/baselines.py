"""What a logo detector has to beat: simple methods on the same crops."""

import cv2
import numpy as np

from brandlens.config.types import ThresholdConfig
from brandlens.metrics.thresholds import choose_threshold, precision_recall_curve

MAX_DISTANCE_RATIO = 0.75  # a match is this much nearer than the second nearest, or none (Lowe 2004)
ENLARGE = 4  # factor: SIFT needs more pixels than the network's window has
HALF_SCORE_MATCHES = 5  # how many matches make a score of 0.5


def majority(train_ids: np.ndarray, num_rows: int) -> np.ndarray:
    """Return (num_rows,) int64: the commonest of the (n,) training class ids, every time."""
    return np.full(num_rows, np.bincount(train_ids).argmax(), np.int64)


class Sift:
    """Match crops with training crops of each brand by SIFT features (Lowe 2004); the best-matched brand wins.

    How many matches make a brand is chosen on validation crops, by F1.
    """

    def __init__(self, crops: np.ndarray, class_ids: np.ndarray, max_crops: int = 150) -> None:
        """Keep the features of at most `max_crops` crops of each brand.

        crops: (n, h, w, 3) uint8 RGB; class_ids: (n,) int64, 0 is the background.
        """
        self.sift = cv2.SIFT.create(contrastThreshold=0.02)
        self.matcher = cv2.BFMatcher(cv2.NORM_L2)
        self.features: dict[int, np.ndarray] = {}
        self.threshold = 0.0
        rng = np.random.default_rng(1)
        for brand in np.unique(class_ids[class_ids > 0]):
            members = rng.permutation(np.flatnonzero(class_ids == brand))[:max_crops]
            descriptors = [features for index in members if (features := self._features(crops[index])) is not None]
            if descriptors:
                self.features[int(brand)] = np.concatenate(descriptors)

    def tune(self, crops: np.ndarray, class_ids: np.ndarray) -> None:
        """Choose how well a crop must match on (n, h, w, 3) validation crops and their (n,) class ids."""
        brand, score = self.scores(crops)
        positive = class_ids > 0
        curve = precision_recall_curve((brand == class_ids) & positive, score, int(positive.sum()))
        self.threshold = choose_threshold(curve, ThresholdConfig(maximize="f1"))

    def predict(self, crops: np.ndarray) -> np.ndarray:
        """Return the (n,) int64 class ids of (n, h, w, 3) uint8 RGB crops."""
        brand, score = self.scores(crops)
        return np.where(score >= self.threshold, brand, 0)

    def scores(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (n,) int64 best-matched brands, 0 for none, and (n,) scores from 0 to 1, growing with the matches."""
        votes = np.array([self._votes(crop) for crop in crops]).reshape(len(crops), len(self.features))
        if not votes.size:
            return np.zeros(len(crops), np.int64), np.zeros(len(crops))
        best = votes.argmax(axis=1)
        matches = votes[np.arange(len(votes)), best]
        brands = np.array(list(self.features))[best]
        return np.where(matches > 0, brands, 0), matches / (matches + HALF_SCORE_MATCHES)

    def _votes(self, crop: np.ndarray) -> list[int]:
        features = self._features(crop)
        return [0 if features is None else self._num_matches(features, trained) for trained in self.features.values()]

    def _num_matches(self, features: np.ndarray, trained: np.ndarray) -> int:
        pairs = self.matcher.knnMatch(features, trained, k=2)
        return sum(len(pair) == 2 and pair[0].distance < MAX_DISTANCE_RATIO * pair[1].distance for pair in pairs)

    def _features(self, crop: np.ndarray) -> np.ndarray | None:
        """Return the (n, 128) descriptors of a crop; None for one without any."""
        grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        large = cv2.resize(grey, None, fx=ENLARGE, fy=ENLARGE, interpolation=cv2.INTER_CUBIC)
        return self.sift.detectAndCompute(large, None)[1]


def predictions(
    train: tuple[np.ndarray, np.ndarray], val: tuple[np.ndarray, np.ndarray], test: np.ndarray
) -> dict[str, np.ndarray]:
    """Return each baseline's (n,) class ids of the (n, h, w, 3) test crops; train and val are (crops, class ids)."""
    sift = Sift(*train)
    sift.tune(*val)
    return {"majority": majority(train[1], len(test)), "sift": sift.predict(test)}
