"""reviews + vectors → data/sentiment/trained/{model.keras,network.onnx} + reports/sentiment/training.{csv,json}"""

import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import errors, params, training
from brandlens.sentiment import export, reviews, vectors
from brandlens.sentiment.tokens import tokens
from brandlens.sentiment.train import Data, Recipe, train
from brandlens.sentiment.vocabulary import Vocabulary

REVIEWS, EMBEDDED = Path("data/sentiment/reviews.parquet"), Path("data/sentiment/embedded")
INTO, REPORT = Path("data/sentiment/trained"), Path("reports/sentiment")


def main() -> None:
    wish = params.load().sentiment.train
    recipe = Recipe(wish.network, **asdict(wish.pooled if wish.network == "pooled" else wish.talk))
    training.prepare(wish.seed, wish.precision)
    vocabulary, learned = vectors.load(EMBEDDED)
    found = reviews.read(REVIEWS)
    files = (REVIEWS, EMBEDDED / "vocabulary.txt", EMBEDDED / "vectors.npy")
    work = Path("logs/sentiment", training.digest(asdict(wish), *files))

    start = time.perf_counter()
    (rows, labels), (held_rows, held_labels) = (
        (encoded(found.of(split), vocabulary, recipe.longest, split), found.of(split).label)
        for split in ("train", "val")
    )
    model = train(Data(rows, labels, held_rows, held_labels, learned), recipe, work, wish.seed)
    for folder in (INTO, REPORT):
        folder.mkdir(parents=True, exist_ok=True)
    model.save(INTO / "model.keras")
    (INTO / "network.onnx").write_bytes(export.to_onnx(model))  # what is scored and shipped
    training.join_logs(work, REPORT / "training.csv")
    facts = {"weights": model.count_params(), "seconds": round(time.perf_counter() - start, 1)}
    (REPORT / "training.json").write_text(json.dumps(facts, indent=2) + "\n")
    training.tidy(work)
    print(f"{wish.network}: {facts['weights']:,} weights trained in {facts['seconds']} s; TensorBoard: {work}")


def encoded(some: reviews.Reviews, vocabulary: Vocabulary, longest: int, name: str) -> list[np.ndarray]:
    """Their tokens' numbers, with a progress bar."""
    texts = tqdm(some.text, desc=name, unit="review", mininterval=1)
    return [vocabulary.encode(tokens(text), longest) for text in texts]


if __name__ == "__main__":
    errors.run(main)
