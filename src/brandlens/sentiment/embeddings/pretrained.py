"""Tokens of reviews and a file of word vectors → a vector for each word, where the file has none by training."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from brandlens.config.sentiment import Embed
from brandlens.errors import UserError
from brandlens.io import file_digest
from brandlens.provenance import Pretrained
from brandlens.sentiment.embeddings import word2vec
from brandlens.sentiment.embeddings.vector_files import WordVectors, read_vectors
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import SPECIAL, UNKNOWN, Vocabulary

ROUNDED = 4  # decimals of a share


def pretrained_embeddings(
    texts: Sequence[Sequence[str]],
    path: Path,
    cfg: Embed,
    seed: int,
    on_progress: Callable[[int], object] = lambda count: None,
) -> tuple[Vocabulary, np.ndarray, WordVectors]:
    """Return a vocabulary, its vectors, (words, size) float32, and what was read of the file.

    texts: reviews as tokens. The vocabulary: words of the reviews that the file has, and those that occur `min_count`
    times, the commonest first; then the file's own first words, up to `max_vocab_size` in all, which reviews to come
    may have. Words that the file lacks get vectors beside the file's, which stay as they are, by `epochs` of word2vec;
    the mean vector where that is 0. PAD has zeros, UNKNOWN the mean of all words. on_progress: as `train_embeddings`
    takes it. Raises UserError for a file that cannot be read, or has none of the words.
    """
    counts = Counter(token for text in texts for token in text)
    found = read_vectors(path, counts.keys(), cfg.max_vocab_size, lambda word: tokenize(word) == [word])
    known = found.vectors
    if not any(word in known for word in counts):
        raise UserError(f"{path}: has none of the {len(counts):,} words of the reviews; name vectors of their language")
    kept = Counter({word: count for word, count in counts.items() if word in known or count >= cfg.min_count})
    own = Vocabulary.from_counts(kept, 1, cfg.max_vocab_size)
    others = [word for word in known if word not in own][: cfg.max_vocab_size + len(SPECIAL) - len(own)]
    vocabulary = Vocabulary((*own.words, *others))
    size = len(next(iter(known.values())))
    missing = [word for word in own.words[len(SPECIAL) :] if word not in known]
    vectors = np.zeros((len(vocabulary), size), np.float32)
    for index, word in enumerate(vocabulary.words):
        if word in known:
            vectors[index] = known[word]
    vectors[UNKNOWN] = np.mean([known[word] for word in vocabulary.words if word in known], axis=0)
    for word in missing:
        vectors[vocabulary.ids[word]] = vectors[UNKNOWN]
    if missing and cfg.epochs:
        fixed = {word: known[word] for word in own.words if word in known}
        trained = word2vec.train_beside(texts, own, counts, fixed, cfg, seed, on_progress)
        for word in missing:
            vectors[vocabulary.ids[word]] = trained[word]
    return vocabulary, vectors, found


def coverage(texts: Sequence[Sequence[str]], words: Vocabulary | dict[str, np.ndarray]) -> dict[str, float]:
    """Return the share of the reviews' tokens, and of their distinct words (types), that are among these words."""
    counts = Counter(token for text in texts for token in text)
    covered = [word for word in counts if word in words]
    return {
        "tokens": round(sum(counts[word] for word in covered) / max(counts.total(), 1), ROUNDED),
        "types": round(len(covered) / max(len(counts), 1), ROUNDED),
    }


def describe(path: Path, name: str, license_: str) -> Pretrained:
    """Return where the vectors come from. name: the file or the downloader's name for it, as params.yaml has it."""
    return Pretrained("word vectors", name, license_, file_digest(path))
