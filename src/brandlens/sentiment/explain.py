"""Which words moved a score: each is taken away in turn and the rest scored (occlusion, Zeiler and Fergus 2014)."""

from collections.abc import Sequence

import numpy as np

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import UNKNOWN

Change = tuple[str, float]


def explain(classifier: SentimentClassifier, text: str) -> list[Change]:
    """Every token of a text, in its order, with what it adds to the score: 0.2 means that without it there is 0.2 less.

    A token is taken away by putting "unknown" in its place, so words that the model does not know, and those in the
    middle of a text that is longer than it reads, add 0.0. An empty text gives [].
    """
    words = tokenize(text)
    row = classifier.vocabulary.encode(words, classifier.longest)
    read = _read(len(words), classifier.longest)
    known = [at for at in range(len(read)) if row[at] != UNKNOWN]
    variants = np.repeat(row[None], len(known) + 1, axis=0)
    variants[np.arange(1, len(variants)), known] = UNKNOWN
    whole, *without = classifier.probabilities(list(variants))
    changes = dict(zip((read[at] for at in known), (float(whole - each) for each in without), strict=True))
    return [(word, changes.get(at, 0.0)) for at, word in enumerate(words)]


def telling(changes: Sequence[Change], most: int = 6, least: float = 0.01) -> list[Change]:
    """The tokens that moved the score most, at least by `least`, in the order of the text."""
    kept = [at for at, (_, change) in enumerate(changes) if abs(change) >= least]
    return [changes[at] for at in sorted(sorted(kept, key=lambda at: -abs(changes[at][1]))[:most])]


def _read(count: int, longest: int) -> list[int]:
    """The places of those of `count` tokens that `Vocabulary.encode` keeps: the first half and the last."""
    if count <= longest:
        return list(range(count))
    return [*range((longest + 1) // 2), *range(count - longest // 2, count)]
