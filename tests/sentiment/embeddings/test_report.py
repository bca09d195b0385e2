import csv

import cv2
import numpy as np
import pytest

from brandlens.sentiment.embeddings import report
from brandlens.sentiment.text.vocabulary import SPECIAL, Vocabulary

FEW = Vocabulary((*SPECIAL, "the", "good", "bad", "fine", "poor"))
TEXTS = [["the", "good", "good"], ["the", "good", "fine"], ["the", "bad", "unheard"], ["the", "bad", "poor"], ["the"]]
LABELS = np.array([1, 1, 0, 0, 1])
WAYS = np.array([[0, 0], [1, 1], [1, 1], [2, 0.1], [-1, 0], [5, 0], [-3, 0.1]], np.float32)


@pytest.mark.parametrize(
    ("texts", "labels", "count", "praise", "blame"),
    [
        pytest.param([], [], 3, [], [], id="no reviews"),
        pytest.param(TEXTS, LABELS, 0, [], [], id="none wanted"),
        pytest.param(TEXTS, LABELS, 1, ["good"], ["bad"], id="the most telling"),
        pytest.param(TEXTS, LABELS, 9, ["good", "fine"], ["bad", "poor"], id="all that lean, unknown ones never"),
    ],
)
def test_telling(texts, labels, count, praise, blame):
    found = report.informative_words(texts, np.array(labels), FEW, count)
    assert [word for word, score in found.items() if score > 0] == praise
    assert [word for word, score in found.items() if score < 0] == blame


def test_a_word_of_every_review_tells_nothing():
    texts = [["the", "good"]] * 30 + [["the", "bad"]] * 5 + [["fine"]] * 30
    assert "the" not in report.informative_words(texts, np.array([1] * 30 + [0] * 35), FEW, 5)


@pytest.mark.parametrize(
    ("count", "near"),
    [(0, []), (1, ["fine"]), (9, ["fine", "the", "poor", "bad"])],
    ids=["none", "one", "all there are"],
)
def test_neighbours(count, near):
    assert report.neighbours(["good"], FEW, WAYS, count) == [near]


def test_rare_words_are_no_neighbours(monkeypatch):
    monkeypatch.setattr(report, "COMMONEST", 5)  # the specials, the, good, bad
    assert report.neighbours(["good", "poor"], FEW, WAYS, 9) == [["the", "bad"], ["bad", "the", "good"]]


def many(count: int) -> tuple[Vocabulary, np.ndarray]:
    """Words whose vectors lie in two bundles, even and odd ones."""
    random = np.random.default_rng(1)
    centres = np.array([[3.0, 0, 0, 0], [0, 3, 0, 0]])
    rows = centres[np.arange(count) % 2] + random.normal(0, 0.3, (count, 4))
    return Vocabulary((*SPECIAL, *(f"w{at}" for at in range(count)))), np.vstack([np.zeros((2, 4)), rows])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 11, 12, 60])
def test_layout_keeps_like_words_together(count):
    vocabulary, ways = many(count)
    places = report.tsne_layout(list(vocabulary.words[2:]), vocabulary, ways, seed=1)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert np.array_equal(places, report.tsne_layout(list(vocabulary.words[2:]), vocabulary, ways, seed=1))
    if count > 3:
        even, odd = places[::2], places[1::2]
        apart = np.linalg.norm(even.mean(axis=0) - odd.mean(axis=0))
        assert apart > 2 * max(even.std(axis=0).max(), odd.std(axis=0).max())


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_write_neighbours(tmp_path):
    report.write_neighbours({"good": 2.0, ",": -1.0}, [["fine", "poor"], []], tmp_path / "deep" / "near.csv")
    assert rows(tmp_path / "deep" / "near.csv") == [
        {"word": "good", "leaning": "positive", "neighbours": "fine poor"},
        {"word": ",", "leaning": "negative", "neighbours": ""},
    ]


@pytest.mark.parametrize("telling", [{}, {"good": 2.0, "$": -1.0, "$$_x^": 1.0}], ids=["nothing", "some"])
def test_write_map(tmp_path, telling):
    places = np.arange(2.0 * len(telling)).reshape(-1, 2)
    report.write_map(telling, places, tmp_path / "map.csv", tmp_path / "deep" / "map.png")
    found = rows(tmp_path / "map.csv")
    assert [row["word"] for row in found] == list(telling)
    assert [float(row["y"]) for row in found] == places[:, 1].tolist()
    assert cv2.imread(str(tmp_path / "deep" / "map.png")).std() > 0
