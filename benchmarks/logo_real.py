"""A real dataset → benchmarks/results/DATASET.json: the stages in a scratch copy, configured by params.yaml alone.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/logo_real.py drinks5 --scratch /tmp/drinks5

drinks5: the talk's question, one brand against everything else, for each brand; then all brands at once (the talk's own
CNN: talk.py). flickrlogos27: all brands, and the official query pictures.
With --model one_stage: all brands by that model from scratch, nothing else; with --model pretrained: on EfficientNet-
Lite2, as `brandlens init` sets it but for what --set says, with the sizes for detection chosen on validation. What is
chosen is chosen on validation; the test split is scored by stage logo-evaluate once. In the same scratch folder, a
stage whose inputs are the same is not run again.
Prints one JSON object after each training.
"""

import argparse
import csv
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scratch
from ruamel.yaml import YAML
from tqdm import tqdm

from brandlens import config, images, onnx_runtime
from brandlens.boxes import Box, Detection
from brandlens.config.logo import OneStageDetect
from brandlens.logo import evaluation
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.base import Detections, StageInputs
from brandlens.logo.detectors.one_stage.box_fusion import weighted_boxes_fusion
from brandlens.logo.detectors.one_stage.predict import OneStageModel, detect, detect_at
from brandlens.logo.labels import labels_of
from brandlens.metrics import detection, intervals
from brandlens.metrics.pictures import decide_pictures
from brandlens.metrics.registry import compute, unflatten
from brandlens.project import choose_logo

CROPS = Path("data/logo/crops")


@dataclass(frozen=True)
class Plan:
    """The params of a dataset's runs.

    common: of every run. one_brand: more for one brand against the rest. all_brands: more for all brands at once.
    """

    common: scratch.Settings
    one_brand: scratch.Settings = field(default_factory=dict)
    brands: tuple[str, ...] = ()
    all_brands: scratch.Settings = field(default_factory=dict)
    pretrained: scratch.Settings = field(default_factory=dict)
    annotations: tuple[str, str, str] = ("train", "val", "test")


SIZES = (128, 160, 192, 224, 256, 320, 384, 448, 512)  # pixels: longer sides that combinations are tried of
MAX_AREA = 330_000  # square pixels: most of a combination's squares together, about 35 ms a picture of 640x480

PLANS = {
    "drinks5": Plan(
        common={
            "crop.num_aspect_ratios": 2,
            "train.dense_patches.num_patches": 2000,
            "train.hard_negatives.max_images": 100,
            "train.hard_negatives.epochs": 3,
        },
        brands=("Lavie", "Aquafina", "Coca", "Dasani", "VinhHao"),
        one_brand={"augment.samples_per_class": 1200, "augment.background_ratio": 1.5, "train.fcn.epochs": 16},
        all_brands={"augment.samples_per_class": 1000, "augment.background_ratio": 2.0, "train.fcn.epochs": 16},
        pretrained=choose_logo.PRETRAINED,
        annotations=("train-v2", "val-v2", "test-v2"),
    ),
    "flickrlogos27": Plan(
        common={
            "crop.num_aspect_ratios": 3,
            "crop.window_wh": [48, 32],
            "crop.jitter.copies": 8,
            "train.dense_patches.num_patches": 3000,
        },
        all_brands={
            "augment.samples_per_class": 250,
            "augment.background_ratio": 8.0,
            "train.fcn.epochs": 24,
            "train.dense_patches.patch_wh": [128, 96],
        },
        pretrained=choose_logo.PRETRAINED_MANY,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=PLANS)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument(
        "--model", choices=("fcn", "one_stage", "pretrained"), default="fcn", help="default: %(default)s"
    )
    parser.add_argument("--only", nargs="*", help="of drinks5: these brands, 'all' for all at once")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="KEY=VALUE",
        help="of the pretrained model: keys of params.yaml below logo, such as train.one_stage.rotation=6",
    )  # fmt: skip
    arguments = parser.parse_args()
    if arguments.set and arguments.model != "pretrained":
        parser.error("--set is of --model pretrained")
    name = arguments.dataset
    data = scratch.dataset(name, "train.xml")
    plan = PLANS[name]
    scratch.enter(arguments.scratch)
    common = {
        "collect.source": "folder",
        "collect.annotations": [str(data / f"{split}.xml") for split in plan.annotations],
        **plan.common,
    }
    if arguments.model == "one_stage":
        scratch.write_params("logo", {**common, "augment.samples_per_class": 50, "train.model": "one_stage"})
        scratch.keep(name, "all brands, one_stage", {**run(), **query(data)})
        return
    if arguments.model == "pretrained":
        settings, key = {**common, **scratch.PRETRAINED, **plan.pretrained}, "all brands, pretrained"
        for name, value in (change.split("=", 1) for change in arguments.set):
            settings[name] = YAML(typ="safe").load(value)
            key += f", {name.rpartition('.')[2]} {value}"
        scratch.write_params("logo", settings)
        scratch.repro("logo-export")
        chosen = choose_sizes()
        scratch.write_params("logo", {**settings, "detect.one_stage.image_sizes": chosen["image_sizes"]})
        scratch.keep(name, key, {**run(), **query(data), "sizes": chosen})
        return
    wanted = arguments.only or [*plan.brands, "all"]
    for brand in plan.brands:
        if brand in wanted:
            scratch.write_params("logo", {**common, **plan.one_brand, "crop.labels": [brand]})
            scratch.keep(name, f"one brand: {brand}", {**run(), "crops_by_likelier_class": by_likelier_class(brand)})
    if "all" in wanted:
        scratch.write_params("logo", {**common, **plan.all_brands})
        scratch.keep(name, "all brands", {**run(), **query(data)})


def run() -> dict[str, Any]:
    """Run every stage up to the evaluated model; return the metrics, and how long the training took."""
    scratch.repro("logo-evaluate")
    metrics = json.loads(Path("reports/logo/metrics.json").read_text())
    return {**metrics, "training": json.loads(Path("reports/logo/training.json").read_text())}


def choose_sizes() -> dict[str, Any]:
    """Return the one to three sizes with the best AP50 on validation that MAX_AREA allows, and the time."""
    cfg = config.load(Path("params.yaml")).logo
    inputs = StageInputs(Path("data/logo/pictures"), CROPS, Path("data/logo/augmented/crops.npz"))
    labels = labels_of(inputs.read_pictures("train"), cfg.crop.labels)
    pictures = inputs.read_pictures("val")
    model = OneStageModel(onnx_runtime.session(Path("models/logo/network.onnx")))
    passes = [
        {size: detect_at(pixels, model, size) for size in SIZES}
        for pixels in tqdm((images.read(picture.path) for picture in pictures), desc="val", total=len(pictures))
    ]
    ladder = []
    for sizes in itertools.chain(*(itertools.combinations(SIZES, count) for count in (1, 2, 3))):
        if sum(size**2 for size in sizes) <= MAX_AREA:
            fused = [
                weighted_boxes_fusion([of_picture[size] for size in sizes], cfg.detect.one_stage.iou_threshold)
                for of_picture in passes
            ]
            detections = [as_list(of_picture, labels) for of_picture in fused]
            matched = detection.match_pictures([picture.boxes for picture in pictures], detections, labels)
            ladder.append((round(compute(matched)["ap50"], 4), sizes))
    ladder.sort(key=lambda entry: (-entry[0], sum(entry[1])))
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    best: list[dict[str, Any]] = []
    for count in (1, 2, 3):
        ap50, sizes = next(entry for entry in ladder if len(entry[1]) == count)
        cfg_detect = OneStageDetect(sizes, cfg.detect.one_stage.iou_threshold)
        seconds = scratch.best_time(lambda cfg_detect=cfg_detect: detect(noise, model, cfg_detect, 0.05), times=30)
        best.append({"image_sizes": list(sizes), "val_ap50": ap50, "milliseconds": round(1000 * seconds, 1)})
    return {"image_sizes": list(ladder[0][1]), "best_of_one_two_three": best}


def as_list(found: Detections, labels: Sequence[str]) -> list[Detection]:
    """Return detections as the metrics take them."""
    return [
        Detection(labels[label], float(score), *(round(float(side)) for side in (*box[:2], *(box[2:] - box[:2]))))
        for box, label, score in zip(found.boxes, found.labels, found.scores, strict=True)
    ]


def by_likelier_class(brand: str) -> dict[str, float]:
    """Score test crops of one brand and of none as the talk did: by the likelier class, without a threshold."""
    with Path("reports/logo/crops.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["y_true"] == brand, float(row["score"]) >= 0.5) for row in csv.DictReader(file)]
    y_true, y_pred = np.array(rows, np.int64).T
    return overall(evaluation.crop_metrics(y_true, y_pred, [brand]))


def overall(scores: dict[str, float]) -> dict[str, float]:
    """Return the scores that are not of one class, rounded."""
    return {name: round(value, 4) for name, value in scores.items() if "per_class" not in name}


def query(data: Path) -> dict[str, Any]:
    """Score the official query pictures of a dataset that has them: which brand does each show, or none?"""
    if not (data / "query.csv").exists():
        return {}
    detector = LogoDetector.load("models/logo")
    with (data / "query.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    detections = [detector.detect(data / row["file"]) for row in tqdm(rows, desc="query", unit="picture")]
    y_true = [[Box(0, 0, 1, 1, row["brand"])] if row["brand"] else [] for row in rows]
    scores = compute(decide_pictures(y_true, detections, detector.labels, detector.threshold))
    best = [in_picture[0].label if in_picture else "" for in_picture in detections]
    accuracy = float(np.mean([label == row["brand"] for label, row in zip(best, rows, strict=True)]))
    interval = [round(end, 4) for end in intervals.wilson(accuracy, len(rows))]
    return {
        "query": {**unflatten(scores), "best_label_accuracy": round(accuracy, 4), "best_label_interval": interval}
    }  # fmt: skip


if __name__ == "__main__":
    main()
