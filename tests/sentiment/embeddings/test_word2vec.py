from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from brandlens.errors import ModelError, UserError
from brandlens.sentiment.embeddings import word2vec
from brandlens.sentiment.embeddings.word2vec import Recipe, train_embeddings
from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN

RECIPE = Recipe(
    method="word2vec", architecture="skipgram", size=16, window=3, least=2, most=1000, epochs=5, negative=5, workers=1,
    seed=1,
)  # fmt: skip


def texts(count: int = 400) -> list[list[str]]:
    """Ten beasts are spoken of in the same words, and ten wagons in others."""
    random = np.random.default_rng(5)
    found = []
    for _ in range(count):
        name, word = (("beast", "furry"), ("wagon", "motor"))[random.integers(2)]
        found.append([f"{kind}{at}" for kind, at in zip((word, name, word), random.integers(10, size=3), strict=True)])
    return [*found, ["furry99"]]


def likeness(vocabulary, learned, one, other):
    """The mean cosine between ten words and ten."""
    first, second = (learned[[vocabulary.numbers[f"{name}{at}"] for at in range(10)]] for name in (one, other))
    ways = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in (first, second)]
    return (ways[0] @ ways[1].T).mean()


@pytest.mark.parametrize("method", ["word2vec", "fasttext"])
@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_words_in_like_company_have_like_vectors(method, architecture):
    vocabulary, learned = train_embeddings(
        texts(), replace(RECIPE, method=method, architecture=architecture, epochs=300)
    )
    assert learned.shape == (len(vocabulary), 16)
    assert learned.dtype == np.float32
    assert not learned[PAD].any()
    assert np.allclose(learned[UNKNOWN], learned[2:].mean(axis=0), atol=1e-6)
    assert likeness(vocabulary, learned, "beast", "furry") > likeness(vocabulary, learned, "beast", "motor") + 0.1
    assert likeness(vocabulary, learned, "wagon", "motor") > likeness(vocabulary, learned, "wagon", "furry") + 0.1


def test_one_worker_repeats_itself_and_the_seed_counts():
    (words, first), (_, second) = train_embeddings(texts(), RECIPE), train_embeddings(texts(), RECIPE)
    assert np.array_equal(first, second)
    other, third = train_embeddings(texts(), replace(RECIPE, seed=2))
    assert other == words
    assert not np.allclose(first, third)


def test_only_fasttext_has_vectors_of_rare_words():
    assert not train_embeddings(texts(), RECIPE)[0].known("furry99")
    vocabulary, learned = train_embeddings(texts(), replace(RECIPE, method="fasttext", epochs=100))
    assert learned[vocabulary.numbers["furry99"]].any()
    ways = learned / np.maximum(np.linalg.norm(learned, axis=1, keepdims=True), 1e-9)
    near = ways @ ways[vocabulary.numbers["furry99"]]
    mean = {name: near[[vocabulary.numbers[f"{name}{at}"] for at in range(10)]].mean() for name in ("furry", "motor")}
    assert mean["furry"] > mean["motor"] + 0.1


def test_the_vocabulary_is_bounded_and_the_commonest_come_first():
    vocabulary, learned = train_embeddings(texts(), replace(RECIPE, most=4, epochs=1))
    assert len(vocabulary) == len(learned) == 6
    counts = Counter(word for text in texts() for word in text)
    assert vocabulary.words[2:] == tuple(sorted(counts, key=lambda word: (-counts[word], word))[:4])


def test_progress_counts_every_text_in_every_epoch():
    told = []
    train_embeddings(texts(20), replace(RECIPE, epochs=3), told.append)
    assert sum(told) == 3 * 21


def test_a_long_text_is_read_to_its_end():
    """gensim alone would drop what stands after the first 10,000 tokens."""
    long = [f"filler{at % 2000}" for at in range(2 * word2vec.BLOCK)] + [word for text in texts()[:-1] for word in text]
    vocabulary, learned = train_embeddings([long], replace(RECIPE, epochs=20, most=5000))
    norms = np.linalg.norm(learned[[vocabulary.numbers[f"beast{at}"] for at in range(10)]], axis=1)
    assert norms.min() > 0.3  # vectors that were never moved have values of at most 0.5 / 16


@pytest.mark.parametrize("some", [[], [[]], [["good", "bad"]]], ids=["no texts", "an empty text", "all rare"])
def test_nothing_to_learn_from(some):
    with pytest.raises(UserError, match=r"lower sentiment\.embed\.least"):
        train_embeddings(some, RECIPE)


def test_saved_and_loaded(tmp_path):
    vocabulary, learned = train_embeddings(texts(20), replace(RECIPE, epochs=1))
    word2vec.save(tmp_path / "embedded", vocabulary, learned)
    found, again = word2vec.load(tmp_path / "embedded")
    assert found == vocabulary
    assert np.array_equal(again, learned)


def test_what_is_not_there_or_does_not_fit(tmp_path):
    with pytest.raises(ModelError, match=r"vocabulary\.txt: no such file"):
        word2vec.load(tmp_path)
    vocabulary, learned = train_embeddings(texts(20), replace(RECIPE, epochs=1))
    vocabulary.save(tmp_path / "vocabulary.txt")
    with pytest.raises(UserError, match=r"vectors\.npy.*dvc repro sentiment-embed"):
        word2vec.load(tmp_path)
    word2vec.save(tmp_path, vocabulary, learned[:-1])
    with pytest.raises(UserError, match="words; run: dvc repro"):
        word2vec.load(tmp_path)
