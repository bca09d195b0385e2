"""data/logo/crops/train → data/logo/augmented/crops.npz + reports/logo/augmented.png"""

from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import errors, images, params
from brandlens.evaluation import plots
from brandlens.logo import augment, crops, examples


def main() -> None:
    wish = params.load().logo.augment
    geometry, _, rows = crops.read_manifest(Path("data/logo/crops"))
    rows = [row for row in rows if row.split == "train"]
    pictures, classes, places = (
        crops.load(Path("data/logo/crops"), rows),
        crops.classes(rows, geometry),
        crops.places(rows),
    )

    chosen = augment.balance(classes, wish.crops, wish.other, np.random.default_rng(wish.seed))
    knobs = {key: value for key, value in asdict(wish).items() if key not in ("crops", "other")}
    progress = lambda batches: tqdm(batches, desc="augment", unit="batch", mininterval=1)  # noqa: E731
    data = augment.augment(
        pictures[chosen], classes[chosen], places[chosen], geometry, augment.Recipe(**knobs), progress
    )
    examples.save(data, Path("data/logo/augmented/crops.npz"))

    shown = np.concatenate([np.flatnonzero(data.classes == number)[:16] for number in np.unique(data.classes)])
    names = (crops.OTHER, *geometry.labels)
    sheet = plots.contact_sheet(
        [data.crops[at] for at in shown], [names[data.classes[at]] for at in shown],
        columns=8, tile=(2 * geometry.width, 2 * geometry.height),
    )  # fmt: skip
    images.write(Path("reports/logo/augmented.png"), sheet)
    print(f"{len(classes)} training crops → {len(data.crops)} augmented ones of {len(names)} classes")


if __name__ == "__main__":
    errors.run(main)
