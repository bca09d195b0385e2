"""What a few labels buy → benchmarks/results/label_efficiency.json: one brand of drinks5, the same test pictures.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/label_efficiency.py --scratch /tmp/label_efficiency

pictures: a model trained on 10, 25, 50, 100 and all training pictures of the brand (a number near all is left out),
--draws times, and as many that do not show it, whose labels of other brands are negatives; the threshold is chosen on
all validation pictures there are. logo: trained on scenes composed around one logo file, the largest labelled logo cut
out of a training picture, on built-in backgrounds and on photographs without the brand; the threshold is chosen on
scenes too. --model: the sliding-window network or the one-stage one on a pretrained backbone, each with the same
settings throughout. ap50 has its 95 % interval, with test pictures resampled. Prints one JSON object each.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scratch

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.annotations.copy_images import copy_images
from brandlens.logo.detector import LogoDetector
from brandlens.logo.predictions import predict
from brandlens.metrics.registry import compute, compute_intervals

COUNTS = (10, 25, 50, 100)
MIN_SCORE = 0.05  # of detections that average precision ranks
COMMON = {
    "crop.num_aspect_ratios": 2,
    "augment.samples_per_class": 900,
    "train.dense_patches.num_patches": 1000,
    "train.fcn.epochs": 10,
}
FEW_PICTURES: scratch.Settings = {
    **scratch.PRETRAINED,
    "train.one_stage.scale_range": [0.5, 2.4],
    "train.one_stage.max_steps": 600,
    "detect.one_stage.image_sizes": [320, 448],
}
SCENES = {"collect.source": "synthetic", "collect.synthetic.num_images": [300, 60, 60]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument("--brand", default="Lavie", help="default: %(default)s")
    parser.add_argument("--model", choices=("fcn", "pretrained"), default="fcn", help="default: %(default)s")
    parser.add_argument("--draws", type=int, default=1, help="of so many pictures each; default: %(default)s")
    parser.add_argument("--labels", choices=("v1", "v2"), default="v2", help="edition of them; default: %(default)s")
    parser.add_argument("--only", nargs="*", help="of 10, 25, 50, 100, all and logo; default: every one")
    parser.add_argument("--steps", type=int, help="of the pretrained model, instead of those that it is shown with")
    arguments = parser.parse_args()
    if arguments.steps and arguments.model != "pretrained":
        parser.error("--steps is of --model pretrained")
    brand, data = arguments.brand, scratch.dataset("drinks5", "train.xml")
    scratch.enter(arguments.scratch)
    edition = "" if arguments.labels == "v1" else "-v2"
    train, test = (annotations.read(data / f"{split}{edition}.xml") for split in ("train", "test"))
    settings = COMMON if arguments.model == "fcn" else FEW_PICTURES
    model = "" if arguments.model == "fcn" else ", pretrained"
    if arguments.steps:
        settings = {**settings, "train.one_stage.max_steps": arguments.steps}
        model += f", {arguments.steps} steps"
    num_positive = sum(shows(picture, brand) for picture in train)
    counts = {**{str(count): count for count in COUNTS if count < 0.8 * num_positive}, "all": num_positive}
    for name, count in counts.items():
        if arguments.only and name not in arguments.only:
            continue
        draws: dict[str, Any] = {}
        for draw in range(1, arguments.draws + 1):
            few = draw_pictures(train, brand, count, draw)
            files = [str(file) for file in (few, *(data / f"{split}{edition}.xml" for split in ("val", "test")))]
            collect = {"collect.source": "folder", "collect.annotations": files, "crop.labels": [brand]}
            scratch.write_params("logo", {**settings, **collect})
            draws[str(draw)] = train_and_test(test, brand)
            scratch.keep("label_efficiency", f"{brand}{model}, {count} pictures, labels {arguments.labels}", draws)
    if arguments.only and "logo" not in arguments.only:
        return
    shuffled = [train[index] for index in np.random.default_rng(1).permutation(len(train))]
    positives = [picture for picture in shuffled if shows(picture, brand)]
    logo = cut_out(positives, brand, Path("label_efficiency", brand, "logo.png"))
    photographs = Path("label_efficiency", brand, "backgrounds").resolve()
    write_annotations([picture for picture in shuffled if not shows(picture, brand)][:100], photographs)
    result: dict[str, Any] = {}
    for name, backgrounds in (("built-in backgrounds", None), ("photographs", str(photographs))):
        synthetic = {"collect.synthetic.artwork": {brand: [str(logo)]}, "collect.synthetic.backgrounds": backgrounds}
        scratch.write_params("logo", {**settings, **SCENES, **synthetic})
        result[name] = train_and_test(test, brand)
        scratch.keep("label_efficiency", f"{brand}{model}, logo, labels {arguments.labels}", result)


def draw_pictures(train: Sequence[Picture], brand: str, count: int, seed: int) -> Path:
    """Write so many pictures that show the brand, and as many that do not; return the file with their labels."""
    shuffled = [train[index] for index in np.random.default_rng(seed).permutation(len(train))]
    positives = [picture for picture in shuffled if shows(picture, brand)]
    negatives = [picture for picture in shuffled if not shows(picture, brand)]
    return write_annotations(
        [*positives[:count], *negatives[:count]], Path("label_efficiency", brand, f"{count}-draw-{seed}")
    )


def shows(picture: Picture, brand: str) -> bool:
    """Return whether the brand is labelled in the picture."""
    return any(box.label == brand and not box.ignore for box in picture.boxes)


def write_annotations(pictures: Sequence[Picture], folder: Path) -> Path:
    """Copy the pictures to a folder and return the file with their labels."""
    file = folder / "pictures.xml"
    annotations.write(file, copy_images(pictures, folder))
    return file.resolve()


def cut_out(pictures: Sequence[Picture], brand: str, path: Path) -> Path:
    """Write the brand's largest logo in these pictures as a file of its own."""
    boxes = [(picture, box) for picture in pictures for box in picture.boxes if box.label == brand and not box.ignore]
    picture, box = max(boxes, key=lambda pair: pair[1].width * pair[1].height)
    pixels = images.read(picture.path)
    images.write(path, pixels[max(0, box.top) : box.top + box.height, max(0, box.left) : box.left + box.width])
    return path.resolve()


def train_and_test(test: Sequence[Picture], brand: str) -> dict[str, Any]:
    """Train, choose the threshold on validation, and return scores on the real test pictures."""
    scratch.repro("logo-evaluate")
    detector = LogoDetector.load("models/logo")
    predictions = predict(detector, test, MIN_SCORE)
    matched = predictions.matched([brand], detector.threshold)
    boxes, intervals = compute(matched), compute_intervals(matched)
    pictures = compute(predictions.decided([brand], detector.threshold))
    training = json.loads(Path("reports/logo/training.json").read_text())
    scores = {
        "ap50": boxes["ap50"], "ap50_low": intervals["ap50"].low, "ap50_high": intervals["ap50"].high,
        "precision": boxes["precision"], "recall": boxes["recall"],
        "pictures_precision": pictures["precision"], "pictures_recall": pictures["recall"],
        "threshold": detector.threshold, "training_seconds": training["seconds"],
    }  # fmt: skip
    pretrained = [of_model["name"] for of_model in training["pretrained"]]
    return {"pretrained": pretrained, **{name: round(value, 4) for name, value in scores.items()}}


if __name__ == "__main__":
    main()
