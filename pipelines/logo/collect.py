"""logo.collect in params.yaml → data/logo/pictures/{train,val,test}.xml + images/"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from brandlens import annotations, config, errors
from brandlens.annotations import Picture
from brandlens.config.logo import Collect
from brandlens.datasets.pictures import import_pictures
from brandlens.datasets.scraped_negatives import scraped_negatives
from brandlens.synthesis.compose import compose

ARTWORK: dict[str, tuple[str, ...]] = {"tavuno": ("data/logo/tavuno.png",)}
OUTPUT_DIR = Path("data/logo/pictures")
Splits = dict[str, list[Picture]]


def sample(cfg: Collect, seed: int) -> Splits:
    """Compose scenes from the artwork that comes with the project, on the built-in backgrounds."""
    return compose(OUTPUT_DIR, replace(cfg.synthetic, artwork=ARTWORK, backgrounds=None), seed)


def synthetic(cfg: Collect, seed: int) -> Splits:
    """Compose scenes from the user's own logo files, on own backgrounds where given."""
    return compose(OUTPUT_DIR, cfg.synthetic, seed)


def folder(cfg: Collect, seed: int) -> Splits:
    """Import the user's own labelled pictures."""
    return import_pictures(cfg, OUTPUT_DIR, seed=seed)


def scraped(cfg: Collect, seed: int) -> Splits:
    """Import pictures that `brandlens logo collect` fetched and a person labelled, and those that show no logo."""
    negatives = scraped_negatives(Path(cfg.annotations[0]))
    return import_pictures(cfg, OUTPUT_DIR, seed=seed, negatives=negatives)


SOURCES: dict[str, Callable[[Collect, int], Splits]] = {
    "sample": sample, "synthetic": synthetic, "folder": folder, "scraped": scraped,
}  # fmt: skip


def main() -> None:
    params = config.load()
    cfg = params.logo.collect
    for split, pictures in SOURCES[cfg.source](cfg, params.seed).items():
        annotations.write(OUTPUT_DIR / f"{split}.xml", pictures)
        boxes = [box for picture in pictures for box in picture.boxes]
        labels = sorted({box.label for box in boxes})
        print(f"{split}: {len(pictures)} pictures, {len(boxes)} boxes of {len(labels)} labels: {', '.join(labels)}")


if __name__ == "__main__":
    errors.run_program(main)
