"""Hard negatives: what the network takes for a logo on the training pictures, and is none."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import iou, to_xyxy
from brandlens.logo.crops import extract, windows
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window.scan import ScanConfig, WindowScorer, propose

APART = 0.3  # a find that overlaps every box by less is a false alarm; nearer ones may be a logo loosely framed


def mine_hard_negatives(
    pictures: Sequence[Picture],
    scorer: WindowScorer,
    geometry: WindowSpec,
    plan: ScanConfig,
    *,
    score: float,
    most: int,
    progress: Callable[[Sequence[Picture]], Iterable[Picture]] = lambda pictures: pictures,
) -> np.ndarray:
    """(n, height, width, 3) uint8 crops of class "other", the worst first: finds of at least `score` far from any box.

    Rivals' boxes are no shelter: a brand found on one is a false alarm. `ignore` boxes are: a find on one is not taken.
    """
    found: list[tuple[float, np.ndarray]] = []
    for picture in progress(pictures):
        pixels = images.read(picture.path)
        finds = propose(pixels, scorer, geometry, plan, score)
        logos = to_xyxy([box for box in picture.boxes if not box.ignore and box.label in geometry.labels])
        ignored = to_xyxy([box for box in picture.boxes if box.ignore])
        apart = (iou(finds.boxes, logos) < APART).all(axis=1) & ~windows.overlaps(finds.boxes, ignored)
        for window, worth in zip(finds.windows[apart], finds.scores[apart], strict=True):
            found.append((float(worth), extract.crop_padded(pixels, window, geometry, 0.0)))
    found.sort(key=lambda pair: -pair[0])
    shape = (0, geometry.height, geometry.width, 3)
    return np.stack([crop for _, crop in found[:most]]) if found else np.zeros(shape, np.uint8)


def sample(pictures: Sequence[Picture], most: int, seed: int) -> list[Picture]:
    """At most so many of the pictures, drawn by the seed, in their order."""
    chosen = np.random.default_rng(seed).permutation(len(pictures))[:most]
    return [pictures[at] for at in sorted(chosen)]
