"""Tokens of reviews → a vector for each word, learned from the words around it (word2vec: Mikolov et al. 2013)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from gensim.models import FastText, KeyedVectors, Word2Vec

from brandlens import io
from brandlens.config.sentiment import Embed
from brandlens.errors import UserError
from brandlens.sentiment.text.vocabulary import PAD, SPECIAL, UNKNOWN, Vocabulary

MAX_TEXT = 10_000  # tokens; gensim reads no further in one text
BUCKETS = 1 << 18  # vectors that fasttext's groups of 3 to 6 letters share: as much memory as so many words'


def train_embeddings(
    texts: Sequence[Sequence[str]], cfg: Embed, seed: int, on_progress: Callable[[int], object] = lambda count: None
) -> tuple[Vocabulary, np.ndarray]:
    """Return the vocabulary of these texts, given as tokens, and its vectors: (words, vector_size) float32.

    PAD has zeros, UNKNOWN the mean of all words. With one worker the same texts, config and seed give the same
    vectors. fasttext (Bojanowski et al. 2017) also gives vectors to words rarer than `min_count`, from their letters
    alone, up to `max_vocab_size`. on_progress: called with 1 after each text that is read, in every epoch.
    Raises UserError when no word occurs often enough.
    """
    counts = Counter(token for text in texts for token in text)
    trained = Vocabulary.from_counts(counts, cfg.min_count, cfg.max_vocab_size)
    if len(trained) <= len(SPECIAL):
        raise UserError(f"{len(texts):,} reviews with no word {cfg.min_count} times; lower sentiment.embed.min_count")
    model = _model(cfg, cfg.vector_size, seed)
    _train(model, _Corpus(texts, on_progress), trained, counts, cfg.epochs)
    vocabulary = Vocabulary.from_counts(counts, 1, cfg.max_vocab_size) if cfg.method == "fasttext" else trained
    vectors = np.zeros((len(vocabulary), cfg.vector_size), np.float32)
    vectors[2:] = [model.wv[word] for word in vocabulary.words[2:]]
    vectors[UNKNOWN] = vectors[2:].mean(axis=0)
    return vocabulary, vectors


def train_beside(
    texts: Sequence[Sequence[str]],
    vocabulary: Vocabulary,
    counts: Mapping[str, int],
    fixed: Mapping[str, np.ndarray],
    cfg: Embed,
    seed: int,
    on_progress: Callable[[int], object] = lambda count: None,
) -> KeyedVectors:
    """Return vectors of the vocabulary, of which the fixed ones, (size,) float32 by word, are not trained.

    counts: of the texts' tokens. on_progress: as `train_embeddings` takes it.
    """
    model = _model(cfg, len(next(iter(fixed.values()))), seed)

    def put_fixed() -> None:
        model.wv.vectors_lockf = np.ones(len(model.wv), np.float32)
        for word, vector in fixed.items():
            index = model.wv.key_to_index[word]
            model.wv.vectors[index], model.wv.vectors_lockf[index] = vector, 0

    _train(model, _Corpus(texts, on_progress), vocabulary, counts, cfg.epochs, put_fixed)
    return model.wv


def _train(
    model: Word2Vec,
    corpus: "_Corpus",
    vocabulary: Vocabulary,
    counts: Mapping[str, int],
    epochs: int,
    on_built: Callable[[], object] = lambda: None,
) -> None:
    """Train a model on the words of a vocabulary. on_built: called when the words have their first vectors."""
    frequencies = {word: counts[word] for word in vocabulary.words[len(SPECIAL) :]}
    model.build_vocab_from_freq(frequencies, corpus_count=len(corpus.texts))
    on_built()
    model.train(corpus, total_examples=len(corpus.texts), total_words=sum(counts.values()), epochs=epochs)


class _Corpus:
    """Texts, the longest in pieces, that can be read again and again, and report each that is read."""

    def __init__(self, texts: Sequence[Sequence[str]], on_progress: Callable[[int], object]) -> None:
        self.texts = [text[i : i + MAX_TEXT] for text in texts for i in range(0, len(text), MAX_TEXT)]
        self.on_progress = on_progress

    def __iter__(self) -> Iterator[Sequence[str]]:
        for text in self.texts:
            yield text
            self.on_progress(1)


def _model(cfg: Embed, vector_size: int, seed: int) -> Word2Vec:
    options = {
        "vector_size": vector_size, "sg": int(cfg.architecture == "skipgram"), "window": cfg.window,
        "negative": cfg.negative, "workers": cfg.workers, "seed": seed, "min_count": 1,
    }  # fmt: skip
    return FastText(bucket=BUCKETS, **options) if cfg.method == "fasttext" else Word2Vec(**options)


def save(folder: Path, vocabulary: Vocabulary, vectors: np.ndarray) -> None:
    """Write vocabulary.txt and vectors.npy to a folder."""
    vocabulary.save(folder / "vocabulary.txt")
    np.save(folder / "vectors.npy", vectors)


def load(folder: Path) -> tuple[Vocabulary, np.ndarray]:
    """Read what `save` wrote. Raises UserError when there is nothing, or vocabulary and vectors do not fit."""
    vocabulary = Vocabulary.load(folder / "vocabulary.txt")
    with io.reading(folder / "vectors.npy", "run: dvc repro sentiment-embed"):
        vectors = np.load(folder / "vectors.npy")
    if vectors.ndim != 2 or len(vectors) != len(vocabulary) or vectors[PAD].any():
        raise UserError(
            f"{folder}: {vectors.shape} vectors for {len(vocabulary)} words; run: dvc repro --force sentiment-embed"
        )
    return vocabulary, vectors.astype(np.float32)
