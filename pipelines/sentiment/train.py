"""reviews + vectors → data/sentiment/trained/{model.keras,network.onnx} + reports/sentiment/training.{csv,json}"""

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

    start = time.perf_counter() - training.spent(work)
    needed = ("train", "val", "unlabelled") if recipe.taught else ("train", "val")
    split = {name: found.of(name) for name in needed}
    rows = {name: encoded(name, each, vocabulary, recipe.longest) for name, each in split.items()}
    data = Data(
        rows["train"], split["train"].label, rows["val"], split["val"].label, learned,
        unlabelled=rows.get("unlabelled", []),
    )  # fmt: skip
    model = train(data, recipe, work, wish.seed)
    told = training.deliver(model, export.to_onnx(model), INTO, REPORT, work, time.perf_counter() - start)
    print(f"{wish.network}: {told}")


def encoded(name: str, some: reviews.Reviews, vocabulary: Vocabulary, longest: int) -> list[np.ndarray]:
    """Their tokens' numbers."""
    return [vocabulary.encode(tokens(text), longest) for text in bar(name, some)]


def bar(name: str, some: reviews.Reviews) -> tqdm:
    """Their texts, with a progress bar."""
    return tqdm(some.text, desc=name, unit="review", mininterval=1)


if __name__ == "__main__":
    errors.run(main)
