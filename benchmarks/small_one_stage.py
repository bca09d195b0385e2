"""What benchmarks of short one-stage trainings share: few steps, no stages; scores on labelled pictures.

The network stands on EfficientNet-Lite0, whose first stages are frozen, and is trained on squares of 224 pixels in 600
steps: some six minutes on two cores. Scores are below those of a whole training; what is compared is trained alike.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import scratch

from brandlens import annotations, config, onnx_runtime, training
from brandlens.annotations import Picture
from brandlens.config.logo import OneStage, OneStageDetect
from brandlens.logo import export
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.one_stage.dataset import load_images
from brandlens.logo.detectors.one_stage.train import train_network
from brandlens.logo.detectors.warm_start import Initialize
from brandlens.logo.predictions import predict
from brandlens.metrics.registry import compute

LABELS = ("Aquafina", "Coca", "Dasani", "Lavie", "VinhHao")  # of drinks5
STEPS = 600
SETTINGS: Mapping[str, Any] = {
    "backbone": "efficientnet_lite0", "backbone_lr_multiplier": 0.3, "frozen_stages": 2, "frozen_batch_norm": True,
    "image_size": 224, "max_steps": STEPS, "scale_range": (0.6, 2.4), "copy_paste": 0.5,
}  # fmt: skip
DETECT = OneStageDetect(image_sizes=(256, 384), iou_threshold=0.5)
MIN_SCORE = 0.05  # of detections that average precision ranks


def drinks5() -> dict[str, list[Picture]]:
    """Return the pictures of drinks5 by split, with the second edition of its labels."""
    data = scratch.dataset("drinks5", "train-v2.xml")
    return {split: annotations.read(data / f"{split}-v2.xml") for split in ("train", "val", "test")}


def settings(**changes: Any) -> OneStage:
    """Return the params that ship with SETTINGS and these changed."""
    shipped = config.load(scratch.HOME / "params.yaml").logo.train.one_stage
    return replace(shipped, **{**SETTINGS, **changes})


def train(
    pictures: Sequence[Picture],
    labels: Sequence[str],
    cfg: OneStage,
    folder: Path,
    initialize: Initialize | None = None,
) -> LogoDetector:
    """Train in float32 and keep the detector in a folder, as the stages do; only load it where it is there already."""
    if not (folder / "model.json").exists():
        training.set_up(1)
        start = time.perf_counter()
        images = load_images(pictures, labels)
        model = train_network(images, [], len(labels), cfg, folder / "run", initialize=initialize)
        network = export.to_onnx(model)
        provenance = {"seconds": round(time.perf_counter() - start)}
        detector = {"labels": list(labels), "detect": asdict(DETECT)}
        LogoDetector.from_session("one_stage", onnx_runtime.session(network), detector, 0.5, provenance).save(
            folder, network
        )
        model.save(folder / training.WEIGHTS)
        keras.utils.clear_session()
    return LogoDetector.load(folder)


def score(detector: LogoDetector, pictures: Sequence[Picture], labels: Sequence[str]) -> dict[str, Any]:
    """Return AP50 over these labels, and of each."""
    scores = compute(predict(detector, pictures, MIN_SCORE).matched(labels))
    return {"ap50": scores["ap50"], **{label: scores[f"per_class.{label}.ap50"] for label in labels}}
