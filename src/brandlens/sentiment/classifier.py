"""An exported model, ready to run: `SentimentClassifier.load(folder).score(texts)`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from brandlens import model_card, onnx_runtime
from brandlens.datasets.reviews import TWO_LABELS
from brandlens.errors import ModelError
from brandlens.metrics.calibration import softmax
from brandlens.sentiment import inference
from brandlens.sentiment.text import tokenizer
from brandlens.sentiment.text.check import iterate_texts
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import SPECIAL, UNKNOWN, Vocabulary

NETWORK, INT8_NETWORK, VOCABULARY = "network.onnx", "network-int8.onnx", "vocabulary.txt"
CHUNK = 1024  # texts that are tokenized while the network reads as many
# Share of known words below which a text is taken for another language, one more known word granted to every text: with
# 28,893 words of movie reviews it turned away 32 of 36 texts in other languages, and 0.2 % of 5,734 about products.
MIN_COVERAGE = 0.6
# Share of the vocabulary's commonest words below which a text is taken for another language, counted in the same way.
# Chosen on 220 texts in 26 languages and 5,734 English sentences about products and restaurants: with the 3,276 words
# of the built-in sample 98.2 % and 0.10 % of them were below, with 28,891 words of movie reviews 95.9 % and 0.19 %.
MIN_COMMON = 0.4
NUM_COMMON = 2998  # words, as they were counted there: 3,000 ids less those of the special tokens
MIN_WORDS = 3  # of a text, to say anything of its language
MIN_VOCABULARY = 1000  # a smaller vocabulary lacks many words of its own language
NO_WORDS, FEW_KNOWN, OTHER_LANGUAGE = "no words", "too few known words", "another language"
UNSURE = "unsure"


@dataclass(frozen=True)
class Prediction:
    """The answer to a text.

    label: one of the classifier's, or UNSURE: a text with no known word or too few of them (MIN_COVERAGE), such as one
    in another language. score: from 0 to 1; of two labels the probability of the last one, positive, whatever the label
    is; of more the probability of the label. coverage: share of its words that the model knows, from 0 to 1; of a text
    without words, of its other tokens. scores: the probability of each label; they are all the same where the label is
    UNSURE. reason: why the label is UNSURE, one of NO_WORDS, FEW_KNOWN and OTHER_LANGUAGE; None where it is not.
    """

    label: str
    score: float
    coverage: float
    scores: Mapping[str, float]
    reason: str | None = None


def decide(probabilities: np.ndarray, threshold: float, *, ordered: bool = False) -> np.ndarray:
    """Return (n,) int64 class numbers of (n, labels) probabilities.

    Of two labels the last one, where its probability reaches the threshold; of more the likeliest. Of more that are
    ordered the median: the first that, with those below it, has half of the probability. No other is nearer to the
    label on average (docs/results.md).
    """
    probabilities = np.asarray(probabilities)
    if probabilities.shape[1] == 2:
        return (probabilities[:, 1] >= threshold).astype(np.int64)
    if ordered:
        return (probabilities.cumsum(axis=1)[:, :-1] < probabilities.sum(axis=1, keepdims=True) / 2).sum(axis=1)
    return probabilities.argmax(axis=1)


@dataclass(frozen=True)
class SentimentClassifier:
    """A classifier of reviews, such as positive or negative, with all that it needs; made by `load`.

    max_length: tokens read of a review. threshold: of two labels, lowest score of the last one; of more none is used.
    temperature: logits are divided by it. threads: batches run at once. labels: in the order of the logits. ordered:
    whether they go from the lowest to the highest, as stars do.
    """

    network: onnxruntime.InferenceSession
    vocabulary: Vocabulary
    max_length: int
    threshold: float
    temperature: float
    provenance: dict[str, Any]
    threads: int = 1
    labels: tuple[str, ...] = TWO_LABELS
    ordered: bool = False

    @classmethod
    def load(cls, folder: Path | str, threads: int | None = None, *, int8: bool = False) -> "SentimentClassifier":
        """Return the classifier that stage sentiment-export wrote to this folder.

        threads: None for every core. int8: take the network with compressed weights, where there is one.
        Raises ModelError when the folder holds none, one of a newer format, or files that do not belong together.
        """
        folder = Path(folder)
        card = model_card.read(folder, "sentiment")
        if card.get("tokens", 1) != tokenizer.VERSION:  # cards of the first version do not say so
            raise ModelError(f"{folder}: trained on tokens of another version of brandlens; train the model again")
        try:
            max_length, threshold = int(card["max_length"]), float(card["threshold"])
            temperature, provenance = float(card["temperature"]), card["provenance"]
            labels, ordered = tuple(map(str, card.get("labels", TWO_LABELS))), bool(card.get("ordered", False))
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
        if inference.num_labels(network) != len(labels):
            raise model_card.mixed(folder, network_name)
        threads = threads or onnx_runtime.cores()
        return cls(network, vocabulary, max_length, threshold, temperature, provenance, threads, labels, ordered)

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
            "labels": list(self.labels),
            **({"ordered": True} if self.ordered else {}),
            "tokens": tokenizer.VERSION,
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
                decided = self.decide(probabilities.result())
                for tokens, scores, label in zip(token_lists, probabilities.result(), decided, strict=True):
                    yield self._predict(tokens, scores.tolist(), int(label))

    def _submit(self, texts: Iterator[str], executor: ThreadPoolExecutor) -> tuple[list[list[str]], Future] | None:
        """Return the tokens of the next texts and their probabilities to come; None at the end."""
        token_lists = [tokenize(text) for text in islice(texts, CHUNK)]
        if not token_lists:
            return None
        rows = [self.vocabulary.encode(tokens, self.max_length) for tokens in token_lists]
        return token_lists, executor.submit(self.probabilities, rows)

    def probabilities(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Return (n, labels) float64 probabilities of reviews as (t,) int32 ids of tokens."""
        logits = inference.predict_logits(self.network, rows, self.threads).astype(np.float64) / self.temperature
        return softmax(np.maximum(logits, logits.max(axis=1, keepdims=True) - 700))  # further down, powers underflow

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Return (n,) int64 class numbers of (n, labels) probabilities, see `decide`."""
        return decide(probabilities, self.threshold, ordered=self.ordered)

    def _predict(self, tokens: Sequence[str], scores: Sequence[float], label: int) -> Prediction:
        words = [token for token in tokens if any(map(str.isalpha, token)) and token[0] != "<"]
        counted = words or tokens  # of a text without words, 10/10 or a face, all that there is
        num_known = sum(self.vocabulary.id_of(token) > UNKNOWN for token in counted)
        coverage = num_known / len(counted) if counted else 0.0
        if reason := self._doubt(words, num_known, len(counted)):
            even = 1 / len(self.labels)
            return Prediction(UNSURE, even, coverage, dict.fromkeys(self.labels, even), reason)
        score = scores[1] if len(scores) == 2 else scores[label]
        return Prediction(self.labels[label], score, coverage, dict(zip(self.labels, scores, strict=True)))

    def _doubt(self, words: Sequence[str], num_known: int, num_counted: int) -> str | None:
        """Return why a text cannot be scored; None where it can be."""
        if not num_counted:
            return NO_WORDS
        if len(words) >= MIN_WORDS and len(self.vocabulary) >= MIN_VOCABULARY:
            num_common = sum(word in self._common for word in words)
            if (num_common + 1) / (len(words) + 1) < MIN_COMMON:
                return OTHER_LANGUAGE
        return FEW_KNOWN if not num_known or (num_known + 1) / (num_counted + 1) < MIN_COVERAGE else None

    @cached_property
    def _common(self) -> frozenset[str]:
        return frozenset(self.vocabulary.words[len(SPECIAL) : len(SPECIAL) + NUM_COMMON])
