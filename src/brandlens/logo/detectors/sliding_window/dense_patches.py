"""Training pictures → dense patches: regions of them as detection sees them, with a label for every window in them.

A crop is one window; a patch holds a thousand, nearly all of them background. Trained on both, a fully convolutional
network meets the windows that it will be slid over, and not only those that were chosen as crops.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import iou, to_xyxy
from brandlens.config.logo import Augmentation, DensePatches
from brandlens.logo.crops import windows
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.photometric import degrade
from brandlens.logo.predictions import Progress, no_progress

MIN_POSITIVE_IOU = 0.6  # intersection over union with a logo's window from which a window shows the logo
MIN_IGNORE_IOU = 0.35  # and from which it may show it: it is neither the logo nor background
LOGO_RATIO = 2 / 3  # fraction of the patches that are placed over a logo, where a picture has one


@dataclass(frozen=True)
class PatchSet:
    """Patches with what each window in them shows and where.

    patches: (n, h, w, 3) uint8 RGB. class_ids: (n, rows, columns) int64, 0 is the background, -1 counts for nothing.
    box_deltas: (n, rows, columns, 4) float32, see `windows.encode_boxes`.
    """

    patches: np.ndarray
    class_ids: np.ndarray
    box_deltas: np.ndarray


def sample_patches(
    pictures: Sequence[Picture],
    window: WindowSpec,
    cfg: DensePatches,
    *,
    grid: tuple[int, int],
    stride: int,
    min_size: float,
    seed: int,
    augmentation: Augmentation | None = None,
    progress: Progress = no_progress,
) -> PatchSet:
    """Cut `cfg.num_patches` patches, spread over the pictures.

    Two of three lie over a logo, near the scale at which it fits the window; the others anywhere, at any scale from
    that of the smallest logo (min_size: its side in pixels) on. grid: rows and columns of windows that the network
    scores in a patch; stride: pixels between them. augmentation: for training; None leaves the patches unchanged.
    """
    samples: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for index, picture in enumerate(progress(pictures)):
        rng = np.random.default_rng([seed, index])
        pixels = images.read(picture.path)
        count = cfg.num_patches // len(pictures) + (index < cfg.num_patches % len(pictures))
        for _ in range(count):
            region = _sample_region(picture, pixels.shape, window, cfg, min_size, rng)
            patch = windows.crop_image(pixels, region, *cfg.patch_wh)
            if augmentation is not None:
                patch = degrade(patch, augmentation, rng)
            samples.append((patch, *_label_windows(picture, region, window, cfg.patch_wh, grid, stride)))
    if not samples:
        shape = (0, *grid)
        no_patches = np.zeros((0, cfg.patch_wh[1], cfg.patch_wh[0], 3), np.uint8)
        return PatchSet(no_patches, np.zeros(shape, np.int64), np.zeros((*shape, 4), np.float32))
    return PatchSet(*(np.stack(arrays) for arrays in zip(*samples, strict=True)))


def _sample_region(
    picture: Picture,
    shape: tuple[int, ...],
    window: WindowSpec,
    cfg: DensePatches,
    min_size: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return (4,) left, top, right, bottom of a patch in pixels of the picture; it may stick out."""
    image_wh = np.array([shape[1], shape[0]])
    logos = to_xyxy([box for box in picture.boxes if box.label in window.labels and not box.ignore])
    if len(logos) and rng.random() < LOGO_RATIO:
        logo = logos[rng.integers(len(logos))][None]
        around = windows.window_around(logo, window)[0]
        ratio = np.exp(rng.uniform(-0.5, 0.5) * np.log(cfg.ratio_jitter))
        scale = np.exp(rng.uniform(-1, 1) * np.log(cfg.scale_jitter))
        window_wh = (around[2:] - around[:2]) * scale * (ratio, 1 / ratio)
        region_wh = window_wh * np.array(cfg.patch_wh) / (window.width, window.height)
        room = np.maximum(region_wh - window_wh, 0)
        corner = (around[:2] + around[2:]) / 2 - window_wh / 2 - rng.uniform(0, 1, 2) * room
    else:
        smallest = min_size * (1 + 2 * window.margin)
        largest = max(smallest * 1.01, np.sqrt(image_wh.prod()) / 1.5)
        side = np.exp(rng.uniform(np.log(smallest), np.log(largest)))
        ratio = rng.choice(window.aspect_ratios)
        window_wh = np.array([side * np.sqrt(ratio), side / np.sqrt(ratio)])
        region_wh = window_wh * np.array(cfg.patch_wh) / (window.width, window.height)
        corner = rng.uniform(0, 1, 2) * (image_wh - region_wh)
    return np.concatenate([corner, corner + region_wh]).astype(np.float32)


def _label_windows(
    picture: Picture,
    region: np.ndarray,
    window: WindowSpec,
    patch_wh: tuple[int, int],
    grid: tuple[int, int],
    stride: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the class ids (rows, columns) and box deltas (rows, columns, 4) of a patch's windows."""
    rows, columns = grid
    scale = (region[2:] - region[:2]) / patch_wh
    y, x = np.mgrid[:rows, :columns].reshape(2, -1) * stride
    corners = np.stack([x, y], axis=1) * scale + region[:2]
    views = np.concatenate([corners, corners + np.array([window.width, window.height]) * scale], axis=1)
    views = views.astype(np.float32)
    class_ids = np.zeros(len(views), np.int64)
    box_deltas = np.zeros((len(views), 4), np.float32)
    id_of = {label: class_id for class_id, label in enumerate(window.labels, 1)}
    logos = [box for box in picture.boxes if box.label in id_of and not box.ignore]
    if logos:
        overlap = iou(views, windows.window_around(to_xyxy(logos), window))
        best, nearest = overlap.max(axis=1), overlap.argmax(axis=1)
        background = np.where(best >= MIN_IGNORE_IOU, -1, 0)
        class_ids = np.where(
            best >= MIN_POSITIVE_IOU, np.array([id_of[box.label] for box in logos])[nearest], background
        )
        box_deltas = windows.encode_boxes(views, to_xyxy(logos)[nearest]) * (class_ids > 0)[:, None]
    ignored = to_xyxy([box for box in picture.boxes if box.ignore])
    class_ids = np.where(windows.overlaps(views, ignored) & (class_ids == 0), -1, class_ids)
    return class_ids.reshape(rows, columns), box_deltas.reshape(rows, columns, 4).astype(np.float32)
