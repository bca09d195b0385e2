import csv

import cv2
import numpy as np
import pytest

from brandlens.datasets.reviews import TWO_LABELS
from brandlens.sentiment.embeddings import report
from brandlens.sentiment.text.vocabulary import SPECIAL, Vocabulary

VOCABULARY = Vocabulary((*SPECIAL, "the", "good", "bad", "fine", "poor"))
TEXTS = [["the", "good", "good"], ["the", "good", "fine"], ["the", "bad", "unheard"], ["the", "bad", "poor"], ["the"]]
LABELS = np.array([1, 1, 0, 0, 1])
VECTORS = np.array([[0, 0], [1, 1], [1, 1], [2, 0.1], [-1, 0], [5, 0], [-3, 0.1]], np.float32)


@pytest.mark.parametrize(
    ("texts", "labels", "count", "positive", "negative"),
    [
        pytest.param([], [], 3, [], [], id="no reviews"),
        pytest.param(TEXTS, LABELS, 0, [], [], id="none wanted"),
        pytest.param(TEXTS, LABELS, 1, ["good"], ["bad"], id="the most informative"),
        pytest.param(TEXTS, LABELS, 9, ["good", "fine"], ["bad", "poor"], id="all that differ, unknown ones never"),
    ],
)
def test_informative_words(texts, labels, count, positive, negative):
    words = report.informative_words(texts, np.array(labels), VOCABULARY, count, TWO_LABELS)
    assert list(words.items()) == [(word, "positive") for word in positive] + [(word, "negative") for word in negative]


def test_a_word_of_every_review_is_not_informative():
    texts = [["the", "good"]] * 30 + [["the", "bad"]] * 5 + [["fine"]] * 30
    assert "the" not in report.informative_words(texts, np.array([1] * 30 + [0] * 35), VOCABULARY, 5, TWO_LABELS)


@pytest.mark.parametrize(
    ("count", "neighbors"),
    [(0, []), (1, ["fine"]), (9, ["fine", "the", "poor", "bad"])],
    ids=["none", "one", "all there are"],
)
def test_nearest_words(count, neighbors):
    assert report.nearest_words(["good"], VOCABULARY, VECTORS, count) == [neighbors]


def test_rare_words_are_no_neighbors(monkeypatch):
    monkeypatch.setattr(report, "NUM_COMMONEST", 5)  # the specials, the, good, bad
    assert report.nearest_words(["good", "poor"], VOCABULARY, VECTORS, 9) == [["the", "bad"], ["bad", "the", "good"]]


def many(count: int) -> tuple[Vocabulary, np.ndarray]:
    """Words whose vectors lie in two clusters, even and odd ones."""
    random = np.random.default_rng(1)
    centers = np.array([[3.0, 0, 0, 0], [0, 3, 0, 0]])
    rows = centers[np.arange(count) % 2] + random.normal(0, 0.3, (count, 4))
    return Vocabulary((*SPECIAL, *(f"w{index}" for index in range(count)))), np.vstack([np.zeros((2, 4)), rows])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 11, 12, 60])
def test_layout_keeps_similar_words_together(count):
    vocabulary, vectors = many(count)
    positions = report.tsne_layout(list(vocabulary.words[2:]), vocabulary, vectors, seed=1)
    assert positions.shape == (count, 2)
    assert np.isfinite(positions).all()
    assert np.array_equal(positions, report.tsne_layout(list(vocabulary.words[2:]), vocabulary, vectors, seed=1))
    if count > 3:
        even, odd = positions[::2], positions[1::2]
        distance = np.linalg.norm(even.mean(axis=0) - odd.mean(axis=0))
        assert distance > 2 * max(even.std(axis=0).max(), odd.std(axis=0).max())


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_write_neighbors(tmp_path):
    report.write_neighbors(
        {"good": "positive", ",": "negative"}, [["fine", "poor"], []], tmp_path / "deep" / "near.csv"
    )
    assert rows(tmp_path / "deep" / "near.csv") == [
        {"word": "good", "label": "positive", "neighbors": "fine poor"},
        {"word": ",", "label": "negative", "neighbors": ""},
    ]


@pytest.mark.parametrize(
    "scores", [{}, {"good": "positive", "$": "negative", "$$_x^": "positive"}], ids=["nothing", "some"]
)
def test_write_map(tmp_path, scores):
    positions = np.arange(2.0 * len(scores)).reshape(-1, 2)
    report.write_map(scores, positions, tmp_path / "map.csv", tmp_path / "deep" / "map.png")
    table = rows(tmp_path / "map.csv")
    assert [row["word"] for row in table] == list(scores)
    assert [float(row["y"]) for row in table] == positions[:, 1].tolist()
    assert cv2.imread(str(tmp_path / "deep" / "map.png")).std() > 0
