"""augmented crops, or whole pictures → data/logo/trained/model.keras + reports/logo/training.{csv,json}"""

import time
from dataclasses import asdict
from pathlib import Path

from brandlens import config, errors, provenance, training
from brandlens.logo.detectors import registry, warm_start
from brandlens.logo.detectors.base import StageInputs

INPUTS = StageInputs(Path("data/logo/pictures"), Path("data/logo/crops"), Path("data/logo/augmented/crops.npz"))
OUTPUT, REPORT = Path("data/logo/trained"), Path("reports/logo")


def main() -> None:
    cfg = config.load()
    training.set_up(cfg.seed)
    model = registry.find(cfg.logo.train.model)
    dtype_policy = training.dtype_policy(cfg.logo.train.dtype_policy, model.fast_bfloat16(cfg.logo))
    sections = {name: asdict(getattr(cfg.logo, name)) for name in ("augment", "train")}
    sections["sliding_window"] = asdict(cfg.logo.detect.sliding_window)
    settings = {**sections, "labels": cfg.logo.crop.labels, "seed": cfg.seed, "dtype_policy": dtype_policy}
    earlier = warm_start.read(cfg.logo.train)
    files = [*INPUTS.files(), *([earlier.weights] if earlier else [])]
    run_dir = Path("logs/logo", training.run_id(settings, *files))
    start = time.perf_counter() - training.elapsed(run_dir)
    network = model.train(cfg.logo, INPUTS, run_dir, seed=cfg.seed, dtype_policy=dtype_policy)
    if earlier:
        provenance.write_pretrained(run_dir, earlier.pretrained())
    message = training.save_training(network, OUTPUT, REPORT, run_dir, time.perf_counter() - start)
    print(f"{cfg.logo.train.model} in {dtype_policy}: {message}")


if __name__ == "__main__":
    errors.run_program(main)
