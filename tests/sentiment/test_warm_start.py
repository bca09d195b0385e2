"""A warm start carries words and weights over, and refuses what does not fit."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import config
from brandlens.config.sentiment import ModelTraining, Train
from brandlens.errors import ModelError
from brandlens.sentiment import warm_start
from brandlens.sentiment.batches import predict_logits
from brandlens.sentiment.models import registry
from brandlens.sentiment.text.vocabulary import PAD, SPECIAL, UNKNOWN, Vocabulary
from brandlens.sentiment.warm_start import WarmStart

EARLIER = Vocabulary((*SPECIAL, *(f"w{index}" for index in range(12))))
OWN = Vocabulary((*SPECIAL, *(f"w{index}" for index in range(10, -1, -1)), "new"))
SIZE = 3
TURN = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])


@pytest.fixture(scope="module")
def trained(cfg: ModelTraining) -> keras.Model:
    keras.utils.set_random_seed(1)
    vectors = np.random.default_rng(1).normal(size=(len(EARLIER), SIZE)).astype(np.float32)
    return registry.find("bilstm").build(vectors, cfg, 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, trained: keras.Model) -> Path:
    tmp_path = tmp_path_factory.mktemp("movies")
    EARLIER.save(tmp_path / "vocabulary.txt")
    trained.save(tmp_path / "model.keras")
    before = [{"name": "word vectors", "source": "glove", "license": "PDDL-1.0", "sha256": "0" * 64}]
    provenance = {"model": "bilstm", "source": "imdb", "pretrained": before}
    card = {"format": 1, "kind": "sentiment", "provenance": provenance}
    (tmp_path / "model.json").write_text(json.dumps(card))
    return tmp_path


@pytest.fixture(scope="module")
def start(folder: Path) -> WarmStart:
    start = warm_start.read(train_section(folder))
    assert start is not None
    return start


@pytest.fixture(autouse=True)
def no_graphs(eagerly: None) -> None:
    """Build no graphs."""


def train_section(folder: Path | None) -> Train:
    section = config.load(Path(__file__).parents[2] / "params.yaml").sentiment.train
    return replace(section, start_from=None if folder is None else str(folder))


def own_vectors(earlier: np.ndarray) -> np.ndarray:
    """Vectors of OWN that are the earlier ones turned, and moved by 1; that of "new" is the turned w1 + w2."""
    ids = [EARLIER.ids.get(word, UNKNOWN) for word in OWN.words]
    vectors = earlier[ids] @ TURN + 1
    vectors[OWN.ids["new"]] = (earlier[EARLIER.ids["w1"]] + earlier[EARLIER.ids["w2"]]) @ TURN + 1
    return vectors.astype(np.float32)


def test_from_scratch() -> None:
    vectors = np.zeros((len(OWN), 2), np.float32)
    beginning = warm_start.begin(train_section(None), OWN, vectors)
    assert beginning == warm_start.Beginning(OWN, vectors, None, (), ())


def test_from_an_earlier_model(folder: Path) -> None:
    beginning = warm_start.begin(train_section(folder), OWN, np.zeros((len(OWN), 2), np.float32))
    assert len(beginning.vectors) == len(beginning.vocabulary) == len(OWN) + 1
    assert {path.name for path in beginning.files} == {"model.keras", "vocabulary.txt"}
    assert len(beginning.pretrained) == 2
    assert beginning.initialize is not None


def test_words_are_merged(start: WarmStart, trained: keras.Model) -> None:
    earlier = trained.get_layer("embedding").get_weights()[0]
    vocabulary, vectors = start.merge(OWN, own_vectors(earlier))
    assert vocabulary.words == (*OWN.words, "w11")
    assert not vectors[PAD].any()
    for word in ("w0", "w10", "w11", SPECIAL[UNKNOWN]):
        assert np.array_equal(vectors[vocabulary.ids[word]], earlier[EARLIER.ids[word]])
    expected = earlier[EARLIER.ids["w1"]] + earlier[EARLIER.ids["w2"]]
    assert np.allclose(vectors[vocabulary.ids["new"]], expected, atol=0.1)


def test_too_few_shared_words_for_a_map(start: WarmStart, trained: keras.Model) -> None:
    vocabulary, vectors = start.merge(Vocabulary((*SPECIAL, "w1", "new")), np.ones((4, 2), np.float32))
    mean = trained.get_layer("embedding").get_weights()[0][2:].mean(axis=0)
    assert np.allclose(vectors[vocabulary.ids["new"]], mean)


def test_weights_are_carried_over(start: WarmStart, trained: keras.Model, cfg: ModelTraining) -> None:
    vocabulary, vectors = start.merge(OWN, own_vectors(trained.get_layer("embedding").get_weights()[0]))
    extra = np.zeros((len(vectors), 1), np.float32)  # as a log-count ratio would be
    network = registry.find("bilstm").build(np.concatenate([vectors, extra], axis=1), cfg, 2)
    start.carry_over(network, vectors)
    words = ["w3", "w11", "w7"]
    earlier, now = (vocabulary_.encode(words, 9) for vocabulary_ in (EARLIER, vocabulary))
    assert np.allclose(predict_logits(network, [now]), predict_logits(trained, [earlier]), atol=1e-6)


def test_what_the_training_started_from(start: WarmStart, folder: Path) -> None:
    vectors, model = start.pretrained()
    assert (vectors.source, vectors.license) == ("glove", "PDDL-1.0")
    assert model.name == f"{folder.as_posix()}, an earlier bilstm trained on imdb"
    assert len(model.sha256) == 64


def test_refusals(start: WarmStart, folder: Path, tmp_path: Path, cfg: ModelTraining) -> None:
    vectors = np.zeros((len(OWN), SIZE), np.float32)
    wider = registry.find("bilstm").build(vectors, replace(cfg, units=5), 2)
    with pytest.raises(ModelError, match=r"layer lstm_forward has weights of shapes .*set units as they were there"):
        start.carry_over(wider, vectors)
    with pytest.raises(ModelError, match=r"is a bilstm, and sentiment\.train\.model is snowdon"):
        warm_start.read(replace(train_section(folder), model="snowdon"))
    with pytest.raises(ModelError, match=r"14 word vectors for 3 words in vocabulary\.txt"):
        replace(start, vocabulary=Vocabulary((*SPECIAL, "w1"))).merge(OWN, vectors)
    for name, message in (("vocabulary.txt", "no such file"), ("model.keras", "no model.keras here"),
                          ("model.json", "no model.json here")):  # fmt: skip
        incomplete = tmp_path / name.removesuffix(".json")
        shutil.copytree(folder, incomplete)
        (incomplete / name).unlink()
        with pytest.raises(ModelError, match=message):
            warm_start.read(train_section(incomplete))


def test_other_labels_begin_their_layer_anew(start: WarmStart, trained: keras.Model, cfg: ModelTraining) -> None:
    vocabulary, vectors = start.merge(OWN, own_vectors(trained.get_layer("embedding").get_weights()[0]))
    del vocabulary
    network = registry.find("bilstm").build(vectors, cfg, 3)
    before = network.get_layer("label").get_weights()
    start.carry_over(network, vectors, ("negative", "neutral", "positive"))
    for old, new in zip(before, network.get_layer("label").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    forward = [net.get_layer("lstm_forward").get_weights()[0] for net in (network, trained)]
    np.testing.assert_array_equal(*forward)
    assert start.labels == ("negative", "positive")  # of a card that names none
