"""A brand added to a trained detector → benchmarks/results/warm_start.json: AP50 on drinks5 before and after.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/warm_start.py --scratch /tmp/warm_start

The one-stage network is trained on four brands, on the pictures that do not show the fifth; then it goes on with the
pictures of all five, in a quarter of the steps. Beside it, as many steps from scratch, and, going on with the pictures
of the new brand alone, on which the old ones are not labelled either: there it is to forget, and to forget less where
what it is sure of counts for nothing. Short, see `small_one_stage`; one seed each. Prints one JSON object a
training.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import scratch
import small_one_stage
from small_one_stage import LABELS, STEPS

from brandlens import training
from brandlens.annotations import Picture

ABOVE = 0.3  # score from which unlabelled detections count for nothing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the networks; kept")
    parser.add_argument("--brand", default="Lavie", help="the new one; default: %(default)s")
    arguments = parser.parse_args()
    brand, pictures = arguments.brand, small_one_stage.drinks5()
    old = tuple(label for label in LABELS if label != brand)

    def measure(name: str, train: list[Picture], labels: tuple[str, ...], base: Path | None, **changes: Any) -> Path:
        folder = arguments.scratch / name.replace(" ", "_")
        start = training.read_start(base, "logo") if base else None
        initialize = start and (lambda model: training.carry_over(start, model, old, labels))
        cfg = small_one_stage.settings(**changes)
        detector = small_one_stage.train(train, labels, cfg, folder, initialize)
        scores = {
            "old brands": small_one_stage.score(detector, pictures["test"], old),
            **({brand: small_one_stage.score(detector, pictures["test"], (brand,))["ap50"]} if brand in labels else {}),
        }
        scratch.keep(
            "warm_start", name, {"pictures": len(train), "steps": cfg.max_steps, **detector.provenance, **scores}
        )
        return folder

    without = [picture for picture in pictures["train"] if not shows(picture, brand)]
    base = measure("four brands", without, old, None)
    few = {"max_steps": STEPS // 4}
    measure("all five from scratch", pictures["train"], LABELS, None, **few)
    measure("all five from four", pictures["train"], LABELS, base, **few)
    new = [only(picture, brand) for picture in pictures["train"] if shows(picture, brand)]
    measure("new brand alone from four", new, LABELS, base, **few)
    measure("new brand alone from four, unlabelled ignored", new, LABELS, base, ignore_unlabeled_above=ABOVE, **few)


def shows(picture: Picture, brand: str) -> bool:
    """Return whether the brand is labelled in the picture."""
    return any(box.label == brand for box in picture.boxes)


def only(picture: Picture, brand: str) -> Picture:
    """Return the picture with the boxes of one brand alone."""
    return replace(picture, boxes=tuple(box for box in picture.boxes if box.label == brand), places=())


if __name__ == "__main__":
    main()
