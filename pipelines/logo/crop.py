"""pictures and their boxes → data/logo/crops/{train,val,test}/{label}/*.png + manifest.csv + geometry.json"""

from pathlib import Path

from tqdm import tqdm

from brandlens import annotations, config, errors
from brandlens.logo.crops import extract


def main() -> None:
    logo = config.load().logo
    wish = logo.crop
    splits = {split: annotations.read(Path(f"data/logo/pictures/{split}.xml")) for split in ("train", "val", "test")}
    geometry = extract.fit_window(splits["train"], wish.labels, wish.size, wish.margin, wish.aspects)
    recipe = extract.Recipe(
        halo=wish.halo, copies=wish.copies, shift=wish.shift, zoom=wish.zoom, stretch=wish.stretch,
        negatives=wish.negatives, smallest=logo.scan.smallest, seed=wish.seed,
    )  # fmt: skip
    progress = lambda pictures, split: tqdm(pictures, desc=split, unit="picture", mininterval=1)  # noqa: E731
    rows = extract.extract_crops(splits, Path("data/logo/crops"), geometry, recipe, progress)
    print(f"{extract.summary(rows)}; windows of {geometry.width}x{geometry.height}, aspects {geometry.aspects}")


if __name__ == "__main__":
    errors.run_program(main)
