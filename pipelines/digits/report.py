"""predictions + test split + separation.json → reports/digits/: metrics.json, run.json, mistakes.png and index.html"""

import json
from pathlib import Path

from brandlens import config, errors, images, io, provenance
from brandlens.digits import data, evaluation, pictures, predictions
from brandlens.report import digits_page

REPORT = Path("reports/digits")


def main() -> None:
    digits = config.load().digits
    splits = data.load(Path("data/digits/digits.npz"))
    predicted = predictions.load(Path("data/digits/predictions.npz"))
    separation = json.loads((REPORT / "separation.json").read_text(encoding="utf-8"))
    metrics = evaluation.evaluate(predicted, splits, digits.train, separation)
    io.write_json(metrics, REPORT / "metrics.json")
    best = evaluation.best(metrics)
    wrong = evaluation.mistakes(predicted[best], splits["test"])
    images.write(REPORT / "mistakes.png", pictures.digits_sheet(wrong))
    counts = {name: len(split) for name, split in splits.items()}
    run = provenance.describe_run(digits, best, digits.collect.source, counts, [REPORT / "metrics.json"])
    io.write_json(run, REPORT / "run.json")
    print(evaluation.summary(metrics))
    print(digits_page.write(REPORT).as_posix())


if __name__ == "__main__":
    errors.run_program(main)
