"""The classifier: how it is saved and loaded, and that a text's prediction does not depend on the others."""

import dataclasses
import json
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens import onnx_runtime
from brandlens.errors import ModelError
from brandlens.metrics.calibration import softmax
from brandlens.sentiment import classifier as module
from brandlens.sentiment.classifier import Prediction, SentimentClassifier
from brandlens.sentiment.explain import explain
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import SPECIAL, Vocabulary

FILES = ["model.json", "network.onnx", "vocabulary.txt"]
TEXTS = st.lists(st.sampled_from(["good", "great", "bad", "awful", "the", "film", "zzz", "!"]), max_size=12).map(
    " ".join
)


def probability(logit: float, temperature: float = 2.0) -> float:
    return 1 / (1 + math.exp(-logit / temperature))


# Saved and loaded


def test_saved_and_loaded(tmp_path: Path, adding_network: bytes, classifier: SentimentClassifier) -> None:
    folder = tmp_path / "Köln" / "sentiment"
    saved = dataclasses.replace(
        classifier, max_length=5, threshold=0.625, temperature=1.5, provenance={"metrics": {"f1": 0.5}}
    )
    saved.save(folder, adding_network)
    assert sorted(path.name for path in folder.iterdir()) == FILES
    for name in (folder, str(folder)):
        loaded = SentimentClassifier.load(name)
        for field in ("vocabulary", "max_length", "threshold", "temperature", "provenance"):
            assert getattr(loaded, field) == getattr(saved, field)
        assert loaded.threads == onnx_runtime.cores()
        assert loaded.score(["a great film", "awful"]) == saved.score(["a great film", "awful"])


def test_the_int8_network_is_loaded_where_it_was_saved(
    tmp_path: Path, adding_network: bytes, classifier: SentimentClassifier
) -> None:
    classifier.save(tmp_path, adding_network, adding_network)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "network-int8.onnx", *FILES[1:]]
    assert SentimentClassifier.load(tmp_path, int8=True).score(["great"]) == classifier.score(["great"])
    classifier.save(tmp_path, adding_network)
    with pytest.raises(ModelError, match=r"network-int8\.onnx"):
        SentimentClassifier.load(tmp_path, int8=True)


def changed(folder: Path, **fields: Any) -> None:
    """Set fields of a model card; None removes them. It has no digests then, as those of older versions."""
    card = json.loads((folder / "model.json").read_text()) | {"files": None, "sha256": None} | fields
    card = {name: value for name, value in card.items() if value is not None}
    (folder / "model.json").write_text(json.dumps(card))


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Replace bytes of a file once."""
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


@pytest.mark.parametrize(
    ("spoil", "name", "message"),
    [
        pytest.param(shutil.rmtree, "", "no model.json here", id="no folder"),
        pytest.param(lambda folder: (folder / "model.json").unlink(), "", "no model.json here", id="no card"),
        pytest.param(lambda folder: (folder / "model.json").write_text(""), "model.json", "not a", id="empty"),
        pytest.param(lambda folder: (folder / "model.json").write_bytes(b"\xff"), "model.json", "not a", id="bytes"),
        pytest.param(lambda folder: (folder / "model.json").write_text("[1]"), "model.json", "not a", id="a list"),
        pytest.param(lambda folder: changed(folder, format=2), "model.json", "format 1; export it again", id="newer"),
        pytest.param(lambda folder: changed(folder, kind="logo"), "model.json", "not a sentiment", id="a logo model"),
        pytest.param(lambda folder: changed(folder, max_length=None), "model.json", "max_length", id="no length"),
        pytest.param(lambda folder: changed(folder, threshold="x"), "model.json", "export", id="no number"),
        pytest.param(
            lambda folder: changed(folder, temperature=None), "model.json", "temperature", id="no temperature"
        ),
        pytest.param(lambda folder: changed(folder, provenance=None), "model.json", "provenance", id="from nowhere"),
        pytest.param(lambda folder: (folder / "vocabulary.txt").unlink(), "vocabulary.txt", "no such", id="no words"),
        pytest.param(lambda folder: (folder / "network.onnx").unlink(), "network.onnx", "no such", id="no network"),
        pytest.param(lambda folder: (folder / "network.onnx").write_bytes(b"no"), "", "belong", id="broken"),
        pytest.param(lambda folder: rewrite(folder / "model.json", b"0.5", b"0.4"), "model.json", "not", id="edited"),
        pytest.param(lambda folder: rewrite(folder / "vocabulary.txt", b"bad", b"Bad"), "", "belong", id="other words"),
        pytest.param(
            lambda folder: (changed(folder), (folder / "network.onnx").write_bytes(b"no")),
            "network.onnx",
            "load",
            id="broken, of an older version",
        ),
        pytest.param(
            lambda folder: (changed(folder), rewrite(folder / "vocabulary.txt", b"bad\n", b"bad\nmore\n")),
            "",
            "belong",
            id="more words, of an older version",
        ),
        pytest.param(
            lambda folder: (changed(folder), rewrite(folder / "vocabulary.txt", b"bad\n", b"")),
            "",
            "belong",
            id="fewer words, of an older version",
        ),
    ],
)
def test_a_folder_that_is_no_model_is_reported_in_one_line(
    sentiment_folder: Path, tmp_path: Path, spoil: Callable[[Path], object], name: str, message: str
) -> None:
    folder = shutil.copytree(sentiment_folder, tmp_path / "sentiment")
    spoil(folder)
    with pytest.raises(ModelError) as caught:
        SentimentClassifier.load(folder)
    assert str(caught.value).startswith(f"{folder / name}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_older_card_has_no_digests(sentiment_folder: Path, tmp_path: Path, classifier: SentimentClassifier) -> None:
    folder = shutil.copytree(sentiment_folder, tmp_path / "sentiment")
    changed(folder)
    assert SentimentClassifier.load(folder).score(["good film"]) == classifier.score(["good film"])


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_reported(sentiment_folder: Path, tmp_path: Path, name: str) -> None:
    path = shutil.copytree(sentiment_folder, tmp_path / "sentiment") / name
    content = path.read_bytes()
    random = np.random.default_rng(0)
    for position, bit in zip(random.integers(0, len(content), 20), random.integers(0, 8, 20), strict=True):
        damaged = bytearray(content)
        damaged[position] ^= 1 << bit
        path.write_bytes(damaged)
        with pytest.raises(ModelError):
            SentimentClassifier.load(path.parent)


# Scores


@pytest.mark.parametrize(
    ("text", "label", "score", "coverage"),
    [
        pytest.param("", "unsure", 0.5, 0.0, id="empty"),
        pytest.param("  \n", "unsure", 0.5, 0.0, id="blank"),
        pytest.param("zzz", "unsure", 0.5, 0.0, id="no known word"),
        pytest.param("good", "positive", probability(1), 1.0, id="one word"),
        pytest.param("GREAT film!", "positive", probability(2.25), 1.0, id="capitals are no word of their own"),
        pytest.param("the film is awful", "negative", probability(-2), 1.0, id="negative"),
        pytest.param("the film", "positive", 0.5, 1.0, id="just the threshold"),
        pytest.param("!", "positive", probability(0.25), 1.0, id="no word, but a mark that is known"),
        pytest.param("?", "unsure", 0.5, 0.0, id="no word, and a mark that is not known"),
        pytest.param("good zzz", "positive", probability(1), 0.5, id="half of two known"),
        pytest.param("good zzz yyy", "unsure", 0.5, 1 / 3, id="a third of three known"),
        pytest.param("bad zzz the yyy is xxx film", "negative", probability(-1), 4 / 7, id="four of seven known"),
        pytest.param("der film war zzz und yyy !", "unsure", 0.5, 1 / 6, id="another language"),
        pytest.param("great " * 4 + "bad " * 9 + "great " * 4, "positive", probability(16), 1.0, id="a long one"),
    ],
)
def test_score(classifier: SentimentClassifier, text: str, label: str, score: float, coverage: float) -> None:
    (prediction,) = classifier.score([text])
    assert prediction.label == label
    assert prediction.score == pytest.approx(score, abs=1e-6)
    assert prediction.coverage == pytest.approx(coverage)
    assert {type(prediction.score), type(prediction.coverage)} == {float}


def test_nothing_to_score(classifier: SentimentClassifier) -> None:
    assert classifier.score([]) == []
    assert classifier.probabilities([]).shape == (0, 2)


@settings(max_examples=30)
@given(st.lists(TEXTS, max_size=12))
def test_predictions_are_in_the_order_of_the_texts(classifier: SentimentClassifier, texts: list[str]) -> None:
    alone = [classifier.score([text])[0] for text in texts]
    for threads in (1, 3):
        together = dataclasses.replace(classifier, threads=threads).score(texts)
        assert [prediction.label for prediction in together] == [prediction.label for prediction in alone]
        scores = [prediction.score for prediction in alone]
        assert [prediction.score for prediction in together] == pytest.approx(scores, abs=1e-6)


def test_threshold_and_temperature(classifier: SentimentClassifier) -> None:
    strict = dataclasses.replace(classifier, threshold=0.9, temperature=1.0)
    assert strict.score(["good", "great !"]) == [
        Prediction("negative", pytest.approx(score), 1.0, pytest.approx({"negative": 1 - score, "positive": score}))
        if score < 0.9
        else Prediction(
            "positive", pytest.approx(score), 1.0, pytest.approx({"negative": 1 - score, "positive": score})
        )
        for score in (probability(1, 1), probability(2.25, 1))
    ]


def test_extreme_logits_do_not_overflow(classifier: SentimentClassifier) -> None:
    row = np.full(8, classifier.vocabulary.ids["awful"], np.int32)
    cold = dataclasses.replace(classifier, temperature=1e-6)
    with np.errstate(all="raise"):
        assert cold.probabilities([row])[0, 1] < 1e-300


def test_texts_are_read_as_they_are_needed(classifier: SentimentClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that any number of them fits into memory."""
    monkeypatch.setattr(module, "CHUNK", 3)
    num_read = 0

    def texts() -> Iterator[str]:
        nonlocal num_read
        while True:
            num_read += 1
            yield "good" if num_read % 2 else "bad"

    stream = classifier.stream(texts())
    labels = [next(stream).label for _ in range(7)]
    assert labels == ["positive", "negative"] * 3 + ["positive"]
    assert num_read == 12  # those that are asked for, whole chunks, and one chunk ahead


class Series:
    """A column as pandas gives it: iterable, no list."""

    def __init__(self, *values: object) -> None:
        self.values = values

    def __iter__(self) -> Iterator[object]:
        return iter(self.values)


class DataFrame(dict[str, list[str]]):
    """A table as pandas has it: iterating it gives the names of its columns."""

    columns = ("text",)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["good film", None, float("nan")], id="a list with None and NaN"),
        pytest.param(Series("good film", None, np.float64("nan")), id="a column of pandas"),
        pytest.param(np.array(["good film", None, np.nan], object), id="an array"),
        pytest.param((text for text in ["good film", "", ""]), id="a generator"),
    ],
)
def test_missing_texts_are_unsure_as_in_files(classifier: SentimentClassifier, texts: Any) -> None:
    assert classifier.score(texts) == classifier.score(["good film", "", ""])


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        pytest.param("good film", r"texts is one str; give a list of str: \[text\]", id="one text"),
        pytest.param(b"good film", "texts is one bytes; give a list", id="bytes"),
        pytest.param(None, "texts is a NoneType, not a list of str", id="None"),
        pytest.param(7, "texts is a int, not a list of str", id="a number"),
        pytest.param({"text": ["good"]}, "texts is a dict; give its texts as a list", id="a dictionary"),
        pytest.param({"good", "bad"}, "texts is a set; give its texts as a list", id="a set has no order"),
        pytest.param(DataFrame(text=["good"]), "texts is a DataFrame; .* one of its columns", id="a table"),
        pytest.param(["good", 7], r"texts\[1\] is a int, not a str", id="a number among texts"),
        pytest.param(["good", True], r"texts\[1\] is a bool, not a str", id="true"),
        pytest.param(["good", b"bad"], r"texts\[1\] is a bytes, not a str", id="bytes among texts"),
        pytest.param(np.array([["good"], ["bad"]]), r"texts\[0\] is a ndarray, not a str", id="two dimensions"),
    ],
)
def test_what_is_no_list_of_texts(classifier: SentimentClassifier, texts: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        classifier.score(texts)


def test_one_text_is_explained(classifier: SentimentClassifier) -> None:
    for value in (None, ["good"], b"good"):
        with pytest.raises(TypeError, match=rf"text is a {type(value).__name__}, not a str"):
            explain(classifier, value)  # type: ignore[arg-type]  # what the test is about


# Labels

LABELS = [("negative", "positive"), ("negative", "neutral", "positive"), ("1", "2", "3", "4", "5")]


@pytest.mark.parametrize("labels", LABELS, ids=len)
@settings(max_examples=20)
@given(text=TEXTS)
def test_the_scores_of_any_labels(
    many_labels: Callable[[Sequence[str]], SentimentClassifier], labels: tuple[str, ...], text: str
) -> None:
    """They add up to 1; the label has the highest, or is unsure; of two labels the score is that of the last."""
    (prediction,) = many_labels(labels).score([text])
    assert list(prediction.scores) == list(labels)
    assert sum(prediction.scores.values()) == pytest.approx(1)
    if prediction.label == "unsure":
        assert set(prediction.scores.values()) == {prediction.score} == {1 / len(labels)}
        return
    assert prediction.scores[prediction.label] == max(prediction.scores.values())
    assert prediction.score == prediction.scores[labels[1] if len(labels) == 2 else prediction.label]


@pytest.mark.parametrize(
    ("text", "label"), [("the film", "neutral"), ("good", "positive"), ("awful", "negative"), ("zzz", "unsure")]
)
def test_three_labels(many_labels: Callable[[Sequence[str]], SentimentClassifier], text: str, label: str) -> None:
    assert many_labels(LABELS[1]).score([text])[0].label == label


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=5))
def test_the_softmax_of_two_is_the_sigmoid(logits: list[tuple[float, float]]) -> None:
    pairs = np.array(logits)
    assert softmax(pairs)[:, 1] == pytest.approx(1 / (1 + np.exp(pairs[:, 0] - pairs[:, 1])), rel=1e-12)


def test_labels_are_saved_and_an_older_card_has_two(
    tmp_path: Path, sentiment_folder: Path, adding_network: bytes, classifier: SentimentClassifier
) -> None:
    dataclasses.replace(classifier, labels=("ham", "spam")).save(tmp_path / "two", adding_network)
    assert SentimentClassifier.load(tmp_path / "two").labels == ("ham", "spam")
    folder = shutil.copytree(sentiment_folder, tmp_path / "older")
    changed(folder, labels=None)
    assert SentimentClassifier.load(folder).labels == ("negative", "positive")
    dataclasses.replace(classifier, labels=LABELS[1]).save(tmp_path / "three", adding_network)
    with pytest.raises(ModelError, match="belong together"):
        SentimentClassifier.load(tmp_path / "three")


@pytest.mark.parametrize(
    ("probabilities", "median"),
    [
        pytest.param([0.4, 0.3, 0.3], 1, id="the likeliest is at an end"),
        pytest.param([0.5, 0.2, 0.3], 0, id="half of it"),
        pytest.param([0.1, 0.2, 0.7], 2, id="the last"),
        pytest.param([0.2, 0.5, 0.3], 1, id="the likeliest is the median"),
    ],
)
def test_of_ordered_labels_the_median(probabilities: list[float], median: int) -> None:
    scores = np.array([probabilities, probabilities])
    assert module.decide(scores, 0.5, ordered=True).tolist() == [median] * 2
    assert module.decide(scores, 0.5).tolist() == [int(np.argmax(probabilities))] * 2
    distance = np.abs(np.arange(3)[:, None] - np.arange(3)) @ probabilities
    assert distance[median] == pytest.approx(distance.min())


def test_that_labels_are_ordered_is_saved(
    tmp_path: Path, adding_network: bytes, classifier: SentimentClassifier
) -> None:
    dataclasses.replace(classifier, ordered=True).save(tmp_path, adding_network)
    assert SentimentClassifier.load(tmp_path).ordered
    classifier.save(tmp_path, adding_network)
    assert not SentimentClassifier.load(tmp_path).ordered
    assert "ordered" not in json.loads((tmp_path / "model.json").read_text())


def test_more_labels_are_explained_towards_the_likeliest(
    many_labels: Callable[[Sequence[str]], SentimentClassifier],
) -> None:
    for text in ("good film", "awful film"):
        changes = dict(explain(many_labels(LABELS[1]), text).words)
        assert changes[text.split()[0]] > 0.1 > changes["film"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "no words", id="nothing"),
        pytest.param("zzz", "too few known words", id="one word says nothing of a language"),
        pytest.param("das ist ganz gut", "another language", id="no common word"),
        pytest.param("good good good rare4000 xyz yyy", None, id="some foreign words in a known language"),
        pytest.param("rare4000 rare4001 rare4002 zzz", "another language", id="rare words only, as names"),
    ],
)
def test_the_reason_for_unsure(classifier: SentimentClassifier, text: str, reason: str | None) -> None:
    words = (*classifier.vocabulary.words, *(f"rare{number}" for number in range(5000)))
    large = dataclasses.replace(classifier, vocabulary=Vocabulary(words))
    doubt = large._predict(tokenize(text), [0.5, 0.5], 1)
    assert doubt.reason == reason and (doubt.label == "unsure") == (reason is not None)


def test_the_commonest_words_are_as_many_as_stated(classifier: SentimentClassifier) -> None:
    vocabulary = Vocabulary((*SPECIAL, *(f"word{number}" for number in range(5000))))
    common = dataclasses.replace(classifier, vocabulary=vocabulary)._common
    assert common == {f"word{number}" for number in range(module.NUM_COMMON)}
