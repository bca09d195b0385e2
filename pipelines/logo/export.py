"""data/logo/trained + reports/logo/metrics.json → models/logo/network.onnx + model.json"""

import json
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from brandlens import errors, params, provenance, runtime
from brandlens.logo import crops, export, scorers
from brandlens.logo.detector import LogoDetector
from brandlens.logo.scan import Plan


def main() -> None:
    logo = params.load().logo
    geometry, _, rows = crops.read_manifest(Path("data/logo/crops"))
    trained = Path("data/logo/trained")
    exported = (trained / "network.onnx").read_bytes()

    chosen = np.random.default_rng(0).permutation(len(rows))[:100]
    shown = crops.without_halo(crops.load(Path("data/logo/crops"), [rows[at] for at in chosen]), geometry)
    difference = export.largest_difference(keras.models.load_model(trained / "model.keras"), exported, shown)
    if difference > logo.export.tolerance:
        raise errors.ModelError(
            f"the exported network differs from Keras by {difference:.2g} on {len(shown)} crops; "
            f"logo.export.tolerance allows {logo.export.tolerance:g}"
        )
    metrics = json.loads(Path("reports/logo/metrics.json").read_text())
    scorer = scorers.scorer(runtime.session(exported), scorers.STRIDES[logo.train.network], geometry)
    LogoDetector(
        scorer, geometry, Plan(**asdict(logo.scan)), metrics["threshold"],
        provenance.of(logo.train.network, metrics, logo.collect.source),
    ).save(Path("models/logo"), exported)  # fmt: skip
    print(f"models/logo: {len(exported) / 1e6:.2f} MB, within {difference:.1e} of Keras on {len(shown)} crops")


if __name__ == "__main__":
    errors.run(main)
