"""logo.collect in params.yaml → data/logo/pictures/{train,val,test}.xml + images/"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from brandlens import annotations, config, errors
from brandlens.annotations import Picture
from brandlens.datasets.pictures import import_pictures
from brandlens.datasets.scraped_negatives import scraped_negatives
from brandlens.synthesis.compose import compose

ARTWORK: dict[str, tuple[str, ...]] = {"tavuno": ("data/logo/tavuno.png",)}
INTO = Path("data/logo/pictures")
Splits = dict[str, list[Picture]]


def sample(cfg: config.logo.Collect) -> Splits:
    """Compose scenes from the artwork that comes with the project, on the built-in backgrounds."""
    return compose(INTO, replace(cfg.synthetic, artwork=ARTWORK, backgrounds=None), cfg.seed)


def composed(cfg: config.logo.Collect) -> Splits:
    """Compose scenes from the user's own logo files, on own backgrounds where given."""
    return compose(INTO, cfg.synthetic, cfg.seed)


def labelled(wish: config.logo.Collect) -> Splits:
    """The user's own pictures."""
    files = [Path(file) for file in wish.annotations]
    return import_pictures(INTO, files=files, shares=wish.shares, seed=wish.seed, distance=wish.duplicates)


def fetched(wish: config.logo.Collect) -> Splits:
    """Pictures that `brandlens logo collect` fetched and a person labelled, and those that show no logo."""
    files = [Path(file) for file in wish.annotations]
    more = scraped_negatives(*files)
    return import_pictures(
        INTO, files=files, shares=wish.shares, seed=wish.seed, distance=wish.duplicates, negatives=more
    )


SOURCES: dict[str, Callable[[config.logo.Collect], Splits]] = {
    "sample": sample, "compose": composed, "folder": labelled, "search": fetched,
}  # fmt: skip


def main() -> None:
    wish = config.load().logo.collect
    for split, pictures in SOURCES[wish.source](wish).items():
        annotations.write(INTO / f"{split}.xml", pictures)
        boxes = [box for picture in pictures for box in picture.boxes]
        labels = sorted({box.label for box in boxes})
        print(f"{split}: {len(pictures)} pictures, {len(boxes)} boxes of {len(labels)} labels: {', '.join(labels)}")


if __name__ == "__main__":
    errors.run_program(main)
