"""What a review is wrapped in → how often its label flips: benchmarks/results/robustness.json.

    python benchmarks/robustness.py --name sample [--model models/sentiment] [--reviews data/sentiment/sample.csv]
    python benchmarks/robustness.py --train "GloVe" --scratch FOLDER     # trains one first, in a copy of the project

Each model has its name in the results. wrappings: the test reviews of a table (columns text and split) in 20 wrappings
that leave what they say as it is; share of labels that differ from those of the plain reviews, with a 95 % interval
(Wilson). unsure counts as a label. length: the same review twice, its first or last three quarters, and inside a longer
text of neutral sentences. negation: 100 short sentences with and without negation (negation.csv; of --split val the 120
of negation_val.csv, by which settings were chosen); share that has the right one of positive and negative, whichever of
them is likelier. Prints one JSON object.
"""

import argparse
import csv
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import scratch

from brandlens.metrics.intervals import wilson
from brandlens.sentiment.classifier import SentimentClassifier

FILLER = (
    "I ordered it in March. The parcel came in a brown box. It weighs about two kilograms. "
    "The manual has forty pages. I keep it in the kitchen."
)
SENTENCES = {"test": "negation.csv", "val": "negation_val.csv"}
VECTORS = "glove_6b_100d_100k.txt.gz"
TRAININGS: dict[str, scratch.Settings] = {
    "sample": {},
    "GloVe": {"embed.method": "pretrained", "embed.vectors_license": "PDDL-1.0", "embed.epochs": 0},
}  # fmt: skip
LEET = str.maketrans("aeiost", "43105" + "7")
Wrapping = Callable[[str, random.Random], str]


def words(text: str, change: Callable[[str], str], every: int, rng: random.Random, shortest: int = 4) -> str:
    """Return the text with about one of `every` words of `shortest` letters or more changed."""

    def replace(match: re.Match[str]) -> str:
        return change(match[0]) if len(match[0]) >= shortest and rng.random() < 1 / every else match[0]

    return re.sub(r"[A-Za-z]+", replace, text)


def at_random(change: Callable[[str, int], str], every: int, shortest: int = 5) -> Wrapping:
    """Return the wrapping that changes some words at an inner letter."""
    return lambda text, rng: words(
        text, lambda word: change(word, rng.randrange(1, len(word) - 1)), every, rng, shortest
    )


WRAPPINGS: dict[str, Wrapping] = {
    "swapped letters": at_random(lambda word, at: word[:at] + word[at + 1] + word[at] + word[at + 2 :], 6),
    "missing letters": at_random(lambda word, at: word[:at] + word[at + 1 :], 6),
    "doubled letters": at_random(lambda word, at: word[:at] + word[at] + word[at:], 3),
    "stretched letters": at_random(lambda word, at: word[:at] + word[at] * 4 + word[at:], 6),
    "leet": lambda text, rng: words(text, lambda word: word.translate(LEET), 3, rng),
    "capitals": lambda text, rng: text.upper(),
    "small letters": lambda text, rng: text.lower(),
    "titles": lambda text, rng: re.sub(r"[A-Za-z][a-z']*", lambda match: match[0].capitalize(), text),
    "emoji": lambda text, rng: f"\U0001f4e6 {text} \U0001f6d2\U0001f4f1",
    "HTML": lambda text, rng: f'<div class="review"><p>{text.replace(". ", ".<br/> ")}</p>\n</div>',
    "entities": lambda text, rng: "&nbsp;" + text.replace("'", "&#39;").replace('"', "&quot;").replace(" ", "&nbsp;"),
    "URL": lambda text, rng: f"{text} https://shop.example/p/{rng.randrange(10**6)}?ref=mail",
    "white space": lambda text, rng: "\n\n  " + text.replace(" ", "  ").replace(".  ", ".\r\n\t"),
    "quotes": lambda text, rng: f"\u201c{text}\u201d",
    "before": lambda text, rng: f"Reviewed in the United States on May 3, 2021\nVerified Purchase\n{text}",
    "after": lambda text, rng: f"{text}\n12 people found this helpful\nReport abuse",
    "signature": lambda text, rng: f"{text}\n\n--\nK. Miller\nSent from my iPhone",
    "markdown": lambda text, rng: f"> **Review**\n>\n> {words(text, lambda word: f'*{word}*', 5, rng)}",
    "zero-width characters": lambda text, rng: "\ufeff" + words(text, "\u200b".join, 4, rng),
    "combining accents": at_random(lambda word, at: word[:at] + "\u0301" + word[at:], 4),
}
LENGTHS: dict[str, Callable[[str], str]] = {
    "twice": lambda text: f"{text} {text}",
    "first three quarters": lambda text: " ".join(text.split()[: -(-3 * len(text.split()) // 4)]),
    "last three quarters": lambda text: " ".join(text.split()[len(text.split()) // 4 :]),
    "inside a longer text": lambda text: f"{FILLER} {text} {FILLER}",
}


def flips(classifier: SentimentClassifier, texts: list[str], changed: list[str]) -> dict[str, Any]:
    """Return the share of the texts whose label is another one when changed, and its interval."""
    before, after = ([prediction.label for prediction in classifier.score(each)] for each in (texts, changed))
    count = sum(a != b for a, b in zip(before, after, strict=True))
    low, high = wilson(count / len(texts), len(texts))
    return {"flips": round(count / len(texts), 4), "interval": [round(low, 4), round(high, 4)]}


def wrappings(classifier: SentimentClassifier, texts: list[str]) -> dict[str, Any]:
    """Return the flips of each wrapping, and their mean."""
    rng = random.Random(1)
    rows = {name: flips(classifier, texts, [wrap(text, rng) for text in texts]) for name, wrap in WRAPPINGS.items()}
    return {"mean": round(sum(row["flips"] for row in rows.values()) / len(rows), 4), **rows}


def negation(classifier: SentimentClassifier, path: Path) -> dict[str, Any]:
    """Return the share of sentences that are right, of all and by kind."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    right: dict[str, list[bool]] = {}
    for row, prediction in zip(rows, classifier.score([row["text"] for row in rows]), strict=True):
        likelier = max(("negative", "positive"), key=lambda label: prediction.scores[label])
        right.setdefault(row["kind"], []).append(likelier == row["label"] and prediction.label != "unsure")
    everything = [each for kind in right.values() for each in kind]
    return {"all": round(sum(everything) / len(everything), 3), "count": len(everything)} | {
        kind: round(sum(each) / len(each), 3) for kind, each in right.items()
    }


def measure(model: Path, reviews: Path, split: str) -> dict[str, Any]:
    """Return all figures of an exported model on the reviews of a split."""
    classifier = SentimentClassifier.load(model)
    with reviews.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file) if row["split"] == split]
    return {
        "reviews": len(texts),
        "wrappings": wrappings(classifier, texts),
        "length": {name: flips(classifier, texts, list(map(change, texts))) for name, change in LENGTHS.items()},
        "negation": negation(classifier, Path(__file__).with_name(SENTENCES[split])),
    }


def train(name: str, folder: Path) -> Path:
    """Train a model with the params of its name in a copy of the project; return its folder."""
    changes = dict(TRAININGS[name])
    if changes.get("embed.method") == "pretrained":
        changes["embed.vectors"] = str(scratch.dataset("vectors", VECTORS) / VECTORS)
    scratch.enter(folder)
    scratch.write_params("sentiment", changes)
    for stage in ("collect", "embed", "train", "export", "evaluate"):
        subprocess.run([sys.executable, f"pipelines/sentiment/{stage}.py"], check=True, stdout=sys.stderr)
    return Path("models/sentiment")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/sentiment"))
    parser.add_argument("--name", help="what the model is called in the results")
    parser.add_argument("--train", choices=TRAININGS, help="train this one, and take it as the model")
    parser.add_argument("--scratch", type=Path, help="folder for the copy that it is trained in; kept")
    parser.add_argument("--reviews", type=Path, default=scratch.HOME / "data/sentiment/sample.csv")
    parser.add_argument("--split", choices=SENTENCES, default="test")
    arguments = parser.parse_args()
    wanted = [arguments.name is None, arguments.train is not None, arguments.scratch is not None]
    if len(set(wanted)) > 1:
        parser.error("either --name, or --train and --scratch")
    reviews = arguments.reviews.resolve()
    model = arguments.model.resolve() if arguments.train is None else train(arguments.train, arguments.scratch)
    name = arguments.name or arguments.train
    key = name if arguments.split == "test" else f"{name}, {arguments.split}"
    scratch.keep("robustness", key, measure(model, reviews, arguments.split))


if __name__ == "__main__":
    main()
