"""trained model → models/sentiment/: network.onnx, network-int8.onnx and vocabulary.txt; and model.keras, from which a
later training can start"""

import shutil
from pathlib import Path

import numpy as np

from brandlens import config, errors, onnx_runtime, training
from brandlens.datasets import reviews
from brandlens.sentiment import export, inference
from brandlens.sentiment.classifier import INT8_NETWORK, NETWORK
from brandlens.sentiment.models import registry
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary

TRAINED, OUTPUT = Path("data/sentiment/trained"), Path("models/sentiment")


def main() -> None:
    params = config.load()
    cfg = params.sentiment
    training.set_up(params.seed)
    vocabulary = Vocabulary.load(TRAINED / "vocabulary.txt")
    model = registry.load(TRAINED / training.WEIGHTS)
    network = export.to_onnx(model)

    def encode(text: str) -> np.ndarray:
        return vocabulary.encode(tokenize(text), cfg.train.active.max_length)

    all_reviews = reviews.read(Path("data/sentiment/reviews.parquet"))
    texts = all_reviews.of("val", "test").text
    sample = [encode(texts[index]) for index in np.random.default_rng(0).permutation(len(texts))[:100]]
    difference = export.check_parity(model, network, sample, cfg.export.atol)

    val = all_reviews.of("val")
    rows = [encode(text) for text in val.text]

    def accuracy(candidate: bytes) -> float:
        """Return that of the likelier label on validation, which needs neither temperature nor threshold."""
        logits = inference.predict_logits(onnx_runtime.session(candidate, 1), rows, onnx_runtime.cores())
        return float((logits.argmax(axis=1) == val.label).mean()) if rows else 0.0

    float32_accuracy = accuracy(network)
    lowest = float32_accuracy - cfg.export.int8_max_accuracy_drop - 1e-9  # differences of fractions are not exact
    int8, count = export.compress_within(network, lambda candidate: accuracy(candidate) >= lowest)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / NETWORK).write_bytes(network)
    (OUTPUT / INT8_NETWORK).write_bytes(int8)
    vocabulary.save(OUTPUT / "vocabulary.txt")
    shutil.copyfile(TRAINED / training.WEIGHTS, OUTPUT / training.WEIGHTS)
    print(f"{OUTPUT / NETWORK}: {len(network) / 1e6:.2f} MB, within {difference:.1e} of Keras on {len(sample)} reviews")
    print(
        f"{OUTPUT / INT8_NETWORK}: {len(int8) / 1e6:.2f} MB, {count} of {len(export.large_weights(network))} large "
        f"weights as int8, accuracy {100 * (accuracy(int8) - float32_accuracy):+.2f} points on {len(rows):,} reviews"
    )


if __name__ == "__main__":
    errors.run_program(main)
