"""Results of a small run by hand, written by what the stages write them with."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo import evaluation as logo
from brandlens.logo import gallery
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.labels import class_names
from brandlens.logo.predictions import Predictions, predict_class
from brandlens.metrics import classification, plots
from brandlens.sentiment import evaluate as sentiment

BRANDS = ("cola", "Dr. <Fizz>")
THRESHOLD = 0.5
TEXTS = ("I do <b>not</b> like it & never did", "Great, GREAT film!", "It is what it is", "No")


def write_logo(folder: Path, seed: int, pictures: int = 30) -> None:
    """reports/logo of a detector that is right more often than not."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    records, detections = [], []
    for at in range(pictures):
        path = folder.parent / "pictures" / f"{at:02d}.png"
        images.write(path, np.full((120, 160, 3), 8 * at, np.uint8))
        sides = [(20 * place, 10, *random.integers(12, 60, 2)) for place in range(int(random.integers(0, 3)))]
        boxes = [Box(*map(int, each), BRANDS[int(random.integers(2))]) for each in sides]
        finds = [
            Detection(box.label, float(random.uniform(0.2, 1)), box.left, box.top, box.width, box.height)
            for box in boxes
            if random.random() < 0.9
        ]
        if random.random() < 0.4:
            finds.append(Detection("cola", float(random.uniform(0.05, 0.8)), 100, 60, 40, 40))
        records.append(Picture(path, tuple(boxes)))
        detections.append(finds)
    found = Predictions(records, detections, np.full(pictures, 0.02))
    rows = [
        CropRecord(f"{at}.png", "test", label, "labelled", record.path.name, at % 3, 0, 1, 1)
        for at, (record, label) in enumerate((record, label) for record in records for label in class_names(BRANDS))
    ]
    classes = np.arange(len(rows)) % 3
    probabilities = random.dirichlet((1, 1, 1), len(rows)) * 0.5 + np.eye(3)[classes] * 0.5
    rivals = {"majority": np.zeros(len(rows), int), "sift": np.where(random.random(len(rows)) < 0.6, classes, 0)}
    crop = {name: classification.unflatten(logo.crop_metrics(classes, guess, BRANDS)) for name, guess in rivals.items()}
    metrics = {
        "threshold": THRESHOLD,
        "crops": classification.unflatten(logo.crop_metrics(classes, predict_class(probabilities, THRESHOLD), BRANDS)),
        "boxes": classification.unflatten(logo.box_metrics(found, BRANDS, THRESHOLD)),
        "pictures": classification.unflatten(logo.picture_metrics(found, BRANDS, THRESHOLD)),
        "baselines": {name: {"crops": each} for name, each in crop.items()},
        "speed": {"picture_ms": 20.0, "crops_per_second": 1234.5},
    }
    save(folder / "metrics.json", metrics)
    save(folder / "training.json", {"weights": 1234, "seconds": 600.0})
    held = {"pictures": {"all": pictures, "without a box": 3}, "boxes": dict.fromkeys(BRANDS, 20)}
    save(folder / "run.json", run_of("logo", dict.fromkeys(("train", "val", "test"), held)))
    plots.write_csv(logo.box_rows(found, BRANDS), folder / "boxes.csv", logo.BOX_COLUMNS)
    plots.write_csv(
        logo.crop_rows(rows, probabilities, THRESHOLD, BRANDS, rivals), folder / "crops.csv",
        (*logo.CROP_COLUMNS, *rivals),
    )  # fmt: skip
    plots.write_csv(logo.picture_rows(found, BRANDS), folder / "predictions.csv", logo.PICTURE_COLUMNS)
    gallery.write(found, BRANDS, THRESHOLD, 5, folder / "gallery", lambda pixels: pixels[..., 0] / np.float32(255))
    losses = [{"step": at, "loss": 1 / at, "val_loss": 1.5 / at} for at in (1, 2, 3)]
    plots.write_csv(losses, folder / "training.csv", ("step", "loss", "val_loss"))
    images.write(folder / "augmented.png", np.zeros((10, 10, 3), np.uint8))


def write_sentiment(folder: Path, seed: int, reviews: int = 200) -> None:
    """reports/sentiment of a classifier that is right more often than not."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    truth = np.arange(reviews) % 2
    score = np.round(np.clip(truth * 0.4 + random.random(reviews) * 0.6, 0, 1), 4)
    rivals = {"majority": np.ones(reviews), "tfidf": np.where(random.random(reviews) < 0.7, truth, 1 - truth)}
    metrics = {
        "threshold": THRESHOLD,
        "temperature": 1.5,
        **classification.unflatten(sentiment.metrics(score, truth, THRESHOLD, 10)),
        "unsure": 0.02,
        "baselines": {
            name: classification.unflatten(sentiment.metrics(each, truth, 0.5, 10)) for name, each in rivals.items()
        },
        "speed": {"reviews_per_second": 4321.0},
    }
    save(folder / "metrics.json", metrics)
    save(folder / "training.json", {"weights": 4321, "seconds": 60.0})
    save(folder / "run.json", run_of("sentiment", {"train": {"negative": 10, "positive": 12}}))
    names, texts = [f"r:{at}" for at in range(reviews)], [TEXTS[at % len(TEXTS)] for at in range(reviews)]
    plots.write_csv(
        sentiment.prediction_rows(names, truth, score, THRESHOLD, rivals), folder / "predictions.csv",
        (*sentiment.PREDICTIONS, *rivals),
    )  # fmt: skip
    rows = sentiment.mistakes(names, texts, truth, score, THRESHOLD, 5, lambda _: [("not", -0.3), ("great", 0.2)])
    plots.write_csv(rows, folder / "mistakes.csv", sentiment.MISTAKES)
    groups = sentiment.accuracy_by_group(iter([("1-10", truth >= 0)]), score > 0.5, score > 0.6)
    plots.write_csv(groups, folder / "by_length.csv", ("group", "reviews", "accuracy", "low", "high", "rival"))
    plots.write_csv([], folder / "by_rating.csv", ("group", "reviews", "accuracy", "low", "high", "rival"))
    near = [{"word": "good", "leaning": "positive", "neighbours": "great fine"}]
    plots.write_csv(near, folder / "neighbours.csv", ("word", "leaning", "neighbours"))
    plots.write_csv([], folder / "training.csv", ("step", "loss", "val_loss"))


def run_of(side: str, splits: dict) -> dict:
    return {
        "brandlens": "1.0", "revision": "0123456789abcdef+", "date": "2026-01-02", "network": "slide",
        "source": "folder" if side == "logo" else "files", "splits": splits, "params": {"train": {"seed": 7}},
    }  # fmt: skip


def save(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two folders of results: of two runs on the same test pictures and reviews."""
    folders = {}
    for name, seed in (("first", 1), ("second", 2)):
        folders[name] = tmp_path_factory.mktemp(name) / "reports"
        write_logo(folders[name] / "logo", seed)
        write_sentiment(folders[name] / "sentiment", seed)
    return SimpleNamespace(**folders)
