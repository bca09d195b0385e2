"""Hard negatives: false positives of the network on the training pictures."""

from collections.abc import Sequence

import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import iou, to_xyxy
from brandlens.config.logo import HardNegatives, SlidingWindowDetect
from brandlens.logo.crops import windows
from brandlens.logo.crops.extract import crop_padded
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window.scan import propose
from brandlens.logo.detectors.sliding_window.scorers import WindowScorer
from brandlens.logo.predictions import Progress, no_progress

MAX_IOU = (
    0.3  # a proposal that overlaps every box by less is a false positive; nearer ones may be a logo loosely framed
)


def mine_hard_negatives(
    pictures: Sequence[Picture],
    scorer: WindowScorer,
    window: WindowSpec,
    detect: SlidingWindowDetect,
    cfg: HardNegatives,
    progress: Progress = no_progress,
) -> np.ndarray:
    """Return (n, height, width, 3) uint8 background crops, the highest score first: proposals far from every box.

    Boxes of other brands are background: a proposal on one is a false positive. `ignore` boxes are not: a proposal on
    one is not taken. At most `cfg.max_crops`, of at least `cfg.min_score`; `cfg.max_images` is for `sample`.
    """
    scored: list[tuple[float, np.ndarray]] = []
    for picture in progress(pictures):
        pixels = images.read(picture.path)
        proposals = propose(pixels, scorer, window, detect, cfg.min_score)
        logos = to_xyxy([box for box in picture.boxes if not box.ignore and box.label in window.labels])
        ignored = to_xyxy([box for box in picture.boxes if box.ignore])
        wrong = (iou(proposals.boxes, logos) < MAX_IOU).all(axis=1) & ~windows.overlaps(proposals.boxes, ignored)
        for region, score in zip(proposals.windows[wrong], proposals.scores[wrong], strict=True):
            scored.append((float(score), crop_padded(pixels, region, window, 0.0)))
    scored.sort(key=lambda pair: -pair[0])
    crops = [crop for _, crop in scored[: cfg.max_crops]]
    return np.stack(crops) if crops else np.zeros((0, window.height, window.width, 3), np.uint8)


def sample(pictures: Sequence[Picture], max_images: int, seed: int) -> list[Picture]:
    """Return at most so many of the pictures, drawn by the seed, in their order."""
    chosen = np.random.default_rng(seed).permutation(len(pictures))[:max_images]
    return [pictures[index] for index in sorted(chosen)]
