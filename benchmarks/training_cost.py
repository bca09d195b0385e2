"""What training costs → benchmarks/results/training_cost.json: an epoch of the talk's CNN, and fcn to its accuracy.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/training_cost.py --scratch /tmp/training_cost

The talk had 5,201 crops of 75x22, 883 with its logo, trained on 80 % of them and scored the others by the likelier
class: macro precision 0.9661, macro recall 0.8829, 10 epochs, 16 minutes on a GTX 1080. Here: as many training crops,
as many with the logo, augmented from the labelled ones of one brand of drinks5 and from everything else; scored are the
crops of its validation and test pictures, unchanged. float32, mixed_bfloat16: the seconds that an epoch of the talk's
CNN takes, from the difference between two numbers of crops (what it learns: talk.py). fcn: on the same crops and
nothing else, one epoch, then from scratch with two, four ... until it does as well on validation as the talk did;
there, one logo more or less is some points of recall. On JAX and a GPU: KERAS_BACKEND=jax --device "NAME".
Prints one JSON object an experiment.
"""

import argparse
import contextlib
import csv
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import scratch

from brandlens import config, onnx_runtime, training
from brandlens.config.logo import WindowTraining
from brandlens.logo import evaluation
from brandlens.logo.crops import crop_set, manifest
from brandlens.logo.crops.crop_set import CropSet
from brandlens.logo.detectors.sliding_window import network
from brandlens.logo.detectors.sliding_window.network import BuildNetwork
from brandlens.logo.detectors.sliding_window.train import TrainingSets, train_network

PRECISION, RECALL = 0.9661, 0.8829  # the talk's
NUM_LOGO, NUM_BACKGROUND = 883 * 4 // 5, 4318 * 4 // 5  # training crops
POLICIES = ("float32", "mixed_bfloat16")
TIMED = (160, 480)  # crops of the two trainings that are timed; what an epoch costs whatever its length cancels out
MAX_EPOCHS = 32  # of fcn
RUN_DIR = Path("logs/training_cost")
AUGMENTED, CROPS = Path("data/logo/augmented/crops.npz"), Path("data/logo/crops")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument("--brand", default="Lavie", help="default: %(default)s")
    parser.add_argument("--device", default="processor", help="its name in the results; default: %(default)s")
    parser.add_argument("--only", choices=(*POLICIES, "fcn"), nargs="*", help="experiments; default: all")
    arguments = parser.parse_args()
    data = scratch.dataset("drinks5", "train.xml")
    scratch.enter(arguments.scratch)
    make_crops(data, arguments.brand)
    crops = crop_set.load(AUGMENTED)
    unchanged = {split: read_crops(split) for split in ("val", "test")}

    experiments: dict[str, Callable[[], Any]] = {
        **{policy: partial(epoch_seconds, crops, policy) for policy in POLICIES},
        "fcn": lambda: list(train_until_as_good(crops, unchanged)),
    }
    facts = {
        "where": f"{arguments.device}, {onnx_runtime.cores()} cores, {keras.backend.backend()}",
        "crops": counts(crops), **{split: counts(kept) for split, kept in unchanged.items()},
    }  # fmt: skip
    for name in arguments.only or experiments:
        with contextlib.redirect_stdout(sys.stderr):  # Keras prints a line an epoch
            result = experiments[name]()
        scratch.keep("training_cost", f"{name}: {arguments.device}", {**facts, "result": result})


def make_crops(data: Path, brand: str) -> None:
    """Cut out and augment the training crops of a brand of drinks5 and of everything else, by the stages."""
    scratch.write_params("logo", {
        "collect.source": "folder",
        "collect.annotations": [str(data / f"{split}.xml") for split in ("train", "val", "test")],
        "crop.labels": [brand], "crop.num_aspect_ratios": 1,
        "augment.samples_per_class": NUM_LOGO, "augment.background_ratio": NUM_BACKGROUND / NUM_LOGO,
    })  # fmt: skip
    scratch.repro("logo-augment")


def counts(crops: CropSet) -> dict[str, int]:
    """Return how many crops there are, and how many show the logo."""
    return {"all": len(crops.crops), "logo": int((crops.class_ids > 0).sum())}


def read_crops(split: str) -> CropSet:
    """Return the crops of a split, unchanged."""
    window, records = manifest.read_manifest(CROPS)
    return crop_set.load_crops(CROPS, [record for record in records if record.split == split], window)


def train_until_as_good(crops: CropSet, unchanged: dict[str, CropSet]) -> Iterator[dict[str, float]]:
    """Train fcn from scratch, each time for twice as many epochs, until it scores as well on validation as the talk."""
    epochs = 1
    while epochs <= MAX_EPOCHS:
        start = time.perf_counter()
        cfg = replace(config.load().logo.train.fcn, epochs=epochs)
        model, _ = train(network.fcn, crops, unchanged["val"], cfg, "float32", fresh(RUN_DIR))
        result = {"epochs": epochs, "seconds": round(time.perf_counter() - start, 1), "weights": model.count_params()}
        for split, crops_of_split in unchanged.items():
            result |= {f"{split}_{metric}": value for metric, value in score(model, crops_of_split).items()}
        print("fcn", result, file=sys.stderr)
        yield result
        if result["val_precision"] >= PRECISION and result["val_recall"] >= RECALL:
            return
        epochs *= 2


def score(model: keras.Model, crops: CropSet) -> dict[str, float]:
    """Return macro precision and recall on crops, by the likelier class."""
    label = model.predict(crops.crops, batch_size=64, verbose=0)["label"]
    y_pred = label.reshape(len(label), -1).argmax(axis=1)
    scores = evaluation.crop_metrics(crops.class_ids, y_pred, ["logo"])
    return {metric: round(scores[metric], 4) for metric in ("precision", "recall")}


def epoch_seconds(crops: CropSet, policy: str) -> float:
    """Return the seconds of an epoch of snowdon, from the second epochs on two numbers of crops."""
    cfg = replace(config.load().logo.train.snowdon, epochs=2)
    taken = []
    for count in TIMED:
        _, log = train(network.snowdon, first(crops, count), first(crops, 0), cfg, policy, fresh(RUN_DIR))
        taken.append(log[-1]["seconds"])
    print(policy, taken, file=sys.stderr)
    return round((taken[1] - taken[0]) / (TIMED[1] - TIMED[0]) * len(crops.crops), 1)


def first(crops: CropSet, count: int) -> CropSet:
    """Return so many of the crops."""
    return CropSet(crops.crops[:count], crops.class_ids[:count], crops.box_deltas[:count])


def fresh(folder: Path) -> Path:
    """Delete a folder, so that a training begins at its beginning; return it."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def train(
    build: BuildNetwork, crops: CropSet, val_crops: CropSet, cfg: WindowTraining, policy: str, run_dir: Path
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Train a network on crops alone, or go on with what is in the run directory; return it with the log of epochs."""
    params = config.load()
    training.set_up(params.seed)
    model = train_network(
        build,
        TrainingSets(crops, None, val_crops, None, num_classes=2),
        cfg,
        run_dir,
        width_multiplier=params.logo.train.width_multiplier,
        dtype_policy=policy,
    )
    with (run_dir / "phase-0.csv").open(newline="", encoding="utf-8") as rows:
        log = [{key: float(value) for key, value in row.items() if value != "NA"} for row in csv.DictReader(rows)]
    return model, log


if __name__ == "__main__":
    main()
