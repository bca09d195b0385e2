"""Which words changed a score: each is left out in turn and the rest scored (occlusion, Zeiler and Fergus 2014)."""

from collections.abc import Sequence

import numpy as np

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.text.check import check_text
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import UNKNOWN

WordChange = tuple[str, float]


def explain(classifier: SentimentClassifier, text: str) -> list[WordChange]:
    """Return every token of a text, in order, with what it adds to a probability: 0.2 means 0.2 less without it.

    That is the score: of two labels the probability of the last one, positive; of more that of the text's likeliest.
    A token is left out by putting "unknown" in its place, so words that the model does not know, and those in the
    middle of a text that is longer than it reads, add 0.0. An empty text gives []. Raises TypeError for what is no str.
    """
    check_text(text)
    tokens = tokenize(text)
    row = classifier.vocabulary.encode(tokens, classifier.max_length)
    indices = _encoded_indices(len(tokens), classifier.max_length)
    known = [position for position in range(len(indices)) if row[position] != UNKNOWN]
    variants = np.repeat(row[None], len(known) + 1, axis=0)
    variants[np.arange(1, len(variants)), known] = UNKNOWN
    whole, *without = classifier.probabilities(list(variants))
    label = 1 if len(whole) == 2 else whole.argmax()
    changes = {
        indices[position]: float(whole[label] - scores[label]) for position, scores in zip(known, without, strict=True)
    }
    return [(token, changes.get(index, 0.0)) for index, token in enumerate(tokens)]


def largest_changes(changes: Sequence[WordChange], max_words: int = 6, min_change: float = 0.01) -> list[WordChange]:
    """Return the tokens that changed the score most, by at least `min_change`, in the order of the text."""
    candidates = [index for index, (_, change) in enumerate(changes) if abs(change) >= min_change]
    return [
        changes[index] for index in sorted(sorted(candidates, key=lambda index: -abs(changes[index][1]))[:max_words])
    ]


def _encoded_indices(count: int, max_length: int) -> list[int]:
    """Return which of `count` tokens `Vocabulary.encode` keeps: the first half and the last."""
    if count <= max_length:
        return list(range(count))
    return [*range((max_length + 1) // 2), *range(count - max_length // 2, count)]
