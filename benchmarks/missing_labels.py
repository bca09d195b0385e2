"""Training where labels are missing → benchmarks/results/missing_labels.json: AP50 on drinks5, all brands.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/missing_labels.py --scratch /tmp/missing_labels

The one-stage network with every training box, and with a third of them hidden, drawn at random: where everything
unlabelled is an error (ignore_unlabeled_above: 1), and where what it is sure of counts for nothing. Short, see
`small_one_stage`; one seed each. Prints one JSON object a training.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import scratch
import small_one_stage
from small_one_stage import LABELS

from brandlens.annotations import Picture

HIDDEN = 1 / 3  # fraction of the training boxes
SCORES = (0.3, 0.5)  # to ignore from


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the networks; kept")
    parser.add_argument("--only", nargs="*", help="of the trainings: these names")
    arguments = parser.parse_args()
    pictures = small_one_stage.drinks5()
    fewer = hide(pictures["train"], HIDDEN)
    sets = {"all labels": pictures["train"], "a third hidden": fewer}
    for name, train in sets.items():
        for above in (1.0, *SCORES):
            run = f"{name}, ignore above {above:g}"
            if arguments.only and run not in arguments.only:
                continue
            cfg = small_one_stage.settings(ignore_unlabeled_above=above)
            detector = small_one_stage.train(train, LABELS, cfg, arguments.scratch / run.replace(" ", "_"))
            scores = {split: small_one_stage.score(detector, pictures[split], LABELS) for split in ("val", "test")}
            boxes = sum(not box.ignore for picture in train for box in picture.boxes)
            scratch.keep("missing_labels", run, {"boxes": boxes, **detector.provenance, **scores})


def hide(pictures: list[Picture], ratio: float) -> list[Picture]:
    """Return the pictures without this fraction of their boxes, `ignore` boxes aside; the same ones every time."""
    rng = np.random.default_rng(1)
    return [
        replace(picture, boxes=tuple(box for box in picture.boxes if box.ignore or rng.random() >= ratio), places=())
        for picture in pictures
    ]


if __name__ == "__main__":
    main()
