"""How well explanations find what a score depends on → benchmarks/results/explain.json.

    python benchmarks/explain.py --model models/sentiment [--reviews data/sentiment/sample.csv] [--limit 300]

deletion: the span that changes the score most is cut out of the text, and in its stead a random span of as many words:
mean change of the score each, and how often the marked one changes it more. marked: 50 sentences whose decisive words
are marked by hand (marked.txt): how often the span overlaps a marked one, and the share of marked words in it. speed:
texts explained a second. reviews: CSV (text, split: those of test are taken) or Parquet (text). Prints one JSON a
part.
"""

import argparse
import csv
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import scratch

from brandlens.sentiment.classifier import Prediction, SentimentClassifier
from brandlens.sentiment.explain import Span, explain, explain_all

WORD = re.compile(r"\S+")


def read_texts(path: Path) -> list[str]:
    """Return the texts of a table, of one with splits those of test."""
    if path.suffix == ".parquet":
        return pq.read_table(path, columns=["text"])["text"].to_pylist()
    with path.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file) if row.get("split", "test") == "test"]


def largest(classifier: SentimentClassifier, text: str) -> Span | None:
    """Return the span that changes the score most."""
    return max(explain(classifier, text).spans, key=lambda span: abs(span.change), default=None)


def cut(text: str, start: int, end: int) -> str:
    return text[:start] + " " + text[end:]


def deletion(classifier: SentimentClassifier, texts: list[str]) -> dict[str, Any]:
    """Return the mean change of the likeliest label's probability without the marked span and without a random one."""
    rng = random.Random(1)
    variants: list[str] = []
    for text in texts:
        words, span = list(WORD.finditer(text)), largest(classifier, text)
        length = len(text[span.start : span.end].split()) if span else 0
        if span and len(words) >= length + 3:
            first = rng.randrange(len(words) - length + 1)
            random_text = cut(text, words[first].start(), words[first + length - 1].end())
            variants += [text, cut(text, span.start, span.end), random_text]
    scores = classifier.score(variants)
    changes = np.array([
        [abs(_score(scores[i], scores[i]) - _score(scores[i], other)) for other in scores[i + 1 : i + 3]]
        for i in range(0, len(scores), 3)
    ])  # fmt: skip
    return {
        "texts": len(changes),
        "marked": round(float(changes[:, 0].mean()), 4),
        "random": round(float(changes[:, 1].mean()), 4),
        "more_often": round(float((changes[:, 0] > changes[:, 1]).mean()), 4),
    }


def _score(of: Prediction, prediction: Prediction) -> float:
    return prediction.scores[max(of.scores, key=lambda label: of.scores[label])]


def marked(classifier: SentimentClassifier, path: Path) -> dict[str, Any]:
    """Return how often the span overlaps words marked by hand, and the mean share of these in it."""
    overlaps, shares = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        text, wanted = line.replace("[", "").replace("]", ""), set[int]()
        for count, match in enumerate(re.finditer(r"\[([^\]]*)\]", line)):
            start = match.start() - 2 * count
            wanted |= set(range(start, start + len(match[1])))
        span = largest(classifier, text)
        found = set(range(span.start, span.end)) if span else set[int]()
        overlaps.append(bool(found & wanted))
        shares.append(len(found & wanted) / max(1, len(found)))
    return {"sentences": len(overlaps), "overlap": round(float(np.mean(overlaps)), 3),
            "share": round(float(np.mean(shares)), 3)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/sentiment"))
    parser.add_argument("--reviews", type=Path, nargs="+", default=[Path("data/sentiment/sample.csv")])
    parser.add_argument("--limit", type=int, default=300, help="texts of each table")
    arguments = parser.parse_args()
    classifier = SentimentClassifier.load(arguments.model)
    for path in arguments.reviews:
        texts = read_texts(path)[: arguments.limit]
        scratch.keep("explain", f"deletion {path.stem}", deletion(classifier, texts))
    seconds = scratch.best_time(lambda: explain_all(classifier, texts), 3)
    scratch.keep("explain", "speed", {"texts_per_second": round(len(texts) / seconds)})
    scratch.keep("explain", "marked", marked(classifier, Path(__file__).with_name("marked.txt")))


if __name__ == "__main__":
    main()
