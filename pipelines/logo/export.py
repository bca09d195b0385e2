"""data/logo/trained + reports/logo/metrics.json → models/logo/network.onnx + model.json"""

import json
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from brandlens import annotations, config, errors, images, onnx_runtime, provenance
from brandlens.logo import export
from brandlens.logo.crops import extract, manifest
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.one_stage.letterbox import letterbox
from brandlens.logo.detectors.one_stage.predict import ImageSizes
from brandlens.logo.detectors.sliding_window import scorers
from brandlens.logo.detectors.sliding_window.scan import ScanConfig

TRAINED, CROPS, PICTURES = Path("data/logo/trained"), Path("data/logo/crops"), Path("data/logo/pictures")
COMPARED = 100  # crops, or a quarter as many pictures, that both networks are shown


def main() -> None:
    logo = config.load().logo
    geometry, rows = manifest.read_manifest(CROPS)
    exported = (TRAINED / "network.onnx").read_bytes()

    shown = some_pictures(logo.train.shot.size) if logo.train.network == "shot" else some_crops(rows, geometry)
    difference = export.largest_difference(keras.models.load_model(TRAINED / "model.keras"), exported, shown)
    if difference > logo.export.tolerance:
        raise errors.ModelError(
            f"the exported network differs from Keras by {difference:.2g} on {len(shown)} inputs; "
            f"logo.export.tolerance allows {logo.export.tolerance:g}"
        )
    metrics = json.loads(Path("reports/logo/metrics.json").read_text())
    plan = ImageSizes(**asdict(logo.look)) if logo.train.network == "shot" else ScanConfig(**asdict(logo.scan))
    LogoDetector.of(
        onnx_runtime.session(exported), geometry, plan, scorers.STRIDES.get(logo.train.network), metrics["threshold"],
        provenance.card_provenance(logo.train.network, metrics, logo.collect.source),
    ).save(Path("models/logo"), exported)  # fmt: skip
    print(f"models/logo: {len(exported) / 1e6:.2f} MB, within {difference:.1e} of Keras on {len(shown)} inputs")


def some_crops(rows: list[manifest.CropRecord], geometry: WindowSpec) -> np.ndarray:
    """(n, height, width, 3) uint8: crops of all kinds, as the network's window shows them."""
    chosen = np.random.default_rng(0).permutation(len(rows))[:COMPARED]
    return extract.center_crop(manifest.load_images(CROPS, [rows[at] for at in chosen]), geometry)


def some_pictures(size: int) -> np.ndarray:
    """(n, size, size, 3) uint8: validation pictures, or training pictures where there are none."""
    pictures = annotations.read(PICTURES / "val.xml") or annotations.read(PICTURES / "train.xml")
    return np.stack([letterbox(images.read(picture.path), size) for picture in pictures[: COMPARED // 4]])


if __name__ == "__main__":
    errors.run_program(main)
