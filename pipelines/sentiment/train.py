"""reviews + vectors → data/sentiment/trained/{model.keras,network.onnx} + reports/sentiment/training.{csv,json}"""

import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import config, errors, training
from brandlens.datasets import reviews
from brandlens.sentiment import export
from brandlens.sentiment.embeddings import word2vec
from brandlens.sentiment.models.network import FAST_BFLOAT16
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary
from brandlens.sentiment.train import Data, Recipe, train

REVIEWS, EMBEDDED = Path("data/sentiment/reviews.parquet"), Path("data/sentiment/embedded")
INTO, REPORT = Path("data/sentiment/trained"), Path("reports/sentiment")


def main() -> None:
    wish = config.load().sentiment.train
    recipe = Recipe(wish.network, **asdict(wish.pooled if wish.network == "pooled" else wish.talk))
    training.set_up(wish.seed)
    policy = training.dtype_policy(wish.precision, FAST_BFLOAT16[wish.network])
    vocabulary, learned = word2vec.load(EMBEDDED)
    found = reviews.read(REVIEWS)
    files = (REVIEWS, EMBEDDED / "vocabulary.txt", EMBEDDED / "vectors.npy")
    work = Path("logs/sentiment", training.run_id(asdict(wish), *files))

    start = time.perf_counter() - training.elapsed(work)
    needed = ("train", "val", "unlabelled") if recipe.taught else ("train", "val")
    split = {name: found.of(name) for name in needed}
    rows = {name: encoded(name, each, vocabulary, recipe.longest) for name, each in split.items()}
    data = Data(
        rows["train"], split["train"].label, rows["val"], split["val"].label, learned,
        unlabelled=rows.get("unlabelled", []),
    )  # fmt: skip
    model = train(data, recipe, work, wish.seed, policy)
    told = training.save_training(model, export.to_onnx(model), INTO, REPORT, work, time.perf_counter() - start)
    print(f"{wish.network}: {told}")


def encoded(name: str, some: reviews.Reviews, vocabulary: Vocabulary, longest: int) -> list[np.ndarray]:
    """Their tokens' numbers."""
    return [vocabulary.encode(tokenize(text), longest) for text in bar(name, some)]


def bar(name: str, some: reviews.Reviews) -> tqdm:
    """Their texts, with a progress bar."""
    return tqdm(some.text, desc=name, unit="review", mininterval=1)


if __name__ == "__main__":
    errors.run_program(main)
