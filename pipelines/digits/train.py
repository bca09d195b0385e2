"""digits.npz → data/digits/{trained/, predictions.npz}, reports/digits/{training.csv, training.json, weights/}"""

import time
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from brandlens import config, errors, images, training
from brandlens.digits import data, pictures, predictions
from brandlens.digits.logs import save_logs
from brandlens.digits.members import members
from brandlens.digits.train import Data, Trainer, predict

FOLDER, REPORT = Path("data/digits"), Path("reports/digits")
DIGITS, TRAINED = FOLDER / "digits.npz", FOLDER / "trained"


def main() -> None:
    params = config.load()
    cfg = params.digits.train
    splits = data.load(DIGITS)
    rows = Data(splits["train"].pixels, splits["train"].labels, splits["val"].pixels, splits["val"].labels)
    run_dir = Path("logs/digits", training.run_id({**asdict(cfg), "seed": params.seed}, DIGITS))
    TRAINED.mkdir(parents=True, exist_ok=True)
    facts: dict[str, dict[str, float]] = {}
    predicted: predictions.Predictions = {}
    for member in tqdm(list(members(cfg)), unit="training"):
        wall, cpu = time.perf_counter(), time.process_time()
        if not member.number:
            trainer = Trainer(rows, member.cfg, distortion=cfg.distortion, min_steps=cfg.min_steps)
        model = trainer.train(run_dir / member.name, member.seed(params.seed))
        of_network = predicted.setdefault(member.network, {})
        for split in predictions.EVALUATED:
            of_network.setdefault(split, []).append(predict(model, splits[split].pixels))
        if not member.number:
            model.save(TRAINED / f"{member.network}.keras")
            sheet = pictures.weights_sheet(pictures.first_weights(model))
            images.write(REPORT / f"weights/{member.network}.png", sheet)
        seconds = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
        facts[member.name] = {"weights": model.count_params(), **seconds}
    predictions.save(predicted, FOLDER / "predictions.npz")
    print(save_logs(facts, run_dir, REPORT))


if __name__ == "__main__":
    errors.run_program(main)
