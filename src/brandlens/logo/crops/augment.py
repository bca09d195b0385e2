"""Training crops → many more of them: turned, shifted, lit, blurred and compressed as real pictures are."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import keras
import numpy as np

from brandlens.logo.crops import extract, windows
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window.crop_set import CropSet

BATCH = 256


@dataclass(frozen=True)
class Recipe:
    """How strong each change is; logo.augment in params.yaml says the units."""

    rotation: float
    translation: float
    zoom: float
    perspective: float
    brightness: float
    contrast: float
    saturation: float
    hue: float
    blur: float
    noise: float
    jpeg: int
    seed: int


def balanced_indices(classes: np.ndarray, each: int, other: float, random: np.random.Generator) -> np.ndarray:
    """Which crops to augment, shuffled: indices into `classes`, `each` of every brand, `other` times that of class 0.

    Every crop of a class is taken equally often, give or take one.
    """
    chosen = []
    for number in np.unique(classes):
        members = random.permutation(np.flatnonzero(classes == number))
        chosen.append(np.resize(members, round(each * (other if number == 0 else 1))))
    return random.permutation(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)


def augment(
    pictures: np.ndarray,
    classes: np.ndarray,
    places: np.ndarray,
    geometry: WindowSpec,
    recipe: Recipe,
    progress: Callable[[Sequence[int]], Iterable[int]] = lambda batches: batches,
) -> CropSet:
    """Change each of (n, height + 2 halo, width + 2 halo, 3) uint8 crops once, and its place with it; the halo goes.

    Keras' layers turn and light; noise and JPEG, which Keras has none of, are ours.
    The same arguments give the same crops.
    """
    bend, light = _geometric(pictures.shape[1:3], geometry, recipe), _photometric(recipe)
    random = np.random.default_rng(recipe.seed)
    done, moved = [], []
    for start in progress(range(0, len(pictures), BATCH)):
        part = slice(start, start + BATCH)
        bent, at = bend(pictures[part], places[part])
        shown = np.asarray(keras.ops.convert_to_numpy(light(bent, training=True)))
        done.append(jpeg_compress(add_noise(shown, recipe.noise, random), recipe.jpeg, random))
        moved.append(at)
    if not done:
        return CropSet(np.zeros((0, geometry.height, geometry.width, 3), np.uint8), classes, places)
    return CropSet(
        np.concatenate(done), classes, np.where(classes[:, None] > 0, np.concatenate(moved), 0).astype(np.float32)
    )


def _geometric(
    shape: tuple[int, int], geometry: WindowSpec, recipe: Recipe
) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """A function of (crops with halo, places) that moves both alike and cuts the halo off.

    Keras moves bounding boxes along with the pictures; the halo leaves them room, so that none is clipped.
    RandomShear is left out: Keras 3.15 moves its boxes another way than its pictures. Perspective shears as well.
    """
    tall, wide = shape
    # knobs are shares of the window, Keras' of the file
    scale_x, scale_y = geometry.width / wide, geometry.height / tall
    seeds = iter(np.random.default_rng(recipe.seed).integers(0, 2**31 - 1, 8))
    common = {"bounding_box_format": "xyxy"}
    layers = [
        keras.layers.RandomRotation(recipe.rotation / 360, fill_mode="reflect", seed=int(next(seeds)), **common),
        # a pair, or Keras draws how likely each crop is changed; it moves corners by half of what it is told
        keras.layers.RandomPerspective((1.0, 1.0), 2 * recipe.perspective * scale_x, seed=int(next(seeds)), **common),
        keras.layers.RandomTranslation(
            recipe.translation * scale_y,
            recipe.translation * scale_x,
            fill_mode="reflect",
            seed=int(next(seeds)),
            **common,
        ),
        keras.layers.RandomZoom(recipe.zoom, fill_mode="reflect", seed=int(next(seeds)), **common),
    ]
    left, top = (wide - geometry.width) // 2, (tall - geometry.height) // 2
    window = np.array([left, top, left + geometry.width, top + geometry.height], np.float32)

    def bend(crops_: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        boxes = windows.decode_boxes(np.tile(window, (len(places), 1)), places)
        data = {
            "images": crops_.astype(np.float32),
            "bounding_boxes": {"boxes": boxes[:, None], "labels": np.zeros((len(boxes), 1), np.int32)},
        }
        for layer in layers:
            data = layer(data, training=True)
        moved = np.asarray(keras.ops.convert_to_numpy(data["bounding_boxes"]["boxes"]))[:, 0]
        bent = np.asarray(keras.ops.convert_to_numpy(data["images"]))
        return extract.center_crop(bent, geometry), windows.encode_boxes(np.tile(window, (len(places), 1)), moved)

    return bend


def _photometric(recipe: Recipe) -> keras.Sequential:
    """Light, colour and focus."""
    share = recipe.saturation
    return keras.Sequential(
        [
            keras.layers.RandomColorJitter(
                value_range=(0, 255),
                brightness_factor=recipe.brightness,
                contrast_factor=(recipe.contrast, recipe.contrast),  # less and more; one number would be more only
                saturation_factor=((1 - share) / (2 - share), (1 + share) / (2 + share)),  # Keras' 0.5 is as it was
                hue_factor=2 * recipe.hue,  # Keras' 1 is half the circle
                seed=recipe.seed,
            ),
            keras.layers.RandomGaussianBlur(
                factor=0.5,
                kernel_size=5,
                sigma=max(recipe.blur, 1e-3),
                value_range=(0, 255),
                seed=recipe.seed + 1,  # by the same seed the bright crops would be the blurred ones
            ),
        ]
    )


def add_noise(pictures: np.ndarray, strongest: float, random: np.random.Generator) -> np.ndarray:
    """(n, h, w, 3) uint8 from float: Gaussian noise, its deviation drawn for each picture from 0 to `strongest`."""
    deviation = random.uniform(0, strongest, (len(pictures), 1, 1, 1)).astype(np.float32)
    noise = random.standard_normal(pictures.shape, np.float32) * deviation
    return np.clip(np.rint(pictures + noise), 0, 255).astype(np.uint8)


def jpeg_compress(pictures: np.ndarray, lowest: int, random: np.random.Generator) -> np.ndarray:
    """(n, h, w, 3) uint8 RGB through JPEG and back, at a quality drawn for each picture from `lowest` to 100."""
    result = np.empty_like(pictures)
    for at, (picture, quality) in enumerate(zip(pictures, random.integers(lowest, 101, len(pictures)), strict=True)):
        _, file = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
        result[at] = cv2.imdecode(file, cv2.IMREAD_COLOR_RGB)
    return result
