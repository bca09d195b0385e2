"""data/logo/crops/train → data/logo/augmented/crops.npz + reports/logo/augmented.png"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import config, errors, images, training
from brandlens.logo.crops import augment, crop_set, manifest
from brandlens.logo.labels import class_names
from brandlens.metrics import plots

CROPS, AUGMENTED, SHEET = Path("data/logo/crops"), Path("data/logo/augmented/crops.npz"), Path("reports/logo")
MAX_TILES = 16  # crops of a class on the contact sheet, at most


def main() -> None:
    cfg = config.load()
    training.set_up(cfg.seed)
    window, records = manifest.read_manifest(CROPS)
    records = [record for record in records if record.split == "train"]
    class_ids = manifest.class_ids(records, window.labels)
    chosen = augment.balanced_indices(
        class_ids,
        cfg.logo.augment.samples_per_class,
        cfg.logo.augment.background_ratio,
        np.random.default_rng(cfg.seed),
    )
    data = augment.augment(
        manifest.load_images(CROPS, records)[chosen], class_ids[chosen], manifest.box_deltas(records)[chosen], window,
        cfg.logo.augment, cfg.seed, lambda batches: tqdm(batches, desc="augment", unit="batch", mininterval=1),
    )  # fmt: skip
    crop_set.save(data, AUGMENTED)

    names = class_names(window.labels)
    indices = np.concatenate(
        [np.flatnonzero(data.class_ids == class_id)[:MAX_TILES] for class_id in np.unique(data.class_ids)]
    )
    tiles, captions = [data.crops[index] for index in indices], [names[data.class_ids[index]] for index in indices]
    sheet = plots.contact_sheet(tiles, captions, columns=8, tile_wh=(2 * window.width, 2 * window.height))
    images.write(SHEET / "augmented.png", sheet)
    print(f"{len(records):,} training crops → {len(data.crops):,} augmented ones of {len(names)} classes")


if __name__ == "__main__":
    errors.run_program(main)
