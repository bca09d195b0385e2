"""data/logo/crops/train → data/logo/augmented/crops.npz + reports/logo/augmented.png"""

from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import config, errors, images
from brandlens.logo.crops import augment, extract
from brandlens.logo.detectors.sliding_window import crop_set
from brandlens.metrics import plots


def main() -> None:
    wish = config.load().logo.augment
    geometry, _, rows = extract.read_manifest(Path("data/logo/crops"))
    rows = [row for row in rows if row.split == "train"]
    pictures, classes, places = (
        extract.load_images(Path("data/logo/crops"), rows),
        extract.class_ids(rows, geometry),
        extract.box_deltas(rows),
    )

    chosen = augment.balanced_indices(classes, wish.crops, wish.other, np.random.default_rng(wish.seed))
    knobs = {key: value for key, value in asdict(wish).items() if key not in ("crops", "other")}
    progress = lambda batches: tqdm(batches, desc="augment", unit="batch", mininterval=1)  # noqa: E731
    data = augment.augment(
        pictures[chosen], classes[chosen], places[chosen], geometry, augment.Recipe(**knobs), progress
    )
    crop_set.save(data, Path("data/logo/augmented/crops.npz"))

    shown = np.concatenate([np.flatnonzero(data.classes == number)[:16] for number in np.unique(data.classes)])
    names = (extract.BACKGROUND, *geometry.labels)
    sheet = plots.contact_sheet(
        [data.crops[at] for at in shown], [names[data.classes[at]] for at in shown],
        columns=8, tile=(2 * geometry.width, 2 * geometry.height),
    )  # fmt: skip
    images.write(Path("reports/logo/augmented.png"), sheet)
    print(f"{len(classes)} training crops → {len(data.crops)} augmented ones of {len(names)} classes")


if __name__ == "__main__":
    errors.run_program(main)
