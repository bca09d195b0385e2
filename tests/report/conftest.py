"""Results of a small run by hand, written by what the stages write them with."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from brandlens import images, io
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.datasets.reviews import TWO_LABELS, Review, Reviews
from brandlens.logo import gallery
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.evaluation import Evaluation
from brandlens.logo.labels import class_names
from brandlens.logo.predictions import Predictions
from brandlens.metrics import plots
from brandlens.metrics.intervals import wilson
from brandlens.metrics.registry import compute, compute_intervals, unflatten
from brandlens.sentiment import evaluation as sentiment
from brandlens.sentiment.explain import Span

BRANDS = ("cola", "Dr. <Fizz>")
CLASSES = class_names(BRANDS)
THRESHOLD = 0.5
TEXTS = ("I do <b>not</b> like it & never did", "Great, GREAT film!", "It is what it is", "No")


def mark(text: str) -> list[Span]:
    """Return two words as the spans that changed a score, where they stand in a text."""
    places = ((text.find(word), len(word), change) for word, change in (("not", -0.3), ("Great", 0.2)))
    return [Span(start, start + length, change) for start, length, change in places if start >= 0]


def write_logo(folder: Path, seed: int, num_pictures: int = 30) -> None:
    """Write reports/logo of a detector that is right more often than not."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    pictures, detections = [], []
    for number in range(num_pictures):
        path = folder.parent / "pictures" / f"{number:02d}.png"
        images.write(path, np.full((120, 160, 3), 8 * number, np.uint8))
        sides = [(20 * place, 10, *random.integers(12, 60, 2)) for place in range(int(random.integers(0, 3)))]
        boxes = [Box(*map(int, box), BRANDS[int(random.integers(2))]) for box in sides]
        detected = [
            Detection(box.label, float(random.uniform(0.2, 1)), box.left, box.top, box.width, box.height)
            for box in boxes
            if random.random() < 0.9
        ]
        if random.random() < 0.4:
            detected.append(Detection("cola", float(random.uniform(0.05, 0.8)), 100, 60, 40, 40))
        pictures.append(Picture(path, tuple(boxes)))
        detections.append(detected)
    crops = [
        CropRecord(f"{number}.png", "test", label, "labelled", picture.path.name, number % 3, 0, 1, 1)
        for number, (picture, label) in enumerate((picture, label) for picture in pictures for label in CLASSES)
    ]
    y_true = np.arange(len(crops)) % 3
    probabilities = random.dirichlet((1, 1, 1), len(crops)) * 0.5 + np.eye(3)[y_true] * 0.5
    baselines = {"majority": np.zeros(len(crops), int), "sift": np.where(random.random(len(crops)) < 0.6, y_true, 0)}
    predictions = Predictions(pictures, detections, np.full(num_pictures, 0.02))
    Evaluation(
        BRANDS, THRESHOLD, predictions, predictions, crops, y_true, probabilities, baselines, len(crops) / 1234.5
    ).write(folder)
    write_json(folder / "training.json", {"weights": 1234, "seconds": 600.0})
    split = {"pictures": {"all": num_pictures, "without a box": 3}, "boxes": dict.fromkeys(BRANDS, 20)}
    write_json(folder / "run.json", describe_run("folder", dict.fromkeys(("train", "val", "test"), split)))
    heatmap = lambda pixels: pixels[..., 0] / np.float32(255)  # noqa: E731
    gallery.write(predictions, BRANDS, THRESHOLD, 5, folder / "gallery", heatmap)
    losses = [{"step": step, "loss": 1 / step, "val_loss": 1.5 / step} for step in (1, 2, 3)]
    io.write_csv(losses, folder / "training.csv", ("step", "loss", "val_loss"))
    images.write(folder / "augmented.png", np.zeros((10, 10, 3), np.uint8))


def write_sentiment(
    folder: Path, seed: int, num_reviews: int = 200, labels: Sequence[str] = TWO_LABELS, *, ordered: bool = False
) -> None:
    """Write reports/sentiment of a classifier that is right more often than not."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    y_true, classes = np.arange(num_reviews) % len(labels), np.eye(len(labels))
    if len(labels) == 2:
        score = np.round(np.clip(y_true * 0.4 + random.random(num_reviews) * 0.6, 0, 1), 4)
        probabilities = np.stack([1 - score, score], axis=1)
    else:
        probabilities = classes[y_true] * 0.4 + random.dirichlet(np.ones(len(labels)), num_reviews) * 0.6
    others = np.where(random.random(num_reviews) < 0.7, y_true, (y_true + 1) % len(labels))
    baselines = {"majority": np.tile(classes[-1], (num_reviews, 1)), "tfidf": classes[others]}
    reviews = Reviews.from_rows(
        (
            Review(f"r:{number}", TEXTS[number % len(TEXTS)], labels[label], np.nan, "", "test")
            for number, label in enumerate(y_true)
        ),
        labels,
        ordered=ordered,
    )
    rows = sentiment.labelled_rows(probabilities, reviews, THRESHOLD, 10)
    guesses = {name: sentiment.labelled_rows(guess, reviews, 0.5, 10) for name, guess in baselines.items()}
    metrics = {
        **({"threshold": THRESHOLD} if len(labels) == 2 else {}),
        "temperature": 1.5,
        **unflatten(compute(rows)),
        "unsure": 0.02,
        "baselines": {name: unflatten(compute(guess)) for name, guess in guesses.items()},
        "speed": {"reviews_per_second": 4321.0},
        "intervals": {
            **unflatten(compute_intervals(rows)),
            "unsure": list(wilson(0.02, num_reviews)),
            "baselines": {name: unflatten(compute_intervals(guess)) for name, guess in guesses.items()},
        },
    }
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "training.json", {"weights": 4321, "seconds": 60.0})
    write_json(folder / "run.json", describe_run("files", {"train": dict.fromkeys(labels, 11)}))
    io.write_csv(
        sentiment.prediction_rows(reviews, probabilities, THRESHOLD, baselines), folder / "predictions.csv",
        sentiment.prediction_columns(labels, baselines),
    )  # fmt: skip
    worst = sentiment.mistake_rows(reviews, probabilities, THRESHOLD, 5, mark)
    io.write_csv(worst, folder / "mistakes.csv", sentiment.mistake_columns(labels))
    score = probabilities.max(axis=1)
    groups = sentiment.accuracy_by_group(iter([("1-10", y_true >= 0)]), score > 0.5, score > 0.6)
    io.write_csv(groups, folder / "by_length.csv", plots.ACCURACY_COLUMNS)
    io.write_csv([], folder / "by_rating.csv", plots.ACCURACY_COLUMNS)
    neighbors = [{"word": "good", "label": "positive", "neighbors": "great fine"}]
    io.write_csv(neighbors, folder / "neighbors.csv", ("word", "label", "neighbors"))
    io.write_csv([], folder / "training.csv", ("step", "loss", "val_loss"))


def describe_run(source: str, splits: dict) -> dict:
    return {
        "brandlens": "1.0", "revision": "0123456789abcdef+", "date": "2026-01-02", "model": "fcn", "source": source,
        "splits": splits, "params": {"train": {"epochs": 7}, "collect": {"annotations": ["/home/me/secret/train.xml"]}},
    }  # fmt: skip


def write_json(path: Path, content: dict) -> None:
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


THREE, STARS = ("negative", "neutral", "positive"), ("1", "2", "3", "4", "5")


@pytest.fixture(scope="session")
def labelled_reports(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[str]], Path]:
    """A function that writes a folder of results of reviews with these labels, ordered where they are stars."""

    def write(labels: Sequence[str]) -> Path:
        folder = tmp_path_factory.mktemp("labelled") / "reports"
        write_sentiment(folder / "sentiment", 1, 60, labels, ordered=labels == STARS)
        return folder

    return write
