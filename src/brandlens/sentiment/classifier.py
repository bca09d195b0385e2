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
from brandlens.sentiment.text.check import iterate_texts
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary

NETWORK, INT8_NETWORK, VOCABULARY = "network.onnx", "network-int8.onnx", "vocabulary.txt"
CHUNK = 1024  # texts that are tokenized while the network reads as many
# Share of known words below which a text is taken for another language, one more known word granted to every text: with
# 28,893 words of movie reviews it turned away 32 of 36 texts in other languages, and 0.2 % of 5,734 about products.
MIN_COVERAGE = 0.6


@dataclass(frozen=True)
class Prediction:
    """The answer to a text. label: positive, negative or unsure; score: probability of positive, 0.5 when unsure.

    coverage: share of its words that the model knows, from 0 to 1; of a text without words, of its other tokens.
    Unsure are texts with no known word or too few of them (MIN_COVERAGE), such as those in another language.
    """

    label: str
    score: float
    coverage: float


@dataclass(frozen=True)
class SentimentClassifier:
    """A classifier of reviews as positive or negative, with all that it needs; made by `load`.

    max_length: tokens read of a review. threshold: lowest score of a positive one. temperature: logits are divided by
    it. threads: batches run at once.
    """

    network: onnxruntime.InferenceSession
    vocabulary: Vocabulary
    max_length: int
    threshold: float
    temperature: float
    provenance: dict[str, Any]
    threads: int = 1

    @classmethod
    def load(cls, folder: Path | str, threads: int | None = None, *, int8: bool = False) -> "SentimentClassifier":
        """Return the classifier that stage sentiment-export wrote to this folder.

        threads: None for every core. int8: take the network with compressed weights, where there is one.
        Raises ModelError when the folder holds none, one of a newer format, or files that do not belong together.
        """
        folder = Path(folder)
        card = model_card.read(folder, "sentiment")
        try:
            max_length, threshold = int(card["max_length"]), float(card["threshold"])
            temperature, provenance = float(card["temperature"]), card["provenance"]
        except (LookupError, TypeError, ValueError) as error:
            raise ModelError(
                f"{folder / model_card.NAME}: a sentiment model with another content ({error}); export it again"
            ) from None
        network_name = INT8_NETWORK if int8 else NETWORK
        checked = model_card.check_files(folder, card, [network_name, VOCABULARY])
        vocabulary = Vocabulary.load(folder / VOCABULARY)
        # one thread a batch and several batches at once: an LSTM's steps are too short to be shared out
        network = onnx_runtime.session(folder / network_name, 1)
        if not checked and not inference.knows_ids(network, len(vocabulary)):
            raise model_card.mixed(folder, VOCABULARY, network_name)
        return cls(network, vocabulary, max_length, threshold, temperature, provenance, threads or onnx_runtime.cores())

    def save(self, folder: Path, network: bytes, int8_network: bytes | None = None) -> None:
        """Write network.onnx, vocabulary.txt and model.json, all that `load` needs, and network-int8.onnx if given."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NETWORK).write_bytes(network)
        (folder / INT8_NETWORK).unlink(missing_ok=True)
        if int8_network is not None:
            (folder / INT8_NETWORK).write_bytes(int8_network)
        self.vocabulary.save(folder / VOCABULARY)
        self.save_card(folder)

    def save_card(self, folder: Path) -> None:
        """Write model.json alone, for the other files as they are in the folder."""
        content = {
            "max_length": self.max_length,
            "threshold": self.threshold,
            "temperature": self.temperature,
            "provenance": self.provenance,
        }
        model_card.write(folder, "sentiment", content, [NETWORK, INT8_NETWORK, VOCABULARY])

    def score(self, texts: Iterable[str | None]) -> list[Prediction]:
        """Return one prediction a text, in their order; the same whatever other texts there are.

        texts: a list, a column of pandas or an array of NumPy; None and NaN are unsure, as empty texts are. Raises
        TypeError for one text alone, and for a value that is no text, with its index.
        """
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str | None]) -> Iterator[Prediction]:
        """Yield what `score` returns, for any number of texts: no more than two thousand of them are kept at a time.

        Raises TypeError as `score` does. While the network reads some of them, the next are tokenized.
        """
        remaining = iterate_texts(texts)
        with ThreadPoolExecutor(1) as executor:
            running = self._submit(remaining, executor)
            while running:
                token_lists, probabilities = running
                running = self._submit(remaining, executor)
                for tokens, probability in zip(token_lists, probabilities.result(), strict=True):
                    yield self._predict(tokens, float(probability))

    def _submit(self, texts: Iterator[str], executor: ThreadPoolExecutor) -> tuple[list[list[str]], Future] | None:
        """Return the tokens of the next texts and their probabilities to come; None at the end."""
        token_lists = [tokenize(text) for text in islice(texts, CHUNK)]
        if not token_lists:
            return None
        rows = [self.vocabulary.encode(tokens, self.max_length) for tokens in token_lists]
        return token_lists, executor.submit(self.probabilities, rows)

    def probabilities(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Return (n,) float64 probabilities of positive, of reviews as (t,) int32 ids of tokens."""
        logits = inference.predict_logits(self.network, rows, self.threads).astype(np.float64) / self.temperature
        return 1 / (1 + np.exp(np.clip(logits[:, 0] - logits[:, 1], -700, 700)))

    def _predict(self, tokens: Sequence[str], probability: float) -> Prediction:
        words = [token for token in tokens if any(map(str.isalpha, token)) and token[0] != "<"]
        counted = words or tokens  # of a text without words, 10/10 or a face, all that there is
        num_known = sum(token in self.vocabulary for token in counted)
        coverage = num_known / len(counted) if counted else 0.0
        if not num_known or (num_known + 1) / (len(counted) + 1) < MIN_COVERAGE:
            return Prediction("unsure", 0.5, coverage)
        return Prediction("positive" if probability >= self.threshold else "negative", probability, coverage)
