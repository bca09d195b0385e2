"""Training crops → many more of them: rotated, shifted, relit, blurred and compressed as real pictures are."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import cv2
import keras
import numpy as np

from brandlens.config.logo import Augmentation
from brandlens.logo.crops import extract, windows
from brandlens.logo.crops.crop_set import CropSet
from brandlens.logo.crops.windows import WindowSpec

BATCH_SIZE = 256


def balanced_indices(
    class_ids: np.ndarray, samples_per_class: int, background_ratio: float, rng: np.random.Generator
) -> np.ndarray:
    """Return which crops to augment, shuffled: indices into (n,) class ids.

    `samples_per_class` of every brand, `background_ratio` times that of class 0. Every crop of a class is taken equally
    often, give or take one.
    """
    chosen = []
    for class_id in np.unique(class_ids):
        members = rng.permutation(np.flatnonzero(class_ids == class_id))
        chosen.append(np.resize(members, round(samples_per_class * (background_ratio if class_id == 0 else 1))))
    return rng.permutation(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)


def augment(
    crops: np.ndarray,
    class_ids: np.ndarray,
    box_deltas: np.ndarray,
    window: WindowSpec,
    cfg: Augmentation,
    seed: int,
    progress: Callable[[Sequence[int]], Iterable[int]] = lambda batches: batches,
) -> CropSet:
    """Change each crop once, its box with it, and cut its padding off.

    crops: (n, height + 2 y, width + 2 x, 3) uint8 RGB with padding. class_ids: (n,). box_deltas: (n, 4); those of the
    background come back as 0. The same arguments give the same crops.
    Keras' layers warp and relight; noise and JPEG, which Keras has none of, are ours.
    """
    warp, relight = _geometric(crops.shape[1:3], window, cfg, seed), _photometric(cfg, seed)
    rng = np.random.default_rng(seed)
    changed, moved = [], []
    for start in progress(range(0, len(crops), BATCH_SIZE)):
        batch = slice(start, start + BATCH_SIZE)
        warped, deltas = warp(crops[batch], box_deltas[batch])
        relit = np.asarray(keras.ops.convert_to_numpy(relight(warped, training=True)))
        changed.append(jpeg_compress(add_noise(relit, cfg.noise_std, rng), cfg.jpeg_min_quality, rng))
        moved.append(deltas)
    if not changed:
        return CropSet(np.zeros((0, window.height, window.width, 3), np.uint8), class_ids, box_deltas)
    deltas = np.where(class_ids[:, None] > 0, np.concatenate(moved), 0).astype(np.float32)
    return CropSet(np.concatenate(changed), class_ids, deltas)


def _geometric(
    shape: tuple[int, int], window: WindowSpec, cfg: Augmentation, seed: int
) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return a function of (padded crops, box deltas) that moves both alike and cuts the padding off.

    shape: height, width of the padded crops. Keras moves bounding boxes along with the images; the padding leaves them
    room, so that none is clipped. RandomShear is left out: Keras 3.15 moves its boxes another way than its images.
    RandomPerspective shears as well.
    """
    height, width = shape
    scale_x, scale_y = window.width / width, window.height / height  # knobs are fractions of the window, Keras' of all
    seeds = iter(np.random.default_rng(seed).integers(0, 2**31 - 1, 8))
    common = {"bounding_box_format": "xyxy"}
    layers = [
        keras.layers.RandomRotation(cfg.rotation / 360, fill_mode="reflect", seed=int(next(seeds)), **common),
        # a pair, or Keras draws how likely each crop is changed; it moves corners by half of the scale it is given
        keras.layers.RandomPerspective((1.0, 1.0), 2 * cfg.perspective * scale_x, seed=int(next(seeds)), **common),
        keras.layers.RandomTranslation(
            cfg.translation * scale_y, cfg.translation * scale_x, fill_mode="reflect", seed=int(next(seeds)), **common
        ),
        keras.layers.RandomZoom(cfg.zoom, fill_mode="reflect", seed=int(next(seeds)), **common),
    ]
    left, top = (width - window.width) // 2, (height - window.height) // 2
    inner = np.array([[left, top, left + window.width, top + window.height]], np.float32)

    def warp(crops: np.ndarray, box_deltas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        around = np.tile(inner, (len(box_deltas), 1))
        boxes = windows.decode_boxes(around, box_deltas)
        data: dict[str, Any] = {
            "images": crops.astype(np.float32),
            "bounding_boxes": {"boxes": boxes[:, None], "labels": np.zeros((len(boxes), 1), np.int32)},
        }
        for layer in layers:
            data = layer(data, training=True)
        moved = np.asarray(keras.ops.convert_to_numpy(data["bounding_boxes"]["boxes"]))[:, 0]
        warped = np.asarray(keras.ops.convert_to_numpy(data["images"]))
        return extract.center_crop(warped, window), windows.encode_boxes(around, moved)

    return warp


def _photometric(cfg: Augmentation, seed: int) -> keras.Sequential:
    """Return the layers that change light, color and focus of (n, h, w, 3) crops of 0 to 255."""
    saturation = cfg.saturation
    return keras.Sequential(
        [
            keras.layers.RandomColorJitter(
                value_range=(0, 255),
                brightness_factor=cfg.brightness,
                contrast_factor=(cfg.contrast, cfg.contrast),  # less and more; one number would be more only
                # Keras' 0.5 leaves the saturation as it is
                saturation_factor=((1 - saturation) / (2 - saturation), (1 + saturation) / (2 + saturation)),
                hue_factor=2 * cfg.hue,  # Keras' 1 is half the circle
                seed=seed,
            ),
            keras.layers.RandomGaussianBlur(
                factor=0.5,
                kernel_size=5,
                sigma=max(cfg.blur_sigma, 1e-3),
                value_range=(0, 255),
                seed=seed + 1,  # by the same seed the bright crops would be the blurred ones
            ),
        ]
    )


def add_noise(images: np.ndarray, max_std: float, rng: np.random.Generator) -> np.ndarray:
    """Return (n, h, w, 3) uint8 from float images of 0 to 255, with Gaussian noise.

    Its standard deviation is drawn for each image from 0 to `max_std`.
    """
    std = rng.uniform(0, max_std, (len(images), 1, 1, 1)).astype(np.float32)
    noise = rng.standard_normal(images.shape, np.float32) * std
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)


def jpeg_compress(images: np.ndarray, min_quality: int, rng: np.random.Generator) -> np.ndarray:
    """Return (n, h, w, 3) uint8 RGB images after JPEG, at a quality drawn for each from `min_quality` to 100."""
    result = np.empty_like(images)
    qualities = rng.integers(min_quality, 101, len(images))
    for index, (image, quality) in enumerate(zip(images, qualities, strict=True)):
        _, file = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
        result[index] = cv2.imdecode(file, cv2.IMREAD_COLOR_RGB)
    return result
