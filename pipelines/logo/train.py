"""augmented crops → data/logo/trained/model.keras + reports/logo/training.csv + training.json"""

import json
import shutil
import time
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from brandlens import annotations, errors, params, training
from brandlens.logo import augment, crops, export, mining, network, scorers
from brandlens.logo.augment import Augmented
from brandlens.logo.scan import Plan
from brandlens.logo.train import Recipe, train

INTO, REPORT = Path("data/logo/trained"), Path("reports/logo")


def main() -> None:
    logo = params.load().logo
    wish, recipe = logo.train, logo.train.slide if logo.train.network == "slide" else logo.train.talk
    training.prepare(wish.seed, wish.precision)
    geometry, _, rows = crops.read_manifest(Path("data/logo/crops"))
    held = [row for row in rows if row.split == "val"]
    validation = Augmented(
        crops.without_halo(crops.load(Path("data/logo/crops"), held), geometry), crops.classes(held, geometry), crops.places(held)
    )
    source = Path("data/logo/augmented/crops.npz")
    pictures = annotations.read(Path("data/logo/pictures/train.xml"))
    order = np.random.default_rng(wish.seed).permutation(len(pictures))[: wish.mining.pictures]
    scanned = [pictures[at] for at in sorted(order)]

    def mine(model: keras.Model) -> np.ndarray:
        scorer = scorers.scorer(scorers.session(export.to_onnx(model)), network.STRIDES[wish.network], geometry)
        progress = lambda these: tqdm(these, desc="mine", unit="picture", mininterval=1)  # noqa: E731
        return mining.false_alarms(
            scanned, scorer, geometry, Plan(**asdict(logo.scan)), score=wish.mining.score, most=wish.mining.alarms,
            progress=progress,
        )  # fmt: skip

    start = time.perf_counter()
    fields = {key: value for key, value in asdict(recipe).items() if key != "mining"}
    work = Path("logs/logo", training.digest({**asdict(wish), **asdict(logo.scan)}, source))
    model = train(
        augment.load(source), validation, len(geometry.labels) + 1, Recipe(wish.network, wish.width, **fields), work,
        [(wish.mining.epochs, mine)] * recipe.mining,
    )  # fmt: skip
    for folder in (INTO, REPORT):
        folder.mkdir(parents=True, exist_ok=True)
    model.save(INTO / "model.keras")
    training.join_logs(work, REPORT / "training.csv")
    facts = {"weights": model.count_params(), "seconds": round(time.perf_counter() - start, 1)}
    (REPORT / "training.json").write_text(json.dumps(facts, indent=2) + "\n")
    shutil.rmtree(work / "backup", ignore_errors=True)
    print(f"{wish.network}: {facts['weights']:,} weights trained in {facts['seconds']} s; TensorBoard: {work}")


if __name__ == "__main__":
    errors.run(main)
