"""A real dataset → benchmarks/results/DATASET.json: the stages in a scratch copy, steered by params.yaml alone.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/logo_real.py drinks5 --scratch /tmp/drinks5

drinks5: the talk's question, one brand against everything else, for each brand; for the first the talk's own network
on the same crops beside it; then all brands at once. flickrlogos27: all brands, and the official query pictures.
With --network shot: all brands by the one-shot network, nothing else; what is chosen is chosen on validation, the test
split is scored by stage logo-evaluate once.
Run again in the same scratch folder, what DVC has already made is not made again.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scratch
from tqdm import tqdm

from brandlens import onnx_runtime
from brandlens.boxes import Box
from brandlens.logo import evaluation
from brandlens.logo.crops import manifest
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.sliding_window import crop_set, scan, scorers
from brandlens.logo.predictions import predict_class
from brandlens.metrics import classification, detection, intervals


@dataclass(frozen=True)
class Plan:
    """What is run on a dataset. common: params of every run. each: more for one brand against the rest. talk: more for
    the first of them with the talk's network beside ours. every: more for all brands at once."""

    common: scratch.Settings
    each: scratch.Settings = field(default_factory=dict)
    talk: scratch.Settings = field(default_factory=dict)
    brands: tuple[str, ...] = ()
    every: scratch.Settings = field(default_factory=dict)


PLANS = {
    "drinks5": Plan(
        common={
            "crop.num_aspect_ratios": 2,
            "train.slabs.count": 2000,
            "train.mining.pictures": 100,
            "train.mining.epochs": 3,
        },
        brands=("Lavie", "Aquafina", "Coca", "Dasani", "VinhHao"),
        each={"augment.samples_per_class": 1200, "augment.background_ratio": 1.5, "train.slide.epochs": 16},
        talk={"augment.samples_per_class": 600},
        every={"augment.samples_per_class": 1000, "augment.background_ratio": 2.0, "train.slide.epochs": 16},
    ),
    "flickrlogos27": Plan(
        common={
            "crop.num_aspect_ratios": 3,
            "crop.window_wh": [48, 32],
            "crop.jitter.copies": 8,
            "train.slabs.count": 3000,
        },
        every={
            "augment.samples_per_class": 250,
            "augment.background_ratio": 8.0,
            "train.slide.epochs": 24,
            "train.slabs.size": [128, 96],
        },
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=PLANS)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument("--network", choices=("slide", "shot"), default="slide", help="default: %(default)s")
    parser.add_argument("--only", nargs="*", help="of drinks5: these brands, 'all' for all at once, 'talk'")
    arguments = parser.parse_args()
    name = arguments.dataset
    data = scratch.dataset(name, "train.xml")
    plan = PLANS[name]
    scratch.enter(arguments.scratch)
    common = {
        "collect.source": "folder",
        "collect.annotations": [str(data / f"{split}.xml") for split in ("train", "val", "test")],
        **plan.common,
    }
    if arguments.network == "shot":
        scratch.write_params("logo", {**common, "augment.samples_per_class": 50, "train.network": "shot"})
        scratch.keep(name, "all brands, shot", {**run(), **query(data)})
        return
    wished = arguments.only or [*plan.brands, "all", "talk"]
    for brand in plan.brands:
        if brand in wished:
            scratch.write_params("logo", {**common, **plan.each, "crop.labels": [brand]})
            scratch.keep(name, f"one brand: {brand}", {**run(), "crops_by_likelier_class": by_likelier_class(brand)})
    if "all" in wished:
        scratch.write_params("logo", {**common, **plan.every})
        scratch.keep(name, "all brands", {**run(), **query(data)})
    if plan.brands and "talk" in wished:
        settings = {**common, **plan.each, **plan.talk, "crop.labels": [plan.brands[0]]}
        scratch.keep(name, f"beside the talk's network: {plan.brands[0]}", beside_the_talk(settings))


def run() -> dict[str, Any]:
    """Every stage to the exported model; the metrics, and how long the training took."""
    scratch.repro("logo-export")
    metrics = json.loads(Path("reports/logo/metrics.json").read_text())
    return {**metrics, "training": json.loads(Path("reports/logo/training.json").read_text())}


def by_likelier_class(brand: str) -> dict[str, float]:
    """Test crops of one brand and of none judged as the talk judged its own: by the likelier class, at no threshold."""
    with Path("reports/logo/crops.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["actual"] == brand, float(row["score"]) >= 0.5) for row in csv.DictReader(file)]
    truth, predicted = np.array(rows, np.int64).T
    scores = evaluation.crop_metrics(truth, predicted, [brand])
    return {key: round(value, 4) for key, value in scores.items() if "per_class" not in key}


def query(data: Path) -> dict[str, Any]:
    """The official query pictures of a dataset that has them: which brand does each show, or none?"""
    if not (data / "query.csv").exists():
        return {}
    detector = LogoDetector.load("models/logo")
    with (data / "query.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = [detector.detect(data / row["file"]) for row in tqdm(rows, desc="query", unit="picture")]
    truth = [[Box(0, 0, 1, 1, row["brand"])] if row["brand"] else [] for row in rows]
    pairs = detection.image_metrics(truth, found, detector.geometry.labels, detector.threshold)
    best = [each[0].label if each else "" for each in found]
    right = float(np.mean([guess == row["brand"] for guess, row in zip(best, rows, strict=True)]))
    interval = [round(end, 4) for end in intervals.wilson(right, len(rows))]
    top = {"best_label_right": round(right, 4), "best_label_interval": interval}
    return {"query": {**classification.unflatten(pairs), **top}}


def beside_the_talk(settings: scratch.Settings) -> dict[str, Any]:
    """Both networks on the same crops: test crops by the likelier class, as in the talk, and what each costs."""
    result = {}
    for name in ("slide", "talk"):
        scratch.write_params("logo", {**settings, "train.network": name})
        scratch.repro("logo-augment")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "pipelines/logo/train.py"], check=True, stdout=sys.stderr)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        result[name] = {**compared(name), "processor_seconds": round(spent, 1)}
    slide, talk = result["slide"], result["talk"]
    result["cheaper"] = {
        what: round(talk[what] / slide[what], 1)
        for what in ("seconds", "processor_seconds", "crop_ms", "picture_seconds", "weights")
    }
    return result


def compared(name: str) -> dict[str, float]:
    """Scores on the test crops, seconds of training, milliseconds a crop and seconds a whole 600x450 picture to run."""
    folder = Path("data/logo/crops")
    geometry, rows = manifest.read_manifest(folder)
    test = crop_set.load_crops(folder, [row for row in rows if row.split == "test"], geometry)
    session = onnx_runtime.session(Path("data/logo/trained/network.onnx"))
    scorer = scorers.scorer(session, scorers.STRIDES[name], geometry)
    predicted = predict_class(scorer.crops(test.crops), 0.5)
    scores = evaluation.crop_metrics(test.classes, predicted, geometry.labels)
    batch = test.crops[:64]
    level = np.resize(test.crops, (450, 600, 3))
    plan = scan.ScanConfig(28, 1024, 1.4, 0.4, 0.1)
    if name == "slide":
        picture = scratch.best_time(lambda: scan.propose(level, scorer, geometry, plan, 0.99))
    else:  # window by window a picture takes minutes: its windows are counted, a window is timed
        picture = (
            windows_in(level, geometry, plan, scorer.stride)
            * scratch.best_time(lambda: scorer.crops(batch))
            / len(batch)
        )
    return {
        **{key: round(value, 4) for key, value in scores.items() if "per_class" not in key},
        **json.loads(Path("reports/logo/training.json").read_text()),
        "crop_ms": round(1000 * scratch.best_time(lambda: scorer.crops(batch)) / len(batch), 3),
        "picture_seconds": round(picture, 3),
    }


def windows_in(picture: np.ndarray, geometry: WindowSpec, plan: scan.ScanConfig, stride: int) -> int:
    """How many windows a scan of this picture looks at."""
    height, width = picture.shape[:2]
    total = 0
    for window in scan.window_sizes(width, height, geometry, plan):
        columns = width * geometry.width / window[0] - geometry.width
        rows = height * geometry.height / window[1] - geometry.height
        total += (max(0, round(columns)) // stride + 1) * (max(0, round(rows)) // stride + 1)
    return total


if __name__ == "__main__":
    main()
