"""data/logo/trained/model.keras → models/logo/: network.onnx, compared with Keras on crops or pictures, and a copy of
model.keras, from which a later training can start"""

import shutil
from pathlib import Path

from brandlens import config, errors, training
from brandlens.logo import export
from brandlens.logo.detectors import registry
from brandlens.logo.detectors.base import StageInputs

INPUTS = StageInputs(Path("data/logo/pictures"), Path("data/logo/crops"), Path("data/logo/augmented/crops.npz"))
TRAINED, OUTPUT = Path("data/logo/trained/model.keras"), Path("models/logo/network.onnx")


def main() -> None:
    cfg = config.load()
    training.set_up(cfg.seed)
    model = training.load_model(TRAINED)
    network = export.to_onnx(model)
    samples = registry.find(cfg.logo.train.model).parity_inputs(cfg.logo, INPUTS)
    difference = export.check_parity(model, network, samples, cfg.logo.export.atol)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_bytes(network)
    shutil.copyfile(TRAINED, OUTPUT.with_name(training.WEIGHTS))
    print(f"{OUTPUT}: {len(network) / 1e6:.2f} MB, within {difference:.1e} of Keras on {len(samples)} inputs")


if __name__ == "__main__":
    errors.run_program(main)
