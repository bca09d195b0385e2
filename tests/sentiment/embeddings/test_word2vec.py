from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from brandlens.config.sentiment import Embed
from brandlens.errors import ModelError, UserError
from brandlens.sentiment.embeddings import word2vec
from brandlens.sentiment.embeddings.word2vec import train_embeddings
from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN

CFG = Embed(
    method="word2vec", vectors=None, vectors_license=None, architecture="skipgram", vector_size=16, window=3,
    min_count=2, max_vocab_size=1000, epochs=5, negative=5, workers=1,
)  # fmt: skip


def texts(count: int = 400) -> list[list[str]]:
    """Ten beasts occur with the same words, and ten wagons with others."""
    random = np.random.default_rng(5)
    rows = []
    for _ in range(count):
        name, word = (("beast", "furry"), ("wagon", "motor"))[random.integers(2)]
        numbers = random.integers(10, size=3)
        rows.append([f"{kind}{number}" for kind, number in zip((word, name, word), numbers, strict=True)])
    return [*rows, ["furry99"]]


def similarity(vocabulary, vectors, one, other):
    """The mean cosine between ten words and ten."""
    first, second = (vectors[[vocabulary.ids[f"{name}{i}"] for i in range(10)]] for name in (one, other))
    first, second = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (first, second))
    return (first @ second.T).mean()


@pytest.mark.parametrize("method", ["word2vec", "fasttext"])
@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_words_in_similar_contexts_have_similar_vectors(method, architecture):
    vocabulary, vectors = train_embeddings(
        texts(), replace(CFG, method=method, architecture=architecture, epochs=300), 1
    )
    assert vectors.shape == (len(vocabulary), 16)
    assert vectors.dtype == np.float32
    assert not vectors[PAD].any()
    assert np.allclose(vectors[UNKNOWN], vectors[2:].mean(axis=0), atol=1e-6)
    assert similarity(vocabulary, vectors, "beast", "furry") > similarity(vocabulary, vectors, "beast", "motor") + 0.1
    assert similarity(vocabulary, vectors, "wagon", "motor") > similarity(vocabulary, vectors, "wagon", "furry") + 0.1


def test_one_worker_is_deterministic_and_the_seed_matters():
    (words, first), (_, second) = train_embeddings(texts(), CFG, 1), train_embeddings(texts(), CFG, 1)
    assert np.array_equal(first, second)
    other, third = train_embeddings(texts(), CFG, 2)
    assert other == words
    assert not np.allclose(first, third)


def test_only_fasttext_has_vectors_of_rare_words():
    assert "furry99" not in train_embeddings(texts(), CFG, 1)[0]
    vocabulary, vectors = train_embeddings(texts(), replace(CFG, method="fasttext", epochs=100), 1)
    assert vectors[vocabulary.ids["furry99"]].any()
    directions = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    cosines = directions @ directions[vocabulary.ids["furry99"]]
    mean = {name: cosines[[vocabulary.ids[f"{name}{i}"] for i in range(10)]].mean() for name in ("furry", "motor")}
    assert mean["furry"] > mean["motor"] + 0.1


def test_the_vocabulary_is_bounded_and_the_commonest_come_first():
    vocabulary, vectors = train_embeddings(texts(), replace(CFG, max_vocab_size=4, epochs=1), 1)
    assert len(vocabulary) == len(vectors) == 6
    counts = Counter(word for text in texts() for word in text)
    assert vocabulary.words[2:] == tuple(sorted(counts, key=lambda word: (-counts[word], word))[:4])


def test_progress_counts_every_text_in_every_epoch():
    steps = []
    train_embeddings(texts(20), replace(CFG, epochs=3), 1, steps.append)
    assert sum(steps) == 3 * 21


def test_a_long_text_is_read_to_its_end():
    """gensim alone would drop what stands after the first 10,000 tokens."""
    long = [f"filler{i % 2000}" for i in range(2 * word2vec.MAX_TEXT)] + [
        word for text in texts()[:-1] for word in text
    ]
    vocabulary, vectors = train_embeddings([long], replace(CFG, epochs=20, max_vocab_size=5000), 1)
    norms = np.linalg.norm(vectors[[vocabulary.ids[f"beast{i}"] for i in range(10)]], axis=1)
    assert norms.min() > 0.3  # vectors that were never moved have values of at most 0.5 / 16


@pytest.mark.parametrize("corpus", [[], [[]], [["good", "bad"]]], ids=["no texts", "an empty text", "all rare"])
def test_nothing_to_learn_from(corpus):
    with pytest.raises(UserError, match=r"lower sentiment\.embed\.min_count"):
        train_embeddings(corpus, CFG, 1)


def test_saved_and_loaded(tmp_path):
    vocabulary, vectors = train_embeddings(texts(20), replace(CFG, epochs=1), 1)
    word2vec.save(tmp_path / "embedded", vocabulary, vectors)
    loaded = word2vec.load(tmp_path / "embedded")
    assert loaded[0] == vocabulary
    assert np.array_equal(loaded[1], vectors)


def test_files_that_are_missing_or_do_not_fit(tmp_path):
    with pytest.raises(ModelError, match=r"vocabulary\.txt: no such file"):
        word2vec.load(tmp_path)
    vocabulary, vectors = train_embeddings(texts(20), replace(CFG, epochs=1), 1)
    vocabulary.save(tmp_path / "vocabulary.txt")
    with pytest.raises(UserError, match=r"vectors\.npy.*dvc repro sentiment-embed"):
        word2vec.load(tmp_path)
    word2vec.save(tmp_path, vocabulary, vectors[:-1])
    with pytest.raises(UserError, match="words; run: dvc repro"):
        word2vec.load(tmp_path)
