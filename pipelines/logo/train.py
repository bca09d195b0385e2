"""augmented crops, or for network shot whole pictures
→ data/logo/trained/{model.keras,network.onnx} + reports/logo/{training.csv,training.json}"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from brandlens import annotations, config, errors, onnx_runtime, training
from brandlens.annotations import Picture
from brandlens.logo import export
from brandlens.logo.crops import manifest
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.one_stage import dataset
from brandlens.logo.detectors.one_stage import network as one_stage_network
from brandlens.logo.detectors.one_stage import train as shot
from brandlens.logo.detectors.one_stage.augment import Augmentation
from brandlens.logo.detectors.sliding_window import crop_set, dense_patches, mining, network, scorers
from brandlens.logo.detectors.sliding_window.scan import ScanConfig
from brandlens.logo.detectors.sliding_window.train import Data, Recipe, train

PICTURES, CROPS, AUGMENTED = Path("data/logo/pictures"), Path("data/logo/crops"), Path("data/logo/augmented/crops.npz")
INTO, REPORT = Path("data/logo/trained"), Path("reports/logo")


def main() -> None:
    logo = config.load().logo
    training.set_up(logo.train.seed)
    geometry, rows = manifest.read_manifest(CROPS)
    work = workplace(logo, geometry)
    start = time.perf_counter() - training.elapsed(work)
    model = of_pictures(logo, geometry, work) if logo.train.network == "shot" else of_crops(logo, geometry, rows, work)
    told = training.save_training(model, export.to_onnx(model), INTO, REPORT, work, time.perf_counter() - start)
    print(f"{logo.train.network}: {told}")


def workplace(logo: config.logo.Logo, geometry: WindowSpec) -> Path:
    """The folder of a training with these settings, on these crops or pictures and the pictures' boxes."""
    if logo.train.network == "shot":
        settings, files = {"train": asdict(logo.train), "labels": geometry.labels}, []
    else:
        settings, files = {key: asdict(getattr(logo, key)) for key in ("augment", "scan", "train")}, [AUGMENTED]
    return Path("logs/logo", training.run_id(settings, *files, *sorted(PICTURES.glob("*.xml"))))


def of_pictures(logo: config.logo.Logo, geometry: WindowSpec, work: Path) -> keras.Model:
    """The one-shot network."""
    pictures = {split: annotations.read(PICTURES / f"{split}.xml") for split in ("train", "val")}
    shown = {
        split: dataset.load_images(those, geometry.labels, bar(f"read {split}")) for split, those in pictures.items()
    }
    knobs = asdict(logo.train.shot)
    change = Augmentation(**{knob: knobs.pop(knob) for knob in Augmentation.__dataclass_fields__})
    recipe = shot.Recipe(**knobs, width=logo.train.width, change=change, seed=logo.train.seed)
    return shot.train(shown["train"], shown["val"], len(geometry.labels), recipe, work, dtype_policy(logo))


def of_crops(
    logo: config.logo.Logo, geometry: WindowSpec, rows: Sequence[manifest.CropRecord], work: Path
) -> keras.Model:
    """A network that looks through a window."""
    wish = logo.train
    knobs = asdict(wish.slide if wish.network == "slide" else wish.talk)
    rounds = knobs.pop("mining")
    pictures = {split: annotations.read(PICTURES / f"{split}.xml") for split in ("train", "val")}
    wear = dense_patches.Wear(
        logo.augment.brightness, logo.augment.contrast, logo.augment.blur_sigma, logo.augment.noise_std,
        logo.augment.jpeg_min_quality,
    )  # fmt: skip
    data = Data(
        crops=crop_set.load(AUGMENTED),
        slabs=cut(logo, pictures["train"], geometry, wish.slabs.count, wear),
        held=crop_set.load_crops(CROPS, [row for row in rows if row.split == "val"], geometry),
        held_slabs=cut(logo, pictures["val"], geometry, wish.slabs.count // 8 + 1, None),
        classes=len(geometry.labels) + 1,
    )
    miner = (wish.mining.epochs, lambda model: mine(logo, model, pictures["train"], geometry))
    return train(data, Recipe(wish.network, wish.width, **knobs), work, [miner] * rounds, dtype_policy(logo))


def dtype_policy(logo: config.logo.Logo) -> str:
    """The Keras dtype policy that the network trains under on this machine."""
    fast = {**network.FAST_BFLOAT16, "shot": one_stage_network.FAST_BFLOAT16}[logo.train.network]
    return training.dtype_policy(logo.train.precision, fast)


def cut(
    logo: config.logo.Logo,
    pictures: Sequence[Picture],
    geometry: WindowSpec,
    count: int,
    wear: dense_patches.Wear | None,
) -> dense_patches.DensePatches | None:
    """Slabs of these pictures, for a network that slides."""
    wish, network_ = logo.train.slabs, logo.train.network
    if network_ != "slide" or not wish.count:
        return None
    return dense_patches.sample_patches(
        pictures, geometry, count=count, size=wish.size,
        grid=network.output_grid(geometry.width, geometry.height, wish.size),
        stride=scorers.STRIDES[network_], smallest=logo.scan.smallest, zoom=wish.zoom, stretch=wish.stretch,
        seed=logo.train.seed, wear=wear, progress=bar("slabs"),
    )  # fmt: skip


def mine(logo: config.logo.Logo, model: keras.Model, pictures: Sequence[Picture], geometry: WindowSpec) -> np.ndarray:
    """What the network takes for a logo in some of the training pictures, and is none."""
    wish = logo.train.mining
    scorer = scorers.scorer(onnx_runtime.session(export.to_onnx(model)), scorers.STRIDES[logo.train.network], geometry)
    return mining.mine_hard_negatives(
        mining.sample(pictures, wish.pictures, logo.train.seed), scorer, geometry, ScanConfig(**asdict(logo.scan)),
        score=wish.score, most=wish.alarms, progress=bar("mine"),
    )  # fmt: skip


def bar(name: str) -> Callable[[Sequence[Picture]], Iterable[Picture]]:
    """A progress bar over pictures."""
    return lambda pictures: tqdm(pictures, desc=name, unit="picture", mininterval=1)


if __name__ == "__main__":
    errors.run_program(main)
