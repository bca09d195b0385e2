"""trained model + test split → reports/logo/metrics.json, run.json, tables of predictions, curves and gallery/"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import annotations, config, errors, onnx_runtime, provenance
from brandlens.logo import baselines, evaluation, gallery, predictions
from brandlens.logo.crops import manifest
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.one_stage.crop_scores import crop_scores
from brandlens.logo.detectors.one_stage.predict import ImageSizes, OneStageModel
from brandlens.logo.detectors.sliding_window import crop_set, heatmap, scorers
from brandlens.logo.detectors.sliding_window.scan import ScanConfig
from brandlens.logo.evaluation import Evaluation
from brandlens.logo.predictions import Predictions

REPORT, CROPS, PICTURES = Path("reports/logo"), Path("data/logo/crops"), Path("data/logo/pictures")
SPLITS = ("train", "val", "test")


def main() -> None:
    logo = config.load().logo
    wish = logo.evaluate
    geometry, rows = manifest.read_manifest(CROPS)
    labels = geometry.labels
    detector = trained(logo, geometry)

    # baselines learn from crops as they were labelled: jittered copies would tell them nothing but a false balance
    held = {split: [row for row in rows if row.split == split and row.kind != "jittered"] for split in SPLITS}
    crop = {split: crop_set.load_crops(CROPS, those, geometry) for split, those in held.items()}
    found = {split: look(detector, split, wish.min_score) for split in ("val", "test")}
    threshold = evaluation.choose_threshold(
        found["val"], judged(detector, crop["val"], held["val"], found["val"]), crop["val"].classes,
        labels, wish.threshold, wish.min_score,
    )  # fmt: skip

    start = time.perf_counter()
    probabilities = judged(detector, crop["test"], held["test"], found["test"])
    seconds = time.perf_counter() - start
    if isinstance(detector.scorer, OneStageModel):  # crops were found when their pictures were looked at
        seconds += found["test"].seconds.sum()
    train, val = ((crop[split].crops, crop[split].classes) for split in ("train", "val"))
    rivals = baselines.predictions(train, val, crop["test"].crops)
    outcome = Evaluation(
        labels,
        threshold,
        found["val"],
        found["test"],
        held["test"],
        crop["test"].classes,
        probabilities,
        rivals,
        seconds,
    )
    outcome.write(REPORT)
    gallery.write(
        found["test"], labels, threshold, wish.gallery_images, REPORT / "gallery", heatmap.heatmap_of(detector)
    )
    run = provenance.describe_run(
        logo,
        logo.train.network,
        logo.collect.source,
        {split: evaluation.describe_split(annotations.read(PICTURES / f"{split}.xml")) for split in SPLITS},
    )
    (REPORT / "run.json").write_text(json.dumps(run, indent=2) + "\n")
    print(outcome.summary())


def trained(logo: config.logo.Logo, geometry: WindowSpec) -> LogoDetector:
    """The network that was trained, at work as logo.scan or logo.look says, down to the lowest score."""
    plan = ImageSizes(**asdict(logo.look)) if logo.train.network == "shot" else ScanConfig(**asdict(logo.scan))
    session, stride = (
        onnx_runtime.session(Path("data/logo/trained/network.onnx")),
        scorers.STRIDES.get(logo.train.network),
    )
    return LogoDetector.of(session, geometry, plan, stride, logo.evaluate.min_score, {})


def judged(
    detector: LogoDetector, crop: crop_set.CropSet, rows: Sequence[manifest.CropRecord], found: Predictions
) -> np.ndarray:
    """(n, classes) probabilities of crops: seen by themselves, or where they were found in their pictures."""
    if isinstance(detector.scorer, OneStageModel):
        names = [picture.path.name for picture in found.pictures]
        return crop_scores(rows, dict(zip(names, found.detections, strict=True)), detector.geometry)
    return detector.scorer.crops(crop.crops)


def look(detector: LogoDetector, split: str, floor: float) -> Predictions:
    """What the detector finds in the pictures of a split."""
    pictures = annotations.read(PICTURES / f"{split}.xml")
    return predictions.predict(
        detector, pictures, floor, lambda these: tqdm(these, desc=split, unit="picture", mininterval=1)
    )


if __name__ == "__main__":
    errors.run_program(main)
