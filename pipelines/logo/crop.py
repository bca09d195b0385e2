"""pictures and their boxes → data/logo/crops/{train,val,test}/{label}/*.png + manifest.csv + window.json"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from brandlens import annotations, config, errors
from brandlens.annotations import Picture
from brandlens.logo.crops import extract, manifest

PICTURES, CROPS = Path("data/logo/pictures"), Path("data/logo/crops")


def main() -> None:
    cfg = config.load()
    splits = {split: annotations.read(PICTURES / f"{split}.xml") for split in ("train", "val", "test")}
    window = extract.fit_window(splits["train"], cfg.logo.crop)
    records = extract.extract_crops(
        splits,
        CROPS,
        window,
        cfg.logo.crop,
        min_size=cfg.logo.detect.sliding_window.min_size,
        seed=cfg.seed,
        progress=progress,
    )
    print(f"{manifest.summary(records)}; window {window.width}x{window.height}, aspect ratios {window.aspect_ratios}")


def progress(pictures: Sequence[Picture], split: str) -> Iterable[Picture]:
    return tqdm(pictures, desc=split, unit="picture", mininterval=1)


if __name__ == "__main__":
    errors.run_program(main)
