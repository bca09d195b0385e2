"""data/digits/digits.npz → data/digits/trained/*.keras, reports/digits/training.csv and training.json"""

import time
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from brandlens import config, errors, training
from brandlens.digits import data
from brandlens.digits.logs import save_logs
from brandlens.digits.members import members
from brandlens.digits.train import Data, train

DIGITS, OUTPUT, REPORT = Path("data/digits/digits.npz"), Path("data/digits/trained"), Path("reports/digits")


def main() -> None:
    params = config.load()
    cfg = params.digits.train
    splits = data.load(DIGITS)
    rows = Data(splits["train"].pixels, splits["train"].labels, splits["val"].pixels, splits["val"].labels)
    run_dir = Path("logs/digits", training.run_id({**asdict(cfg), "seed": params.seed}, DIGITS))
    OUTPUT.mkdir(parents=True, exist_ok=True)
    facts = {}
    for member in tqdm(list(members(cfg)), unit="training"):
        wall, cpu = time.perf_counter(), time.process_time()
        model = train(
            rows,
            member.cfg,
            run_dir / member.name,
            distortion=cfg.distortion,
            min_steps=cfg.min_steps,
            seed=member.seed(params.seed),
        )
        model.save(member.path(OUTPUT))
        seconds = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
        facts[member.name] = {"weights": model.count_params(), **seconds}
    print(save_logs(facts, run_dir, REPORT))


if __name__ == "__main__":
    errors.run_program(main)
