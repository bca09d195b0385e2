"""Tokens of reviews → a vector for each word, learned from the company it keeps (word2vec: Mikolov et al. 2013)."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gensim.models import FastText, Word2Vec

from brandlens.errors import UserError
from brandlens.sentiment.text.vocabulary import PAD, SPECIAL, UNKNOWN, Vocabulary

BLOCK = 10_000  # tokens; gensim reads no further in one text
LETTERS = (
    1 << 18
)  # numbers that fasttext's groups of 3 to 6 letters share: their vectors need as much memory as so many words'


@dataclass(frozen=True)
class Recipe:
    """The knobs of sentiment.embed; params.yaml says what each does."""

    method: str
    architecture: str
    size: int
    window: int
    least: int
    most: int
    epochs: int
    negative: int
    workers: int
    seed: int


def train_embeddings(
    texts: Sequence[Sequence[str]], recipe: Recipe, progress: Callable[[int], object] = lambda count: None
) -> tuple[Vocabulary, np.ndarray]:
    """The vocabulary of these texts, given as tokens, and its vectors: (words, size) float32.

    PAD has zeros, UNKNOWN the mean of all words. With one worker the same texts and recipe give the same vectors.
    fasttext (Bojanowski et al. 2017) also gives vectors to words rarer than `least`, from their letters alone, as far
    as `most` reaches. progress: called with the number of texts read, after each, in every epoch.
    Raises UserError when no word occurs often enough.
    """
    counts = Counter(token for text in texts for token in text)
    common = Vocabulary.of(counts, recipe.least, recipe.most)
    if len(common) <= len(SPECIAL):
        raise UserError(f"{len(texts):,} reviews with no word {recipe.least} times; lower sentiment.embed.least")
    corpus = _Corpus([text[at : at + BLOCK] for text in texts for at in range(0, len(text), BLOCK)], progress)
    model = _model(recipe)
    model.build_vocab_from_freq({word: counts[word] for word in common.words[2:]}, corpus_count=len(corpus.texts))
    model.train(corpus, total_examples=len(corpus.texts), total_words=counts.total(), epochs=recipe.epochs)
    vocabulary = Vocabulary.of(counts, 1, recipe.most) if recipe.method == "fasttext" else common
    vectors = np.zeros((len(vocabulary), recipe.size), np.float32)
    vectors[2:] = [model.wv[word] for word in vocabulary.words[2:]]
    vectors[UNKNOWN] = vectors[2:].mean(axis=0)
    return vocabulary, vectors


class _Corpus:
    """Texts that can be read again and again, and tell how far."""

    def __init__(self, texts: Sequence[Sequence[str]], progress: Callable[[int], object]) -> None:
        self.texts, self.progress = texts, progress

    def __iter__(self) -> Iterator[Sequence[str]]:
        for text in self.texts:
            yield text
            self.progress(1)


def _model(recipe: Recipe) -> Word2Vec:
    knobs = {
        "vector_size": recipe.size, "sg": int(recipe.architecture == "skipgram"), "window": recipe.window,
        "negative": recipe.negative, "workers": recipe.workers, "seed": recipe.seed, "min_count": 1,
    }  # fmt: skip
    return FastText(bucket=LETTERS, **knobs) if recipe.method == "fasttext" else Word2Vec(**knobs)


def save(folder: Path, vocabulary: Vocabulary, vectors: np.ndarray) -> None:
    """Write vocabulary.txt and vectors.npy to a folder."""
    vocabulary.save(folder / "vocabulary.txt")
    np.save(folder / "vectors.npy", vectors)


def load(folder: Path) -> tuple[Vocabulary, np.ndarray]:
    """What `save` wrote. Raises UserError when there is nothing, or vocabulary and vectors do not fit."""
    vocabulary = Vocabulary.load(folder / "vocabulary.txt")
    try:
        vectors = np.load(folder / "vectors.npy")
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / 'vectors.npy'}: {error}; run: dvc repro sentiment-embed") from None
    if vectors.ndim != 2 or len(vectors) != len(vocabulary) or vectors[PAD].any():
        raise UserError(
            f"{folder}: {vectors.shape} vectors for {len(vocabulary)} words; run: dvc repro --force sentiment-embed"
        )
    return vocabulary, vectors.astype(np.float32)
