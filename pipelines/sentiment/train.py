"""reviews + vectors → data/sentiment/trained/{model.keras, vocabulary.txt} + reports/sentiment/training.{csv,json}"""

import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import config, errors, provenance, training
from brandlens.datasets import reviews
from brandlens.sentiment import warm_start
from brandlens.sentiment.embeddings import word2vec
from brandlens.sentiment.models import registry
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary
from brandlens.sentiment.train import Data, train

REVIEWS, EMBEDDED = Path("data/sentiment/reviews.parquet"), Path("data/sentiment/embedded")
OUTPUT, REPORT = Path("data/sentiment/trained"), Path("reports/sentiment")


def main() -> None:
    params = config.load()
    cfg = params.sentiment.train
    training.set_up(params.seed)
    dtype_policy = training.dtype_policy(cfg.dtype_policy, registry.find(cfg.model).fast_bfloat16)
    all_reviews = reviews.read(REVIEWS)
    beginning = warm_start.begin(cfg, *word2vec.load(EMBEDDED), all_reviews.labels)
    files = (REVIEWS, EMBEDDED / "vocabulary.txt", EMBEDDED / "vectors.npy", *beginning.files)
    settings = {**asdict(cfg), "dtype_policy": dtype_policy, "seed": params.seed}
    run_dir = Path("logs/sentiment", training.run_id(settings, *files))

    start = time.perf_counter() - training.elapsed(run_dir)
    names = ("train", "val", "unlabelled") if cfg.active.self_training_epochs else ("train", "val")
    splits = {name: all_reviews.of(name) for name in names}
    max_length = cfg.active.max_length
    rows = {name: encode(name, split, beginning.vocabulary, max_length) for name, split in splits.items()}
    data = Data(rows["train"], splits["train"].label, rows["val"], splits["val"].label, beginning.vectors,
                num_labels=len(all_reviews.labels), words=beginning.vocabulary.words,
                label_names=all_reviews.labels)  # fmt: skip
    if "unlabelled" in splits:
        data = replace(data, unlabelled=rows["unlabelled"], teacher=splits["unlabelled"].teacher)
    model = train(data, cfg.model, cfg.active, run_dir, seed=params.seed, dtype_policy=dtype_policy,
                  initialize=beginning.initialize)  # fmt: skip
    beginning.vocabulary.save(OUTPUT / "vocabulary.txt")
    pretrained = provenance.read_pretrained(EMBEDDED / provenance.PRETRAINED)
    provenance.write_pretrained(run_dir, [*pretrained, *beginning.pretrained])
    message = training.save_training(model, OUTPUT, REPORT, run_dir, time.perf_counter() - start)
    print(f"{cfg.model} in {dtype_policy}: {message}")


def encode(name: str, split: reviews.Reviews, vocabulary: Vocabulary, max_length: int) -> list[np.ndarray]:
    """Return the token ids of each review, behind a progress bar."""
    texts = tqdm(split.text, desc=name, unit="review", mininterval=1)
    return [vocabulary.encode(tokenize(text), max_length) for text in texts]


if __name__ == "__main__":
    errors.run_program(main)
