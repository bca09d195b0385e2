"""What a logo detector has to beat: simple methods on the same crops."""

import cv2
import numpy as np

from brandlens.config.types import ThresholdConfig
from brandlens.metrics.thresholds import choose_threshold, precision_recall_curve

RATIO = 0.75  # a match counts when it is that much nearer than the second nearest (Lowe 2004)
ENLARGE = 4  # SIFT needs more pixels than the network's window has


def majority(training: np.ndarray, rows: int) -> np.ndarray:
    """(rows,) int64: the commonest class of the (n,) training classes, every time."""
    return np.full(rows, np.bincount(training).argmax(), np.int64)


class Sift:
    """Crops are matched with training crops of each brand by SIFT features (Lowe 2004); the best-matched brand wins.

    How many matches make a brand is chosen on validation crops, by F1.
    """

    def __init__(self, crops: np.ndarray, classes: np.ndarray, most: int = 150, seed: int = 1) -> None:
        """crops: (n, h, w, 3) uint8; classes: (n,) int64, 0 is none. At most `most` crops of a brand are remembered."""
        self.sift = cv2.SIFT_create(contrastThreshold=0.02)
        self.matcher = cv2.BFMatcher(cv2.NORM_L2)
        self.memory: dict[int, np.ndarray] = {}
        self.needed = 0.0
        random = np.random.default_rng(seed)
        for brand in np.unique(classes[classes > 0]):
            members = random.permutation(np.flatnonzero(classes == brand))[:most]
            found = [features for at in members if (features := self._features(crops[at])) is not None]
            if found:
                self.memory[int(brand)] = np.concatenate(found)

    def tune(self, crops: np.ndarray, classes: np.ndarray) -> None:
        """Choose how well a crop must match on (n, h, w, 3) validation crops and their (n,) classes."""
        brand, score = self.scores(crops)
        self.needed = choose_threshold(
            precision_recall_curve((brand == classes) & (classes > 0), score, int((classes > 0).sum())),
            ThresholdConfig(maximize="f1"),
        )

    def predict(self, crops: np.ndarray) -> np.ndarray:
        """(n,) int64 classes of (n, h, w, 3) uint8 crops."""
        brand, score = self.scores(crops)
        return np.where(score >= self.needed, brand, 0)

    def scores(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) int64 best-matched brand, 0 for none, and (n,) float score from 0 to 1, growing with the matches."""
        votes = np.array([self._votes(crop) for crop in crops]).reshape(len(crops), len(self.memory))
        if not votes.size:
            return np.zeros(len(crops), np.int64), np.zeros(len(crops))
        best = votes.argmax(axis=1)
        matches = votes[np.arange(len(votes)), best]
        return np.where(matches > 0, np.array(list(self.memory))[best], 0), matches / (matches + 5)

    def _votes(self, crop: np.ndarray) -> list[int]:
        features = self._features(crop)
        return [0 if features is None else self._matches(features, memory) for memory in self.memory.values()]

    def _matches(self, features: np.ndarray, memory: np.ndarray) -> int:
        pairs = self.matcher.knnMatch(features, memory, k=2)
        return sum(len(pair) == 2 and pair[0].distance < RATIO * pair[1].distance for pair in pairs)

    def _features(self, crop: np.ndarray) -> np.ndarray | None:
        grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        large = cv2.resize(grey, None, fx=ENLARGE, fy=ENLARGE, interpolation=cv2.INTER_CUBIC)
        return self.sift.detectAndCompute(large, None)[1]


def predictions(
    training: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], test: np.ndarray
) -> dict[str, np.ndarray]:
    """Each baseline's (n,) classes of the (n, h, w, 3) test crops; training and validation are (crops, classes)."""
    sift = Sift(*training)
    sift.tune(*validation)
    return {"majority": majority(training[1], len(test)), "sift": sift.predict(test)}
