import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brandlens.config.sentiment import Embed
from brandlens.errors import UserError
from brandlens.sentiment.embeddings.pretrained import coverage, describe, pretrained_embeddings
from brandlens.sentiment.text.vocabulary import PAD, SPECIAL, UNKNOWN, Vocabulary

CFG = Embed(
    method="pretrained", vectors="v.txt", vectors_license=None, architecture="skipgram", vector_size=64, window=3,
    min_count=2, max_vocab_size=10, epochs=0, negative=5, workers=1,
)  # fmt: skip
TEXTS = [["good", "film"], ["good", "gadget", "rare"], ["gadget", "bad"]]
FILE = "the 1 0\ngood 0 1\nbad 0 -1\nnew_york 9 9\nof 2 0\nfilm 3 3\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "v.txt").write_text(FILE)
    return tmp_path / "v.txt"


def test_words_of_the_reviews_come_first_then_the_files(path: Path) -> None:
    vocabulary, vectors, found = pretrained_embeddings(TEXTS, path, CFG, 1)
    assert vocabulary.words == (*SPECIAL, "gadget", "good", "bad", "film", "the", "of")
    assert vectors.dtype == np.float32
    assert not vectors[PAD].any()
    assert vectors[vocabulary.ids["film"]].tolist() == [3, 3]
    assert np.allclose(vectors[UNKNOWN], np.mean([[0, 1], [0, -1], [3, 3], [1, 0], [2, 0]], axis=0))
    assert np.array_equal(vectors[vocabulary.ids["gadget"]], vectors[UNKNOWN]), "the file has none, the mean stands in"
    assert coverage(TEXTS, found.vectors) == {"tokens": 0.5714, "types": 0.6}
    assert coverage(TEXTS, vocabulary) == {"tokens": 0.8571, "types": 0.8}
    assert coverage([], vocabulary) == {"tokens": 0.0, "types": 0.0}


def test_the_vocabulary_is_bounded(path: Path) -> None:
    words = pretrained_embeddings(TEXTS * 5, path, replace(CFG, max_vocab_size=5), 1)[0].words
    assert words == (*SPECIAL, "gadget", "good", "bad", "film", "rare")


def test_missing_words_are_learned_beside_the_files(path: Path) -> None:
    steps: list[int] = []
    cfg = replace(CFG, epochs=30)
    vocabulary, vectors, _ = pretrained_embeddings(TEXTS * 20, path, cfg, 1, steps.append)
    assert sum(steps) == 30 * 60
    assert vectors[vocabulary.ids["good"]].tolist() == [0, 1], "the file's stay as they are"
    assert np.abs(vectors[vocabulary.ids["gadget"]]).max() > 0.3, "it began within 0.25"
    assert np.array_equal(vectors, pretrained_embeddings(TEXTS * 20, path, cfg, 1)[1])


def test_a_file_of_another_language(path: Path) -> None:
    with pytest.raises(UserError, match=r"has none of the 2 words of the reviews"):
        pretrained_embeddings([["gut", "schlecht"]], path, CFG, 1)


def test_describe(path: Path) -> None:
    described = describe(path, "some/v.txt", "MIT")
    assert (described.source, described.license, described.sha256) == (
        "some/v.txt",
        "MIT",
        hashlib.sha256(FILE.encode()).hexdigest(),
    )


def test_specials_are_never_covered() -> None:
    assert coverage([[SPECIAL[UNKNOWN]]], Vocabulary(SPECIAL)) == {"tokens": 0.0, "types": 0.0}
