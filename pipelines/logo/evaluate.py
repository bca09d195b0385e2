"""models/logo/network.onnx + validation and test splits → models/logo/model.json and reports/logo/: metrics.json,
run.json, tables of predictions, curves and gallery/"""

from dataclasses import replace
from pathlib import Path

from brandlens import config, errors, io, onnx_runtime, provenance
from brandlens.logo import evaluation, gallery
from brandlens.logo.detector import NETWORK, LogoDetector
from brandlens.logo.detectors import registry
from brandlens.logo.detectors.base import StageInputs, progress_bar

INPUTS = StageInputs(Path("data/logo/pictures"), Path("data/logo/crops"), Path("data/logo/augmented/crops.npz"))
MODEL, REPORT = Path("models/logo"), Path("reports/logo")


def main() -> None:
    logo = config.load().logo
    pictures = {split: INPUTS.read_pictures(split) for split in ("train", "val", "test")}
    detector = LogoDetector.from_session(
        logo.train.model,
        onnx_runtime.session(MODEL / NETWORK),
        registry.find(logo.train.model).config(logo, INPUTS),
        threshold=logo.evaluate.min_score,
        provenance={},
    )
    result = evaluation.evaluate(detector, pictures, INPUTS.crops, logo.evaluate, progress_bar)
    result.write(REPORT)
    gallery.write(
        result.test, result.labels, result.threshold, logo.evaluate.gallery_images, REPORT / "gallery", detector.heatmap
    )
    splits = {split: evaluation.describe_split(of_split) for split, of_split in pictures.items()}
    pretrained = provenance.read_pretrained(REPORT / "training.json")
    results = [REPORT / name for name in ("metrics.json", "boxes.csv", "crops.csv", "predictions.csv")]
    run = provenance.describe_run(logo, logo.train.model, logo.collect.source, splits, results, pretrained)
    io.write_json(run, REPORT / "run.json")
    card = provenance.card_provenance(logo.train.model, result.metrics, logo.collect.source, pretrained)
    replace(detector, threshold=result.threshold, provenance=card).save(MODEL)
    print(result.summary())


if __name__ == "__main__":
    errors.run_program(main)
