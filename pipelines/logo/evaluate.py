"""trained model + test split → reports/logo/metrics.json, run.json, tables of predictions, curves and gallery/"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import annotations, config, errors, onnx_runtime, provenance
from brandlens.logo import baselines, evaluate, gallery
from brandlens.logo.crops import extract
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.one_stage.crop_scores import crop_scores
from brandlens.logo.detectors.one_stage.predict import ImageSizes, OneStageModel
from brandlens.logo.detectors.sliding_window import crop_set, heatmap, scorers
from brandlens.logo.detectors.sliding_window.scan import ScanConfig
from brandlens.logo.evaluation import Evaluation
from brandlens.metrics.registry import unflatten

REPORT, CROPS, PICTURES = Path("reports/logo"), Path("data/logo/crops"), Path("data/logo/pictures")
SPLITS = ("train", "val", "test")
HEATED = 3  # pictures of a kind (false alarm, miss, right) whose heat is drawn; each is scanned once more


def main() -> None:
    logo = config.load().logo
    wish = logo.evaluate
    geometry, _, rows = extract.read_manifest(CROPS)
    labels = geometry.labels
    detector = trained(logo, geometry)

    # baselines learn from crops as they were labelled: jittered copies would tell them nothing but a false balance
    held = {split: [row for row in rows if row.split == split and row.kind != "copy"] for split in SPLITS}
    crop = {split: crop_set.load_crops(CROPS, those, geometry) for split, those in held.items()}
    found = {split: look(detector, split, wish.floor) for split in ("val", "test")}
    threshold = evaluate.choose_threshold(
        found["val"], judged(detector, crop["val"], held["val"], found["val"]), crop["val"].classes,
        labels, wish.threshold, wish.floor,
    )  # fmt: skip

    start = time.perf_counter()
    probabilities = judged(detector, crop["test"], held["test"], found["test"])
    seconds = time.perf_counter() - start
    if isinstance(detector.scorer, OneStageModel):  # crops were found when their pictures were looked at
        seconds += found["test"].seconds.sum()
    rivals = baselines.predictions(
        *((crop[split].crops, crop[split].classes) for split in ("train", "val")), crop["test"].crops
    )
    outcome = Evaluation(labels, threshold, found["test"], held["test"], crop["test"].classes, probabilities, rivals)
    metrics = {
        **outcome.metrics(),
        "validation": {"boxes": unflatten(evaluate.box_metrics(found["val"], labels, threshold))},
        "speed": {
            "picture_ms": evaluate.typical_ms(found["test"]),
            "crops_per_second": round(len(probabilities) / seconds, 1),
        },
    }
    REPORT.mkdir(parents=True, exist_ok=True)
    (REPORT / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    outcome.write(REPORT)
    shown, few = (
        gallery.chosen(found["test"], labels, threshold, min(most, wish.gallery)) for most in (wish.gallery, HEATED)
    )
    gallery.write(found["test"], shown, REPORT / "gallery", heatmap.heatmap_of(detector), few)
    run = provenance.describe_run(
        logo, logo.train.network, logo.collect.source, {split: count(split) for split in SPLITS}
    )
    (REPORT / "run.json").write_text(json.dumps(run, indent=2) + "\n")
    print(
        f"threshold {threshold:.2f}: crops P {metrics['crops']['precision']:.3f} R {metrics['crops']['recall']:.3f}, "
        f"boxes AP50 {metrics['boxes']['ap50']:.3f}, pictures P {metrics['pictures']['precision']:.3f} "
        f"R {metrics['pictures']['recall']:.3f}, {metrics['speed']['picture_ms']:.0f} ms a picture"
    )


def count(split: str) -> dict[str, dict[str, int]]:
    """How many pictures a split has, those without a box too, and boxes by label."""
    pictures = annotations.read(PICTURES / f"{split}.xml")
    boxes = Counter(box.label for picture in pictures for box in picture.boxes if not box.ignore)
    empty = sum(not picture.boxes for picture in pictures)
    return {"pictures": {"all": len(pictures), "without a box": empty}, "boxes": dict(sorted(boxes.items()))}


def trained(logo: config.logo.Logo, geometry: WindowSpec) -> LogoDetector:
    """The network that was trained, at work as logo.scan or logo.look says, down to the lowest score."""
    plan = ImageSizes(**asdict(logo.look)) if logo.train.network == "shot" else ScanConfig(**asdict(logo.scan))
    session, stride = (
        onnx_runtime.session(Path("data/logo/trained/network.onnx")),
        scorers.STRIDES.get(logo.train.network),
    )
    return LogoDetector.of(session, geometry, plan, stride, logo.evaluate.floor, {})


def judged(
    detector: LogoDetector, crop: crop_set.CropSet, rows: Sequence[extract.CropRecord], found: evaluate.Predictions
) -> np.ndarray:
    """(n, classes) probabilities of crops: seen by themselves, or where they were found in their pictures."""
    if isinstance(detector.scorer, OneStageModel):
        names = [picture.path.name for picture in found.pictures]
        return crop_scores(rows, dict(zip(names, found.detections, strict=True)), detector.geometry)
    return detector.scorer.crops(crop.crops)


def look(detector: LogoDetector, split: str, floor: float) -> evaluate.Predictions:
    """What the detector finds in the pictures of a split."""
    pictures = annotations.read(PICTURES / f"{split}.xml")
    return evaluate.predict(
        detector, pictures, floor, lambda these: tqdm(these, desc=split, unit="picture", mininterval=1)
    )


if __name__ == "__main__":
    errors.run_program(main)
