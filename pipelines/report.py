"""reports/logo/* → reports/index.html, one page that opens from disk"""

import json
from pathlib import Path

from brandlens import errors, params
from brandlens.evaluation.report import Figure, Section, beside, render

RATIOS = {"precision": "precision", "recall": "recall", "f1": "F1", "accuracy": "accuracy"}
MACRO = {"precision": "precision, macro", "recall": "recall, macro", "f1": "F1, macro", "accuracy": "accuracy"}
BASELINES = {"majority": "majority class", "sift": "SIFT matching"}
TALK = {"precision": 0.9661, "recall": 0.8829}  # published figures, on the talk's own pictures
SOURCES = {
    "sample": "scenes composed around the built-in logo; scores on them say little about photographs",
    "compose": "scenes composed around your logo; scores on them say little about photographs",
    "folder": "your labelled pictures",
}


def main() -> None:
    report = Path("reports/logo")
    metrics = json.loads((report / "metrics.json").read_text())
    facts = json.loads((report / "training.json").read_text())
    logo = params.load().logo
    columns = {
        "brandlens": metrics["crops"],
        **{BASELINES[name]: each["crops"] for name, each in metrics["baselines"].items()},
    }
    boxes, pictures, speed = metrics["boxes"], metrics["pictures"], metrics["speed"]
    sections = [
        Section(
            "What was done",
            f"Pictures: {SOURCES[logo.collect.source]}. "
            f"Network: {logo.train.network}, {facts['weights']:,} weights, trained in {facts['seconds']:.0f} s. "
            f"Threshold {metrics['threshold']:.2f}, chosen on validation pictures.",
        ),
        Section(
            "Whole pictures of the test split",
            f"False alarms: {boxes['false_alarms']:.0f} of {boxes['hits'] + boxes['false_alarms']:.0f} boxes found. "
            f"Missed: {boxes['misses']:.0f} of {boxes['hits'] + boxes['misses']:.0f} logos. "
            f"A picture takes {speed['picture_ms']:.0f} ms.",
            beside({"boxes": boxes, "pictures": pictures}, {"ap50": "AP50", "ap": "AP50:95", **RATIOS}),
            [
                Figure(report / "precision_recall.png", "Precision and recall over boxes; the point in use is marked."),
                Figure(
                    report / "gallery.png",
                    "Test pictures, the most wrong first: hits green, misses blue, false alarms orange.",
                ),
            ],
        ),
        Section(
            "Crops of the test split",
            "The talk's figures were measured on its own pictures: a landmark, not a race.",
            beside({**columns, "the talk (published)": TALK}, MACRO),
            [
                Figure(report / "confusion.png", "Rows: what a crop shows. Columns: what the network says."),
                Figure(report / "augmented.png", "What training saw: augmented crops."),
            ],
        ),
    ]
    Path("reports/index.html").write_text(render("brandlens report", sections), encoding="utf-8")
    print("reports/index.html")


if __name__ == "__main__":
    errors.run(main)
