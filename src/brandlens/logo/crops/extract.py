"""Boxes → crops: PNG files in class folders per split, and a manifest that says where each came from."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import iou, to_xyxy
from brandlens.errors import UserError
from brandlens.logo.crops import windows
from brandlens.logo.crops.windows import WindowSpec

BACKGROUND = "other"  # the class of every crop that shows none of the brands
CLEAR = 0.1  # a background crop overlaps every box by less than this intersection over union


@dataclass(frozen=True)
class CropRecord:
    """One row of manifest.csv.

    kind: box (as labelled), copy (jittered), rival (box of a brand that is not looked for) or background.
    left .. bottom: the window, in pixels of the source picture. x, y, w, h: the box in it (see windows.places), 0 for
    crops of OTHER.
    """

    file: str
    split: str
    label: str
    kind: str
    picture: str
    left: float
    top: float
    right: float
    bottom: float
    x: float = 0.0
    y: float = 0.0
    w: float = 0.0
    h: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """How crops are cut; logo.crop and logo.scan.smallest in params.yaml say the units."""

    halo: float
    copies: int
    shift: float
    zoom: float
    stretch: float
    negatives: float
    smallest: float
    seed: int


def fit_window(
    pictures: Iterable[Picture], labels: Sequence[str], size: tuple[int, int], margin: float, shapes: int
) -> WindowSpec:
    """The window that serves these training pictures; `labels` empty: every label there is, sorted.

    Raises UserError when a wished label has no box, or no label has one.
    """
    boxes = [box for picture in pictures for box in picture.boxes if not box.ignore]
    there = sorted({box.label for box in boxes})
    wished = tuple(dict.fromkeys(labels)) or tuple(there)
    if not wished:
        raise UserError("the training pictures have no labelled box; draw some, or set logo.collect.source: sample")
    for label in wished:
        if label not in there:
            raise UserError(f'logo.crop.labels: no training box has the label "{label}"; there are: {", ".join(there)}')
    if BACKGROUND in wished:
        raise UserError(f'the label "{BACKGROUND}" is kept for what shows no brand; rename it in the annotations')
    for label in wished:
        if label in (".", "..") or "/" in label or "\\" in label:
            raise UserError(f'the label "{label}" cannot name a folder of crops; rename it in the annotations')
    chosen = to_xyxy([box for box in boxes if box.label in wished])
    return WindowSpec(wished, *size, margin, windows.cluster_aspect_ratios(chosen, shapes))


def extract_crops(
    splits: Mapping[str, Sequence[Picture]],
    into: Path,
    geometry: WindowSpec,
    recipe: Recipe,
    progress: Callable[[Sequence[Picture], str], Iterable[Picture]] = lambda pictures, _: pictures,
) -> list[CropRecord]:
    """Write into/{split}/{label}/*.png, into/manifest.csv and into/geometry.json; return the manifest's rows.

    Only training boxes get jittered copies. `ignore` boxes give neither a crop nor background. A file shows its window
    and a halo around it, into which augmentation turns and shifts: `load` cuts the halo off.
    """
    rows: list[CropRecord] = []
    for split, pictures in splits.items():
        shares = _shares(pictures, geometry, recipe.negatives)
        for at, (picture, negatives) in enumerate(zip(progress(pictures, split), shares, strict=True)):
            random = np.random.default_rng([recipe.seed, *split.encode(), at])
            pixels = images.read(picture.path)
            places = _logos(picture, geometry, recipe, recipe.copies if split == "train" else 0, random)
            places += _backgrounds(picture, pixels.shape, geometry, recipe.smallest, negatives, random)
            rows += _write(pixels, picture, places, split, into, geometry, recipe.halo, at)
    into.mkdir(parents=True, exist_ok=True)
    write_manifest(rows, into / "manifest.csv")
    (into / "geometry.json").write_text(json.dumps({"halo": recipe.halo, **geometry.fields()}, indent=2) + "\n")
    return rows


Place = tuple[str, str, np.ndarray, np.ndarray]  # label, kind, window (4,), place of the box in it (4,)


def _shares(pictures: Sequence[Picture], geometry: WindowSpec, negatives: float) -> list[int]:
    """How many background crops each picture gives: as many as `negatives` a logo in all, spread evenly."""
    logos = sum(box.label in geometry.labels and not box.ignore for picture in pictures for box in picture.boxes)
    total = max(round(negatives * logos), len(pictures) if negatives else 0)
    return [total // len(pictures) + (at < total % len(pictures)) for at in range(len(pictures))]


def _logos(
    picture: Picture, geometry: WindowSpec, recipe: Recipe, copies: int, random: np.random.Generator
) -> list[Place]:
    """Every labelled box: brands as themselves, once and in jittered copies; rivals as OTHER, once."""
    kept = [box for box in picture.boxes if not box.ignore]
    if not kept:
        return []
    boxes = to_xyxy(kept)
    around = windows.window_around(boxes, geometry)
    nothing = np.zeros(4, np.float32)
    found: list[Place] = []
    for turn in range(copies + 1):
        views = windows.jitter(around, recipe.shift, recipe.zoom, recipe.stretch, random) if turn else around
        for box, view, place in zip(kept, views, windows.encode_boxes(views, boxes), strict=True):
            if box.label in geometry.labels:
                found.append((box.label, "copy" if turn else "box", view, place))
            elif not turn:
                found.append((BACKGROUND, "rival", view, nothing))
    return found


def _backgrounds(
    picture: Picture,
    shape: tuple[int, ...],
    geometry: WindowSpec,
    smallest: float,
    count: int,
    random: np.random.Generator,
) -> list[Place]:
    """Up to `count` windows clear of every box, at the sizes and shapes that the scan looks at."""
    tall, wide = shape[:2]
    tries = max(20 * count, 20)
    shapes = random.choice(geometry.aspects, tries)
    least = smallest * (1 + 2 * geometry.margin)
    side = np.exp(random.uniform(np.log(least), np.log(max(least * 1.01, np.sqrt(wide * tall))), tries))
    sides = np.stack([side * np.sqrt(shapes), side / np.sqrt(shapes)], axis=1)
    fits = (sides[:, 0] <= wide * 1.2) & (sides[:, 1] <= tall * 1.2)
    centres = random.uniform(0, 1, (tries, 2)) * (wide, tall)
    reach = np.minimum(sides / 2, (wide / 2, tall / 2))
    views = windows.from_centers(np.clip(centres, reach, np.array([wide, tall]) - reach), sides)[fits]
    ignored = to_xyxy([box for box in picture.boxes if box.ignore])
    clear = views[(iou(views, to_xyxy(picture.boxes)) < CLEAR).all(axis=1) & ~windows.overlaps(views, ignored)]
    return [(BACKGROUND, "background", view, np.zeros(4, np.float32)) for view in clear[:count]]


def _write(
    pixels: np.ndarray,
    picture: Picture,
    places: list[Place],
    split: str,
    into: Path,
    geometry: WindowSpec,
    halo: float,
    at: int,
) -> list[CropRecord]:
    """Cut the windows of one picture, halo and all, and write them."""
    rows = []
    for number, (label, kind, window, place) in enumerate(places):
        file = Path(split, label, f"{at:05d}-{picture.path.stem}-{number:03d}.png")
        images.write(into / file, crop_padded(pixels, window, geometry, halo))
        sides = [round(float(side), 2) for side in window]
        rows.append(
            CropRecord(file.as_posix(), split, label, kind, picture.path.name, *sides, *map(float, np.round(place, 5)))
        )
    return rows


def padding_pixels(geometry: WindowSpec, halo: float) -> tuple[int, int]:
    """The halo's width on the left and right, and its height above and below, in pixels of the crop file."""
    return round(geometry.width * halo), round(geometry.height * halo)


def crop_padded(pixels: np.ndarray, window: np.ndarray, geometry: WindowSpec, halo: float) -> np.ndarray:
    """(height + 2 halo, width + 2 halo, 3) uint8: a (4,) window of a picture with its surroundings."""
    x, y = padding_pixels(geometry, halo)
    grown = windows.pad_boxes(window[None], x / geometry.width, y / geometry.height)[0]
    return windows.crop_image(pixels, grown, geometry.width + 2 * x, geometry.height + 2 * y)


def center_crop(crops: np.ndarray, geometry: WindowSpec) -> np.ndarray:
    """(n, height, width, 3): the middle of (n, ...) crops with a halo."""
    top, left = (crops.shape[1] - geometry.height) // 2, (crops.shape[2] - geometry.width) // 2
    return crops[:, top : top + geometry.height, left : left + geometry.width]


def write_manifest(rows: Sequence[CropRecord], path: Path) -> None:
    """One line a crop, in the order they were cut."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(CropRecord.__dataclass_fields__))
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def read_manifest(folder: Path) -> tuple[WindowSpec, float, list[CropRecord]]:
    """The geometry, the halo and the rows that `cut` wrote into this folder."""
    fields = json.loads((folder / "geometry.json").read_text())
    halo = fields.pop("halo")
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            CropRecord(
                *(row[name] for name in ("file", "split", "label", "kind", "picture")),
                *map(float, list(row.values())[5:]),
            )
            for row in csv.DictReader(file)
        ]
    return WindowSpec.of(fields), halo, rows


def load_images(folder: Path, rows: Sequence[CropRecord]) -> np.ndarray:
    """(n, height + 2 halo, width + 2 halo, 3) uint8: the crop files of these rows, in their order."""
    read = [cv2.imread(str(folder / row.file), cv2.IMREAD_COLOR_RGB) for row in rows]
    return np.stack(read) if read else np.zeros((0, 1, 1, 3), np.uint8)


def class_ids(rows: Sequence[CropRecord], geometry: WindowSpec) -> np.ndarray:
    """(n,) int64: 0 for OTHER, i + 1 for the geometry's i-th label."""
    number = {BACKGROUND: 0, **{label: at for at, label in enumerate(geometry.labels, 1)}}
    return np.array([number[row.label] for row in rows], np.int64)


def box_deltas(rows: Sequence[CropRecord]) -> np.ndarray:
    """(n, 4) float32: where the box lies in each window (see windows.places)."""
    return np.array([(row.x, row.y, row.w, row.h) for row in rows], np.float32).reshape(-1, 4)


def summary(rows: Sequence[CropRecord]) -> str:
    """What was cut, in one line."""
    kinds = Counter(row.kind for row in rows)
    pictures = len({(row.split, row.picture) for row in rows})
    return (
        f"{kinds['box']} boxes of {len({row.label for row in rows} - {BACKGROUND})} labels in {pictures} pictures"
        f" → {kinds['box']} + {kinds['copy']} crops, {kinds['rival']} of rivals, {kinds['background']} of background"
    )
