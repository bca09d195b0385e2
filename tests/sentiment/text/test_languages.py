"""Reviews in other languages than English: whether a model can be trained on their tokens."""

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

from brandlens.sentiment.linear import NBLogReg, NgramVectorizer
from brandlens.sentiment.text.tokenizer import tokenize

REVIEWS = Path(__file__).parent / "languages"
SAMPLE = Path(__file__).parents[3] / "data/sentiment/sample.csv"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("language", ["german", "spanish", "japanese", "arabic"])
def test_a_model_learns_a_language_from_28_reviews(language: str) -> None:
    rows = read(REVIEWS / f"{language}.csv")
    reviews = [tokenize(row["text"]) for row in rows]
    labels = np.array([int(row["label"] == "positive") for row in rows])
    assert len(rows) == 40 and labels.sum() == 20
    model = NBLogReg(NgramVectorizer()).fit((reviews[:28], labels[:28]), ([], np.zeros(0, int)))
    right = (model.log_odds(reviews[28:])[:, 0] >= 0) == labels[28:]
    assert right.sum() >= 10  # by chance 1.9 % of models have so many of 12


def test_tokens_of_the_sample_stay_as_they_are() -> None:
    """A model was trained on these tokens; another digest calls for another training."""
    tokens = "\n".join(" ".join(tokenize(row["text"])) for row in read(SAMPLE))
    digest = hashlib.sha256(tokens.encode()).hexdigest()
    assert digest == "b09d38565c88376c790a3d2f2fb9a1a96860add0dc56867fb20cd2246fe638a2"
