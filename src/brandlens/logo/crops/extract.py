"""Boxes → crops: PNG files in class folders per split, and a manifest that says where each came from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import iou, to_xyxy
from brandlens.config.logo import Crop
from brandlens.logo.crops import windows
from brandlens.logo.crops.manifest import CropRecord, Kind, write_manifest
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.labels import BACKGROUND, labels_of

MAX_BACKGROUND_IOU = 0.1  # a background crop overlaps every box by less than this intersection over union
TRIES = 20  # windows drawn for each background crop that is asked for


class _Region(NamedTuple):
    """What a crop is to show: its window (4,), and where the box lies in it (4,)."""

    label: str
    kind: Kind
    window: np.ndarray
    deltas: np.ndarray


def fit_window(pictures: Sequence[Picture], cfg: Crop) -> WindowSpec:
    """Return the window that serves these training pictures.

    Raises UserError for labels that cannot be looked for, see `labels_of`.
    """
    labels = labels_of(pictures, cfg.labels)
    boxes = to_xyxy([box for picture in pictures for box in picture.boxes if box.label in labels and not box.ignore])
    return WindowSpec(labels, *cfg.window_wh, cfg.margin, windows.cluster_aspect_ratios(boxes, cfg.num_aspect_ratios))


def extract_crops(
    splits: Mapping[str, Sequence[Picture]],
    output_dir: Path,
    window: WindowSpec,
    cfg: Crop,
    *,
    min_size: float,
    seed: int,
    progress: Callable[[Sequence[Picture], str], Iterable[Picture]] = lambda pictures, _: pictures,
) -> list[CropRecord]:
    """Write output_dir/{split}/{label}/*.png, manifest.csv and window.json; return the manifest's records.

    min_size: side in pixels (square root of the area) of the smallest logo that detection looks for.
    Only training boxes get jittered copies. `ignore` boxes give neither a crop nor background. A file shows its window
    and the padding around it, into which augmentation rotates and shifts; `center_crop` cuts the padding off.
    """
    records: list[CropRecord] = []
    for split, pictures in splits.items():
        num_copies = cfg.jitter.copies if split == "train" else 0
        num_negatives = _spread(pictures, window, cfg.negatives_per_positive)
        for index, (picture, count) in enumerate(zip(progress(pictures, split), num_negatives, strict=True)):
            rng = np.random.default_rng([seed, *split.encode(), index])
            pixels = images.read(picture.path)
            regions = _labelled(picture, window, cfg, num_copies, rng)
            regions += _background(picture, pixels.shape, window, min_size, count, rng)
            for number, region in enumerate(regions):
                file = Path(split, region.label, f"{index:05d}-{picture.path.stem}-{number:03d}.png")
                images.write(output_dir / file, crop_padded(pixels, region.window, window, cfg.padding))
                records.append(_record(file, split, picture, region))
    write_manifest(output_dir, window, records)
    return records


def _spread(pictures: Sequence[Picture], window: WindowSpec, negatives_per_positive: float) -> list[int]:
    """Return how many background crops each picture gives, spread evenly; at least one a picture, where any are."""
    positives = sum(box.label in window.labels and not box.ignore for picture in pictures for box in picture.boxes)
    total = max(round(negatives_per_positive * positives), len(pictures) if negatives_per_positive else 0)
    return [total // len(pictures) + (index < total % len(pictures)) for index in range(len(pictures))]


def _labelled(
    picture: Picture, window: WindowSpec, cfg: Crop, num_copies: int, rng: np.random.Generator
) -> list[_Region]:
    """Return every labelled box: of the brands as itself and in jittered copies, of other labels as background."""
    labelled = [box for box in picture.boxes if not box.ignore]
    if not labelled:
        return []
    boxes = to_xyxy(labelled)
    around = windows.window_around(boxes, window)
    regions: list[_Region] = []
    for copy in range(num_copies + 1):
        views = around if copy == 0 else _jittered(around, cfg, rng)
        for box, view, deltas in zip(labelled, views, windows.encode_boxes(views, boxes), strict=True):
            if box.label in window.labels:
                regions.append(_Region(box.label, "jittered" if copy else "labelled", view, deltas))
            elif copy == 0:
                regions.append(_Region(BACKGROUND, "other_brand", view, np.zeros(4, np.float32)))
    return regions


def _jittered(around: np.ndarray, cfg: Crop, rng: np.random.Generator) -> np.ndarray:
    return windows.jitter(
        around, translate=cfg.jitter.translate, scale=cfg.jitter.scale, ratio=cfg.jitter.ratio, rng=rng
    )


def _background(
    picture: Picture,
    shape: tuple[int, ...],
    window: WindowSpec,
    min_size: float,
    count: int,
    rng: np.random.Generator,
) -> list[_Region]:
    """Return up to `count` windows clear of every box, of the sizes and shapes that detection looks at."""
    image_wh = np.array([shape[1], shape[0]])
    num_tries = max(TRIES * count, TRIES)
    ratios = rng.choice(window.aspect_ratios, num_tries)
    smallest = min_size * (1 + 2 * window.margin)
    largest = max(smallest * 1.01, np.sqrt(image_wh.prod()))
    sides = np.exp(rng.uniform(np.log(smallest), np.log(largest), num_tries))
    sizes = np.stack([sides * np.sqrt(ratios), sides / np.sqrt(ratios)], axis=1)
    fits = (sizes <= image_wh * 1.2).all(axis=1)
    centers = rng.uniform(0, 1, (num_tries, 2)) * image_wh
    reach = np.minimum(sizes / 2, image_wh / 2)
    views = windows.from_centers(np.clip(centers, reach, image_wh - reach), sizes)[fits]
    ignored = to_xyxy([box for box in picture.boxes if box.ignore])
    clear = (iou(views, to_xyxy(picture.boxes)) < MAX_BACKGROUND_IOU).all(axis=1) & ~windows.overlaps(views, ignored)
    return [_Region(BACKGROUND, "background", view, np.zeros(4, np.float32)) for view in views[clear][:count]]


def _record(file: Path, split: str, picture: Picture, region: _Region) -> CropRecord:
    sides = [round(float(side), 2) for side in region.window]
    deltas = [float(delta) for delta in np.round(region.deltas, 5)]
    return CropRecord(file.as_posix(), split, region.label, region.kind, picture.path.name, *sides, *deltas)


def padding_pixels(window: WindowSpec, padding: float) -> tuple[int, int]:
    """Return the padding's width on the left and right, and its height above and below, in pixels of the crop file."""
    return round(window.width * padding), round(window.height * padding)


def crop_padded(pixels: np.ndarray, region: np.ndarray, window: WindowSpec, padding: float) -> np.ndarray:
    """Return a (4,) region of a picture with its surroundings, as large as the window and its padding.

    padding: fraction of the window's size added on every side: (height + 2 y, width + 2 x, 3) uint8.
    """
    x, y = padding_pixels(window, padding)
    padded = windows.pad_boxes(region[None], x / window.width, y / window.height)[0]
    return windows.crop_image(pixels, padded, window.width + 2 * x, window.height + 2 * y)


def center_crop(crops: np.ndarray, window: WindowSpec) -> np.ndarray:
    """Return the middle (n, height, width, 3) of (n, ...) crops with padding."""
    top, left = (crops.shape[1] - window.height) // 2, (crops.shape[2] - window.width) // 2
    return crops[:, top : top + window.height, left : left + window.width]
