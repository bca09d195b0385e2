"""trained networks + test split + separation.json → reports/digits/: metrics.json, run.json, pictures and index.html"""

import json
from pathlib import Path

from tqdm import tqdm

from brandlens import config, errors, images, provenance, training
from brandlens.digits import data, evaluation, pictures
from brandlens.digits.members import members
from brandlens.digits.train import predict
from brandlens.report import digits_page

TRAINED, REPORT = Path("data/digits/trained"), Path("reports/digits")


def main() -> None:
    digits = config.load().digits
    splits = data.load(Path("data/digits/digits.npz"))
    predictions: evaluation.Predictions = {}
    for member in tqdm(list(members(digits.train)), unit="network"):
        model = training.load_model(member.path(TRAINED))
        of_network = predictions.setdefault(member.network, {})
        for split in evaluation.EVALUATED:
            of_network.setdefault(split, []).append(predict(model, splits[split].pixels))
        if not member.number:
            sheet = pictures.weights_sheet(pictures.first_weights(model))
            images.write(REPORT / f"weights/{member.network}.png", sheet)
    separation = json.loads((REPORT / "separation.json").read_text(encoding="utf-8"))
    metrics = evaluation.evaluate(predictions, splits, digits.train, separation)
    (REPORT / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    wrong = evaluation.mistakes(predictions[evaluation.best(metrics)], splits["test"])
    images.write(REPORT / "mistakes.png", pictures.digits_sheet(wrong))
    counts = {name: len(split) for name, split in splits.items()}
    best = evaluation.best(metrics)
    run = provenance.describe_run(digits, best, digits.collect.source, counts, [REPORT / "metrics.json"])
    (REPORT / "run.json").write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
    print(evaluation.summary(metrics))
    print(digits_page.write(REPORT).as_posix())


if __name__ == "__main__":
    errors.run_program(main)
