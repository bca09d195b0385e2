"""What `sentiment score --terms` is worth → benchmarks/results/terms.json.

    python benchmarks/terms.py readings --model models/sentiment
    python benchmarks/terms.py speed --model models/sentiment --file reviews.csv --column text

readings: share of the aspects of term_sentences.csv (100 sentences written for this, labelled by aspect, and many with
positive and negative ones) that are right, and that of those alone by the sign of the sentiment; by the clause alone,
by what is lost without it (occlusion), by their mean, and by the sentence. The reading is chosen on every second
sentence and reported on the others. label: the label that brandlens gives a clause, of all aspects, and the opposite
of it; its rule was chosen on other sentences. speed: rate with terms over that without, in pairs, the median of 7.
"""

import argparse
import csv
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from brandlens.datasets import tables
from brandlens.metrics.intervals import wilson
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.sentiment.terms.scores import label_values, score_terms

SENTENCES, RESULTS = Path(__file__).with_name("term_sentences.csv"), Path(__file__).with_name("results") / "terms.json"
SIGNS = {"+": 1, "-": -1, "0": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("readings", "speed"))
    parser.add_argument("--model", type=Path, default=Path("models/sentiment"))
    parser.add_argument("--file", type=Path, default=Path("data/sentiment/sample.csv"))
    parser.add_argument("--column", default="text")
    parser.add_argument("--terms", default="battery,price,quality,service,story")
    arguments = parser.parse_args()
    classifier = SentimentClassifier.load(arguments.model)
    result = readings(classifier) if arguments.part == "readings" else speed(classifier, arguments)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(results | {arguments.part: result}, indent=2) + "\n")
    print(json.dumps(result))


def read_sentences() -> list[tuple[str, dict[str, int]]]:
    """Return the sentences, each with {term: 1 for positive, -1 for negative, 0 for neutral}."""
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row["text"], {part[:-2]: SIGNS[part[-1]] for part in row["terms"].split("; ")}) for row in rows]


def readings(classifier: SentimentClassifier) -> dict[str, Any]:
    sentences = read_sentences()
    values = np.array(list(label_values(classifier.labels).values()))
    probabilities: dict[str, list[np.ndarray]] = {name: [] for name in ("clause", "occlusion", "mixture", "sentence")}
    y_true, is_test = list[int](), list[bool]()
    signs, decided, opposite = label_values(classifier.labels), list[bool](), list[bool]()
    cached: dict[str, np.ndarray] = {}

    def score(text: str) -> np.ndarray:
        if text not in cached:
            cached[text] = np.array(list(classifier.score([text])[0].scores.values()))
        return cached[text]

    not_found = 0
    for number, (text, aspects) in enumerate(sentences):
        for term, sign in aspects.items():
            found = score_terms(classifier, [text], Lexicon.of([term]))[0]
            not_found += not found
            if not found:
                continue
            decided.append(signs.get(found[0].label, 0.0) == sign)
            opposite.append(signs.get(found[0].label, 0.0) * sign < 0)
            start, end = found[0].clause
            rest = (text[:start] + text[end:]).strip()
            whole, clause = score(text), score(text[start:end])
            change = whole - score(rest) if rest else whole - 1 / len(whole)
            change = np.clip(1 / len(whole) + change, 0, 1)
            change = change / change.sum()
            for name, scores in (
                ("clause", clause), ("occlusion", change), ("mixture", (clause + change) / 2), ("sentence", whole),
            ):  # fmt: skip
                probabilities[name].append(scores)
            y_true.append(sign)
            is_test.append(number % 2 == 1)
    target, test = np.array(y_true), np.array(is_test)
    shares: dict[str, Any] = {}
    for name, rows in probabilities.items():
        scores = np.array(rows)
        moods = scores @ values
        right_label = np.sign(values[scores.argmax(axis=1)]) == target
        right_sign = (np.sign(moods) == target)[target != 0]
        polar_test = test[target != 0]
        shares[name] = {
            "chosen_on": _share(right_label[~test]), "reported": _share(right_label[test]),
            "sign_chosen_on": _share(right_sign[~polar_test]), "sign_reported": _share(right_sign[polar_test]),
        }  # fmt: skip
    best = max(shares, key=lambda name: shares[name]["sign_chosen_on"]["share"])
    shares["label"] = {"reported": _share(np.array(decided)), "opposite": _share(np.array(opposite))}  # of all
    return {
        "sentences": len(sentences), "aspects": len(target), "not_found": not_found,
        "by_class": dict(Counter(y_true)), "best_on_first_half": best, "readings": shares,
    }  # fmt: skip


def _share(right: np.ndarray) -> dict[str, Any]:
    low, high = wilson(float(right.mean()), len(right))
    return {"share": round(float(right.mean()), 4), "low": round(low, 4), "high": round(high, 4), "count": len(right)}


def speed(classifier: SentimentClassifier, arguments: argparse.Namespace) -> dict[str, Any]:
    texts = [row.text for row in tables.read_rows(arguments.file, arguments.column)]
    lexicon = Lexicon.of(arguments.terms.split(","))
    plain, with_terms = SentimentPredictor(classifier), SentimentPredictor(classifier, False, lexicon)
    ratios, mentions = list[float](), sum(bool(lexicon.find(text)) for text in texts)
    for _ in range(8):  # the first warms up
        ratios.append(_seconds(plain.predict, texts) / _seconds(with_terms.predict, texts))
    ratio = statistics.median(ratios[1:])
    return {
        "reviews": len(texts), "terms": arguments.terms, "reviews_with_terms": mentions, "ratio": round(ratio, 3),
        "ratios": [round(value, 3) for value in ratios[1:]],
    }  # fmt: skip


def _seconds(function: Callable[[list[str]], object], texts: list[str]) -> float:
    start = time.perf_counter()
    function(texts)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
