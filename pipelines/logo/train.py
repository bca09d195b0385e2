"""augmented crops → data/logo/trained/model.keras + reports/logo/training.csv + training.json"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from brandlens import annotations, errors, params, training
from brandlens.annotations import Picture
from brandlens.logo import augment, crops, export, mining, network, scorers, slabs
from brandlens.logo.scan import Plan
from brandlens.logo.train import Data, Recipe, train

INTO, REPORT = Path("data/logo/trained"), Path("reports/logo")


def main() -> None:
    logo = params.load().logo
    wish, knobs = logo.train, asdict(logo.train.slide if logo.train.network == "slide" else logo.train.talk)
    rounds = knobs.pop("mining")
    training.prepare(wish.seed, wish.precision)
    geometry, _, rows = crops.read_manifest(Path("data/logo/crops"))
    splits = {split: annotations.read(Path(f"data/logo/pictures/{split}.xml")) for split in ("train", "val")}
    source = Path("data/logo/augmented/crops.npz")
    settings = {**asdict(wish), **asdict(logo.scan)}
    work = Path("logs/logo", training.digest(settings, source, *sorted(Path("data/logo/pictures").glob("*.xml"))))
    stride = network.STRIDES[wish.network]

    start = time.perf_counter()
    slides = wish.network == "slide" and wish.slabs.count > 0

    def cut(split: str, count: int) -> slabs.Slabs | None:
        if not slides:
            return None
        size = wish.slabs.size
        return slabs.slabs(
            splits[split], geometry, count=count, size=size, grid=network.grid(geometry.width, geometry.height, size),
            stride=stride, smallest=logo.scan.smallest, zoom=wish.slabs.zoom, seed=wish.seed, progress=bar("slabs"),
        )  # fmt: skip

    data = Data(
        crops=augment.load(source),
        slabs=cut("train", wish.slabs.count),
        held=augment.unchanged(Path("data/logo/crops"), [row for row in rows if row.split == "val"], geometry),
        held_slabs=cut("val", wish.slabs.count // 8 + 1),
        classes=len(geometry.labels) + 1,
    )

    def mine(model: keras.Model) -> np.ndarray:
        scorer = scorers.scorer(scorers.session(export.to_onnx(model)), stride, geometry)
        chosen = mining.some(splits["train"], wish.mining.pictures, wish.seed)
        return mining.false_alarms(
            chosen, scorer, geometry, Plan(**asdict(logo.scan)), score=wish.mining.score, most=wish.mining.alarms,
            progress=bar("mine"),
        )  # fmt: skip

    model = train(data, Recipe(wish.network, wish.width, **knobs), work, [(wish.mining.epochs, mine)] * rounds)
    for folder in (INTO, REPORT):
        folder.mkdir(parents=True, exist_ok=True)
    model.save(INTO / "model.keras")
    training.join_logs(work, REPORT / "training.csv")
    facts = {"weights": model.count_params(), "seconds": round(time.perf_counter() - start, 1)}
    (REPORT / "training.json").write_text(json.dumps(facts, indent=2) + "\n")
    training.tidy(work)
    print(f"{wish.network}: {facts['weights']:,} weights trained in {facts['seconds']} s; TensorBoard: {work}")


def bar(name: str) -> Callable[[Sequence[Picture]], Iterable[Picture]]:
    """A progress bar over pictures."""
    return lambda pictures: tqdm(pictures, desc=name, unit="picture", mininterval=1)


if __name__ == "__main__":
    errors.run(main)
