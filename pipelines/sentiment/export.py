"""trained model + metrics.json → models/sentiment/{network.onnx, network-small.onnx, vocabulary.txt, model.json}"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from brandlens import config, errors, onnx_runtime, provenance
from brandlens.datasets import reviews
from brandlens.sentiment import export
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.models import network
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary

INTO = Path("models/sentiment")


def main() -> None:
    sentiment = config.load().sentiment
    wish = sentiment.export
    longest = (sentiment.train.pooled if sentiment.train.network == "pooled" else sentiment.train.talk).longest
    vocabulary = Vocabulary.load(Path("data/sentiment/embedded/vocabulary.txt"))
    trained = Path("data/sentiment/trained")
    held = reviews.read(Path("data/sentiment/reviews.parquet")).of("val", "test")
    rows = [vocabulary.encode(tokenize(text), longest) for text in held.text]

    exported = (trained / "network.onnx").read_bytes()
    some = [rows[at] for at in np.random.default_rng(0).permutation(len(rows))[:100]]
    difference = export.largest_difference(network.load(trained / "model.keras"), exported, some)
    if difference > wish.tolerance:
        raise errors.ModelError(
            f"the exported network differs from Keras by {difference:.2g} on {len(some)} reviews; "
            f"sentiment.export.tolerance allows {wish.tolerance:g}"
        )
    metrics = json.loads(Path("reports/sentiment/metrics.json").read_text())
    classifier = SentimentClassifier(
        onnx_runtime.session(exported, 1), vocabulary, longest, metrics["threshold"], metrics["temperature"],
        provenance.card_provenance(sentiment.train.network, metrics, sentiment.collect.source), onnx_runtime.cores(),
    )  # fmt: skip
    small = export.compress(exported)
    right = [
        np.mean((each.probabilities(rows) >= each.threshold) == held.label)
        for each in (classifier, replace(classifier, network=onnx_runtime.session(small, 1)))
    ]
    change = float(right[1] - right[0])
    kept = abs(change) <= wish.compress
    classifier.save(INTO, exported, small if kept else None)
    print(f"{INTO}: {len(exported) / 1e6:.2f} MB, within {difference:.1e} of Keras on {len(some)} reviews")
    print(
        f"weights as int8: {len(small) / 1e6:.2f} MB, accuracy {100 * change:+.2f} points on {len(rows):,} reviews: "
        + ("kept beside it" if kept else f"left out, sentiment.export.compress allows {100 * wish.compress:g}")
    )


if __name__ == "__main__":
    errors.run_program(main)
