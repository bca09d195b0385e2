"""An exported model, ready to run: `SentimentClassifier.load(folder).score(texts)`."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from brandlens import model_card, onnx_runtime
from brandlens.errors import ModelError
from brandlens.sentiment import inference
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary

NETWORK, INT8_NETWORK = "network.onnx", "network-int8.onnx"
CHUNK = 1024  # texts cut into tokens while the network reads as many
# Share of known words below which a text is taken for another language, one more known word granted to every text: with
# 28,893 words of movie reviews it turned away 32 of 36 texts in other languages, and 0.2 % of 5,734 about products.
MIN_COVERAGE = 0.6


@dataclass(frozen=True)
class Prediction:
    """What is said of a text. label: positive, negative or unsure; score: probability of positive, 0.5 when unsure.

    known: share of its words that the model knows, from 0 to 1; of a text without words, of its other tokens. Unsure
    are texts with no known word or too few of them (FAMILIAR), such as those in another language.
    """

    label: str
    score: float
    known: float


@dataclass(frozen=True)
class SentimentClassifier:
    """Tells praise from blame. Holds all it needs; made by `load`.

    longest: tokens read of a review. threshold: lowest score of a positive one. temperature: logits are divided by it.
    threads: batches run at once.
    """

    network: onnxruntime.InferenceSession
    vocabulary: Vocabulary
    longest: int
    threshold: float
    temperature: float
    provenance: dict[str, Any]
    threads: int = 1

    @classmethod
    def load(cls, folder: Path | str, threads: int | None = None, *, small: bool = False) -> "SentimentClassifier":
        """The classifier that stage sentiment-export wrote to this folder.

        threads: None for every core. small: the network with compressed weights, where there is one.
        Raises ModelError when the folder holds none, or one of a newer format.
        """
        folder = Path(folder)
        card = model_card.read(folder, "sentiment")
        try:
            longest, threshold, temperature = int(card["longest"]), float(card["threshold"]), float(card["temperature"])
            provenance = card["provenance"]
        except (LookupError, TypeError, ValueError) as error:
            raise ModelError(
                f"{folder / model_card.NAME}: a sentiment model with another content ({error}); export it again"
            ) from None
        vocabulary = Vocabulary.load(folder / "vocabulary.txt")
        # one thread a batch and several batches at once: an LSTM's steps are too short to be shared out
        network = onnx_runtime.session(folder / (INT8_NETWORK if small else NETWORK), 1)
        return cls(network, vocabulary, longest, threshold, temperature, provenance, threads or onnx_runtime.cores())

    def save(self, folder: Path, network: bytes, small: bytes | None = None) -> None:
        """Write network.onnx, vocabulary.txt and model.json, all that `load` needs; `small` as network-small.onnx."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NETWORK).write_bytes(network)
        (folder / INT8_NETWORK).unlink(missing_ok=True)
        if small is not None:
            (folder / INT8_NETWORK).write_bytes(small)
        self.vocabulary.save(folder / "vocabulary.txt")
        self.save_card(folder)

    def save_card(self, folder: Path) -> None:
        """Write model.json alone."""
        content = {
            "longest": self.longest,
            "threshold": self.threshold,
            "temperature": self.temperature,
            "provenance": self.provenance,
        }
        model_card.write(folder, "sentiment", content)

    def score(self, texts: Iterable[str]) -> list[Prediction]:
        """One answer a text, in their order; the same whatever other texts there are."""
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str]) -> Iterator[Prediction]:
        """As `score`, for any number of texts: no more than two thousand of them are held at a time.

        While the network reads some of them, the next are cut into tokens.
        """
        source = iter(texts)
        with ThreadPoolExecutor(1) as reader:
            begun = self._begin(source, reader)
            while begun:
                chunk, answers = begun
                begun = self._begin(source, reader)
                for words, probability in zip(chunk, answers.result(), strict=True):
                    yield self._scored(words, float(probability))

    def _begin(self, source: Iterator[str], reader: ThreadPoolExecutor) -> tuple[list[list[str]], Future] | None:
        """The next texts as tokens, and their probabilities to come; None at the end."""
        chunk = [tokenize(text) for text in islice(source, CHUNK)]
        if not chunk:
            return None
        rows = [self.vocabulary.encode(words, self.longest) for words in chunk]
        return chunk, reader.submit(self.probabilities, rows)

    def probabilities(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """(n,) float64 probability of positive of reviews as (t,) int32 numbers of tokens."""
        logits = inference.predict_logits(self.network, rows, self.threads).astype(np.float64) / self.temperature
        return 1 / (1 + np.exp(np.clip(logits[:, 0] - logits[:, 1], -700, 700)))

    def _scored(self, found: Sequence[str], probability: float) -> Prediction:
        words = [token for token in found if any(map(str.isalpha, token)) and token[0] != "<"]
        told = words or found  # of a text without words, 10/10 or a face, all that there is
        known = sum(map(self.vocabulary.known, told))
        share = known / len(told) if told else 0.0
        if not known or (known + 1) / (len(told) + 1) < MIN_COVERAGE:
            return Prediction("unsure", 0.5, share)
        return Prediction("positive" if probability >= self.threshold else "negative", probability, share)
