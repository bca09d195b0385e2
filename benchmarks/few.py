"""How much a few labels buy → benchmarks/results/few.json: one brand of drinks5, the test pictures always the same.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/few.py --scratch /tmp/few

pictures: the default network trained on 10, 25, 50, 100 and all training pictures of the brand (a number near all is
left out), one draw, and as many that do not show it, whose labels of other brands are counter-examples; the threshold
is chosen on all validation pictures there are. logo: trained on scenes composed around one logo file, the largest
labelled logo cut out of a training picture, on built-in backgrounds and on photographs without the brand; the threshold
is chosen on scenes too. All with the same settings, half of what the default wants for one brand. ap50 has its 95 %
interval, test pictures drawn.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scratch

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.annotations.copy_images import copy_images
from brandlens.logo import evaluation
from brandlens.logo.detector import LogoDetector
from brandlens.logo.predictions import Predictions, predict
from brandlens.metrics import weighted
from brandlens.metrics.intervals import bootstrap
from brandlens.report.load import numbered

COUNTS = (10, 25, 50, 100)
COMMON = {
    "crop.num_aspect_ratios": 2,
    "augment.samples_per_class": 900,
    "train.slabs.count": 1000,
    "train.slide.epochs": 10,
}
SCENES = {"collect.source": "compose", "collect.compose.pictures": [300, 60, 60]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument("--brand", default="Lavie", help="default: %(default)s")
    arguments = parser.parse_args()
    brand, data = arguments.brand, scratch.dataset("drinks5", "train.xml")
    scratch.enter(arguments.scratch)
    train, test = (annotations.read(data / f"{split}.xml") for split in ("train", "test"))
    order = np.random.default_rng(1).permutation(len(train))
    showing = [train[at] for at in order if shows(train[at], brand)]
    others = [train[at] for at in order if not shows(train[at], brand)]

    result: dict[str, Any] = {"pictures": {}, "logo": {}}
    for count in (*(each for each in COUNTS if each < 0.8 * len(showing)), len(showing)):
        few = labelled([*showing[:count], *others[:count]], Path("few", brand, str(count)))
        files = [str(file) for file in (few, data / "val.xml", data / "test.xml")]
        collect = {"collect.source": "folder", "collect.annotations": files}
        scratch.write_params("logo", {**COMMON, **collect, "crop.labels": [brand]})
        result["pictures"][str(count)] = on_photographs(test, brand)
        scratch.keep("few", brand, result)

    logo = cut_out(showing, brand, Path("few", brand, "logo.png"))
    backdrop = Path("few", brand, "backgrounds").resolve()
    labelled(others[:100], backdrop)
    for name, backgrounds in (("built-in backgrounds", None), ("photographs", str(backdrop))):
        compose = {"collect.compose.artwork": {brand: [str(logo)]}, "collect.compose.backgrounds": backgrounds}
        scratch.write_params("logo", {**COMMON, **SCENES, **compose})
        result["logo"][name] = on_photographs(test, brand)
        scratch.keep("few", brand, result)


def shows(picture: Picture, brand: str) -> bool:
    """Whether the brand is labelled in the picture."""
    return any(box.label == brand and not box.ignore for box in picture.boxes)


def labelled(pictures: Sequence[Picture], into: Path) -> Path:
    """The file that labels copies of these pictures, in a folder of their own."""
    file = into / "pictures.xml"
    annotations.write(file, copy_images(pictures, into))
    return file.resolve()


def cut_out(pictures: Sequence[Picture], brand: str, into: Path) -> Path:
    """The brand's largest logo in these pictures, as a file of its own."""
    boxes = [(box.width * box.height, picture, box) for picture in pictures for box in picture.boxes]
    _, picture, box = max(
        (each for each in boxes if each[2].label == brand and not each[2].ignore), key=lambda each: each[0]
    )
    pixels = images.read(picture.path)
    images.write(into, pixels[max(0, box.top) : box.top + box.height, max(0, box.left) : box.left + box.width])
    return into.resolve()


def on_photographs(test: Sequence[Picture], brand: str) -> dict[str, float]:
    """Train, choose the threshold on validation, and look at the real test pictures."""
    scratch.repro("logo-export")
    detector = LogoDetector.load("models/logo")
    found = predict(detector, test, 0.05)
    boxes = evaluation.box_metrics(found, [brand], detector.threshold)
    pictures = evaluation.picture_metrics(found, [brand], detector.threshold)
    training = json.loads(Path("reports/logo/training.json").read_text())
    scores = {
        "ap50": boxes["ap50"], **interval(found, brand), "precision": boxes["precision"], "recall": boxes["recall"],
        "pictures_precision": pictures["precision"], "pictures_recall": pictures["recall"],
        "threshold": detector.threshold, "training_seconds": training["seconds"],
    }  # fmt: skip
    return {name: round(value, 4) for name, value in scores.items()}


def interval(found: Predictions, brand: str) -> dict[str, float]:
    """The ends of the 95 % interval of AP50, from samples of the pictures."""
    rows = evaluation.box_rows(found, [brand])
    units = [picture.path.name for picture in found.pictures]
    labelled, ranked = (
        [row for row in rows if row["outcome"] in outcomes]
        for outcomes in (("true_positive", "false_negative"), ("true_positive", "false_positive"))
    )
    counts = weighted.counts_by_unit(
        numbered(column(labelled), units), np.zeros(len(labelled), np.int64), len(units), 1
    )
    ranking = weighted.ScoredBoxes(
        unit=numbered(column(ranked), units),
        label=np.zeros(len(ranked), np.int64),
        score=np.array([row["score"] for row in ranked], np.float64),
        hit=np.array([row["outcome"] == "true_positive" for row in ranked], bool),
        labelled=counts,
    )
    drawn = bootstrap(lambda draws: {"ap50": weighted.average_precision(draws, ranking)[0]}, len(units))
    return {"ap50_low": drawn["ap50"].low, "ap50_high": drawn["ap50"].high}


def column(rows: Sequence[Mapping[str, object]]) -> np.ndarray:
    """The rows' pictures."""
    return np.array([row["picture"] for row in rows], dtype=object)


if __name__ == "__main__":
    main()
