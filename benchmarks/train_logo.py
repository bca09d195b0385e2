"""What training costs → benchmarks/results/train_logo.json: the talk's network and schedule, and ours to its accuracy.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/train_logo.py --scratch /tmp/train_logo

The talk had 5,201 crops of 75x22, 883 with its logo, learned from 80 % of them and judged the others by the likelier
class: macro precision 0.9661, macro recall 0.8829, 10 epochs, 16 minutes on a GTX 1080. Here: as many crops to learn
from, as many with the logo, augmented from the labelled ones of one brand of drinks5 and from everything else; judged
are the crops of its validation and test pictures, unchanged. talk: ten epochs in float32. float32, mixed_bfloat16:
the seconds that one of them takes, from the difference between two parts of one. ours: network slide on the same crops
and nothing else, one epoch, then anew with two, four ... until it does as well on validation as the talk did: there,
one logo more or less is some points of recall. On JAX and a GPU: KERAS_BACKEND=jax --device "NAME OF IT".
"""

import argparse
import contextlib
import csv
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import scratch

from brandlens import config, onnx_runtime, training
from brandlens.logo import evaluation
from brandlens.logo.crops import manifest
from brandlens.logo.detectors.sliding_window import crop_set
from brandlens.logo.detectors.sliding_window.crop_set import CropSet
from brandlens.logo.detectors.sliding_window.train import Data, Recipe, train

PRECISION, RECALL = 0.9661, 0.8829  # the talk's
LOGO, OTHER = 883 * 4 // 5, 4318 * 4 // 5  # crops to learn from
FORMATS = ("float32", "mixed_bfloat16")
TIMED = (160, 480)  # crops of the parts that are timed; what an epoch costs whatever its length cancels out
LONGEST = 32  # epochs that ours is given, at most
AUGMENTED = Path("data/logo/augmented/crops.npz")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument("--brand", default="Lavie", help="default: %(default)s")
    parser.add_argument("--device", default="processor", help="its name in the results; default: %(default)s")
    parser.add_argument("--only", choices=("talk", *FORMATS, "ours"), nargs="*", help="these parts; default: all")
    arguments = parser.parse_args()
    wished = arguments.only or ("talk", *FORMATS, "ours")
    data = scratch.dataset("drinks5", "train.xml")
    scratch.enter(arguments.scratch)
    scratch.write_params("logo", {
        "collect.source": "folder",
        "collect.annotations": [str(data / f"{split}.xml") for split in ("train", "val", "test")],
        "crop.labels": [arguments.brand], "crop.num_aspect_ratios": 1,
        "augment.samples_per_class": LOGO, "augment.background_ratio": OTHER / LOGO,
    })  # fmt: skip
    scratch.repro("logo-augment")
    learned, held = crop_set.load(AUGMENTED), {part: unchanged(part) for part in ("val", "test")}

    parts: dict[str, Callable[[], Any]] = {
        "talk": lambda: trained("talk", learned, held, epochs=10),
        **{each: partial(paced, learned, each) for each in FORMATS},
        "ours": lambda: list(ours(learned, held)),
    }
    where = f"{arguments.device}, {onnx_runtime.cores()} cores, {keras.backend.backend()}"
    told = {"where": where, "crops": counts(learned), **{split: counts(those) for split, those in held.items()}}
    for part in wished:
        with contextlib.redirect_stdout(sys.stderr):  # Keras tells of its epochs
            result = parts[part]()
        scratch.keep("train_logo", f"{part}: {arguments.device}", {**told, "result": result})


def counts(some: CropSet) -> dict[str, int]:
    """How many crops there are, and how many show the logo."""
    return {"all": len(some.crops), "logo": int((some.classes > 0).sum())}


def unchanged(split: str) -> CropSet:
    """The crops of a split as they are."""
    geometry, rows = manifest.read_manifest(Path("data/logo/crops"))
    return crop_set.load_crops(Path("data/logo/crops"), [row for row in rows if row.split == split], geometry)


def ours(learned: CropSet, held: dict[str, CropSet]) -> Iterator[dict[str, float]]:
    """Slide's trainings, each from nothing, until one does on validation as well as the talk."""
    epochs = 1
    while epochs <= LONGEST:
        done = trained("slide", learned, held, epochs)
        yield done
        if done["val_precision"] >= PRECISION and done["val_recall"] >= RECALL:
            return
        epochs *= 2


def trained(network: str, learned: CropSet, held: dict[str, CropSet], epochs: int) -> dict[str, float]:
    """Train from nothing in float32, and judge crops by the likelier class: seconds, macro precision and recall."""
    start = time.perf_counter()
    model, _ = fitted(network, learned, held["val"], epochs, "float32")
    result = {"epochs": epochs, "seconds": round(time.perf_counter() - start, 1), "weights": model.count_params()}
    for split, those in held.items():
        label = model.predict(those.crops, batch_size=64, verbose=0)["label"]
        chosen = label.reshape(len(label), -1).argmax(axis=1)
        scores = evaluation.crop_metrics(those.classes, chosen, ["logo"])
        result |= {f"{split}_{which}": round(scores[which], 4) for which in ("precision", "recall")}
    print(network, result, file=sys.stderr)
    return result


def paced(learned: CropSet, precision: str) -> float:
    """Seconds that an epoch of the talk's network takes, from the second epochs of two parts of the crops."""
    taken = []
    for count in TIMED:
        _, seconds = fitted("talk", first(learned, count), first(learned, 0), 2, precision)
        taken.append(seconds[-1])
    print(precision, taken, file=sys.stderr)
    return round((taken[1] - taken[0]) / (TIMED[1] - TIMED[0]) * len(learned.crops), 1)


def first(some: CropSet, count: int) -> CropSet:
    """So many of the crops."""
    return CropSet(some.crops[:count], some.classes[:count], some.places[:count])


def fitted(
    network: str, learned: CropSet, held: CropSet, epochs: int, precision: str
) -> tuple[keras.Model, list[float]]:
    """A network trained on crops alone, and the seconds of each epoch."""
    wish = config.load().logo.train
    training.set_up(wish.seed, precision)
    knobs = asdict(wish.slide if network == "slide" else wish.talk)
    knobs.pop("mining")
    recipe = replace(Recipe(network, wish.width, **knobs), epochs=epochs)
    work = Path("logs/train_logo")
    shutil.rmtree(work, ignore_errors=True)
    model = train(Data(learned, None, held, None, classes=2), recipe, work)
    with (work / "part-0.csv").open(newline="", encoding="utf-8") as rows:
        return model, [float(row["seconds"]) for row in csv.DictReader(rows)]


if __name__ == "__main__":
    main()
