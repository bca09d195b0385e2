"""What suits labelled pictures: one function a choice, each from what was seen. Figures: docs/results.md."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from brandlens.config.logo import Logo
from brandlens.project.choices import Choice, listed, plural
from brandlens.project.look_pictures import Pictures
from brandlens.project.split_names import split_of

MANY_BRANDS = 10  # from so many on the settings of FlickrLogos-27 are taken, below those of drinks5
ONE_STAGE_PICTURES = 100  # of each brand, which the one-stage detector was measured to need from scratch
PRETRAINED_PICTURES = 60  # likewise on pretrained weights: drinks5's rarest brand has 64 to train on; 10 were too few
UPRIGHT = 1.3  # width over height of logos, below which the default window of 75x22 squeezes them
MIN_SIZE = 14  # pixels: below it a logo is a few pixels high in the network's window
BACKBONE = "efficientnet_lite2"
PRETRAINED: Mapping[str, object] = {  # of benchmarks/logo_real.py
    "train.one_stage.backbone": BACKBONE, "train.one_stage.backbone_lr_multiplier": 0.3,
    "train.one_stage.frozen_stages": 2, "train.one_stage.frozen_batch_norm": True,
    "train.one_stage.image_size": 320, "train.one_stage.scale_range": [0.4, 2.4],
    "train.one_stage.hue": 0.05, "train.one_stage.saturation": 0.7, "train.one_stage.copy_paste": 0.5,
    "train.one_stage.rotation": 6.0, "train.one_stage.max_steps": 4000, "detect.one_stage.image_sizes": [320, 448],
}  # fmt: skip
PRETRAINED_MANY: Mapping[str, object] = {  # of the same, with MANY_BRANDS and few pictures of each
    **PRETRAINED,
    "train.one_stage.rotation": 15.0, "train.one_stage.copy_paste": 0.7, "train.one_stage.max_steps": 4500,
    "detect.one_stage.image_sizes": [160, 320, 448],
}  # fmt: skip
SMALL_SHARE = 0.25  # of the logos that may be too small for the default before a slower scan is chosen


def choose(
    seen: Pictures, brands: Sequence[str], has_accelerator: bool, has_pretrained: bool, defaults: Logo
) -> Iterator[Choice]:
    """Yield what suits these pictures.

    brands: to look for. has_accelerator: Keras sees a GPU or a TPU. has_pretrained: BACKBONE is installed.
    """
    pictures_of = {brand: seen.pictures_of[brand] for brand in brands}
    mask = np.isin(seen.labels, brands)
    yield labels(seen, brands)
    network = list(model(pictures_of, has_accelerator, has_pretrained))
    yield from network
    yield from window(np.median(seen.aspect_ratios[mask]), len(brands))
    if network[0].value == "fcn":
        yield from augmentation(len(brands))
        yield from smallest_logo(seen.logo_sides[mask], seen.logo_shares[mask], defaults)


def annotation_files(names: Sequence[str], are_splits: bool, is_scraped: bool = False) -> Iterator[Choice]:
    """Yield how the annotation files are used. names: as params.yaml is to have them.

    is_scraped: there is one, in a folder that `brandlens logo collect` filled.
    """
    if is_scraped:
        yield Choice(
            "logo.collect.source", "scraped", "collected pictures that you labelled, and those without the logo"
        )
        yield Choice("logo.collect.annotations", list(names), "split here by picture, near-duplicates together")
        return
    yield Choice("logo.collect.source", "folder", "your labelled pictures")
    if are_splits:
        yield Choice("logo.collect.annotations", list(names), "train, val and test, as their names say")
    elif len(names) == 1:
        yield Choice("logo.collect.annotations", list(names), "split here by picture, near-duplicates together")
    else:
        named = any(split_of(Path(name)) for name in names)
        reason = "put together, then split here by picture" + (", whatever their names say" if named else "")
        yield Choice("logo.collect.annotations", list(names), reason)
        yield Choice("logo.collect.predefined_splits", False, f"{len(names)} files that are no train, val and test")


def logo_files(artwork: Mapping[str, Sequence[str]]) -> Iterator[Choice]:
    """Yield how logo files alone are used. artwork: files by brand."""
    yield Choice("logo.collect.source", "synthetic", "no labelled pictures: scenes are composed around the logo")
    yield Choice(
        "logo.collect.synthetic.artwork",
        {brand: list(files) for brand, files in artwork.items()},
        "ten labelled photographs are worth more",
    )
    yield Choice("logo.collect.synthetic.num_images", [400, 80, 80], "one file has to show all there is to learn")


def labels(seen: Pictures, brands: Sequence[str]) -> Choice:
    """Choose the brands to look for."""
    boxes_of = seen.boxes_of
    others = [label for label in boxes_of if label not in brands]
    if not others:
        return Choice("logo.crop.labels", [], f"every label there is: {listed(sorted(boxes_of))}")
    return Choice("logo.crop.labels", list(brands), f"the others become background: {listed(others)}")


def model(pictures_of: Mapping[str, int], has_accelerator: bool, has_pretrained: bool) -> Iterator[Choice]:
    """Choose the network, and a pretrained one where it was measured to find more."""
    fewest, many = min(pictures_of.values(), default=0), len(pictures_of) > MANY_BRANDS
    if has_pretrained and (many or fewest >= PRETRAINED_PICTURES):
        measured = "FlickrLogos-27" if many else "drinks5"
        yield Choice("logo.train.model", "one_stage", f"on pretrained weights, as measured on {measured}")
        for key, value in (PRETRAINED_MANY if many else PRETRAINED).items():
            yield Choice(f"logo.{key}", value, f"as measured on {measured}")
    elif fewest < ONE_STAGE_PICTURES:
        wanted = PRETRAINED_PICTURES if has_pretrained else ONE_STAGE_PICTURES
        reason = f"{plural(fewest, 'picture')} of a brand: one_stage wants {wanted}"
        yield Choice("logo.train.model", "fcn", reason)
    elif many or not has_accelerator:
        reason = "trains in minutes; one_stage takes several times as long on a processor"
        yield Choice("logo.train.model", "fcn", reason)
    else:
        yield Choice("logo.train.model", "one_stage", f"at least {fewest:,} pictures of each brand, and a GPU")


def window(aspect_ratio: float, num_brands: int) -> Iterator[Choice]:
    """Choose the shape of the sliding window. aspect_ratio: of the logos, width over height, their median."""
    if num_brands > MANY_BRANDS:
        yield Choice("logo.crop.window_wh", [48, 32], f"{num_brands} brands of many shapes")
        yield Choice("logo.crop.num_aspect_ratios", 3, f"{num_brands} brands of many shapes")
    elif aspect_ratio < UPRIGHT:
        yield Choice("logo.crop.window_wh", [48, 32], f"the logos are {aspect_ratio:.1f} times as wide as high")


def augmentation(num_brands: int) -> Iterator[Choice]:
    """Choose how many crops the sliding window trains on, and for how long."""
    if num_brands > MANY_BRANDS:
        reason = "photographs of many brands, as measured on FlickrLogos-27"
        values: dict[str, object] = {
            "crop.jitter.copies": 8, "augment.samples_per_class": 250, "augment.background_ratio": 8.0,
            "train.fcn.epochs": 24, "train.dense_patches.num_patches": 3000,
            "train.dense_patches.patch_wh": [128, 96],
        }  # fmt: skip
    else:
        reason = "photographs, as measured on drinks5"
        values = {
            "augment.samples_per_class": 1200 if num_brands == 1 else 1000,
            "augment.background_ratio": 1.5 if num_brands == 1 else 2.0, "train.fcn.epochs": 16,
            "train.dense_patches.num_patches": 2000, "train.hard_negatives.max_images": 100,
            "train.hard_negatives.epochs": 3,
        }  # fmt: skip
    for key, value in values.items():
        yield Choice(f"logo.{key}", value, reason)


def smallest_logo(sides: np.ndarray, shares: np.ndarray, defaults: Logo) -> Iterator[Choice]:
    """Choose the smallest logo to look for, and how far large pictures are shrunk before.

    sides: (n,) of the logos in pixels. shares: (n,) the same as fractions of their pictures' longer sides.
    """
    if not len(sides):
        return
    detect = defaults.detect.sliding_window
    small, limit = np.percentile(sides, 100 * SMALL_SHARE), detect.max_size
    shrunk = np.minimum(sides, shares * limit)
    if np.percentile(shrunk, 100 * SMALL_SHARE) < detect.min_size <= small:
        wanted = detect.min_size / np.percentile(shares, 100 * SMALL_SHARE)
        limit = int(min(4096, 128 * np.ceil(wanted / 128)))
        yield Choice(
            "logo.detect.sliding_window.max_size", limit, "the logos are small in large pictures; a scan takes longer"
        )
        shrunk = np.minimum(sides, shares * limit)
    if (small := np.percentile(shrunk, 100 * SMALL_SHARE)) < detect.min_size:
        size = max(MIN_SIZE, int(np.percentile(shrunk, 50 * SMALL_SHARE)))
        if size < detect.min_size:
            yield Choice(
                "logo.detect.sliding_window.min_size",
                size,
                f"a quarter of the logos are smaller than {small + 1:.0f} pixels; a scan takes longer",
            )


def notes(
    seen: Pictures, brands: Sequence[str], min_size: float, num_negatives: int = 0, has_pretrained: bool = True
) -> Iterator[str]:
    """Yield what is to be known and changes no key.

    min_size: of a logo that is looked for; 0: any. num_negatives: pictures without a logo that stand in no file.
    """
    if len(brands) > MANY_BRANDS and not has_pretrained:
        yield (
            "with so many brands pretrained weights find many more logos (FlickrLogos-27: AP50 0.76 against 0.52): "
            'pip install "brandlens[pretrained]", then make the project'
        )
    if not seen.num_empty and not num_negatives and len(brands) == len(seen.boxes_of):
        yield "every picture shows a brand: add some that show none, so that false positives can be counted on them"
    if len(brands) < len(seen.boxes_of):
        yield (
            f"pictures without a box of {listed(brands)} count as showing none of it: label it in the pictures of the "
            "other brands too, or right detections there count as wrong"
        )
    if rare := [brand for brand in brands if seen.boxes_of[brand] < 10]:
        yield f"fewer than 10 logos of {listed(rare)}: too few to learn from, let alone to measure; add more"
    mask = np.isin(seen.labels, brands)
    if num_small := int((seen.logo_sides[mask] < min_size).sum()):
        yield (
            f"{num_small:,} of {int(mask.sum()):,} logos are smaller than logo.detect.sliding_window.min_size "
            f"({min_size:g} pixels), and may be missed; --set logo.detect.sliding_window.min_size={min_size / 2:g} "
            "finds smaller ones, and makes a scan three times slower"
        )


def num_test_logos(counts: Mapping[str, Mapping[str, int]], brands: Iterable[str]) -> int:
    """Return how many logos of these brands the test split will have. counts: by split and brand."""
    return sum(counts.get("test", {}).get(brand, 0) for brand in brands)
