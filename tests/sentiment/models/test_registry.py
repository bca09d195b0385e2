"""What every network of the registry promises, and how one is added from outside."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.config.sentiment import ModelTraining
from brandlens.errors import ModelError
from brandlens.sentiment.models import registry
from brandlens.sentiment.models.layers import EMBEDDED
from brandlens.sentiment.models.registry import Network, load
from brandlens.sentiment.text.vocabulary import PAD, pad_sequences
from brandlens.sentiment.train import Data, train

WORDS, SIZE = 30, 6
CASES = {
    **{name: (name, 0) for name in registry.NETWORKS},
    "bilstm in segments": ("bilstm", 5),
}  # and segment_length


def vectors() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 3, (WORDS, SIZE)).astype(np.float32)


@pytest.fixture(scope="module")
def build(cfg: ModelTraining) -> Callable[..., keras.Model]:
    """Return a network of CASES, with other knobs if given, as after a training: no weight is 0."""

    def build_network(case: str, **knobs: float) -> keras.Model:
        name, segment_length = CASES[case]
        model = registry.find(name).build(vectors(), replace(cfg, segment_length=segment_length, **knobs), 2)
        random = np.random.default_rng(2)
        for weight in model.trainable_weights:
            if not weight.path.startswith("embedding"):
                weight.assign(keras.ops.convert_to_numpy(weight) + random.normal(0, 0.3, weight.shape))
        return model

    return build_network


@pytest.fixture(scope="module")
def models(build: Callable[..., keras.Model]) -> dict[str, keras.Model]:
    return {case: build(case, dropout=0.5, word_dropout=0.5) for case in CASES}


def rows(*lengths: int) -> list[np.ndarray]:
    random = np.random.default_rng([*lengths])
    return [random.integers(1, WORDS, length).astype(np.int32) for length in lengths]


def logits(model: keras.Model, tokens: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(tokens)["label"])


# A network of one's own


def bag_of_embeddings(vectors: np.ndarray, cfg: ModelTraining, num_labels: int) -> keras.Model:
    """Build a network that averages the vectors of a review's words."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    embedding = keras.layers.Embedding(*vectors.shape, mask_zero=True, name="embedding")
    x = keras.layers.SpatialDropout1D(cfg.dropout, name=EMBEDDED)(embedding(tokens))
    embedding.set_weights([vectors])
    x = keras.layers.GlobalAveragePooling1D(dtype="float32")(x)
    label = keras.layers.Dense(num_labels, dtype="float32", name="label")(x)
    return keras.Model(tokens, {"label": label}, name="bag_of_embeddings")


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setitem(registry.NETWORKS, "bag_of_embeddings", Network(bag_of_embeddings, fast_bfloat16=()))
    yield "bag_of_embeddings"
    keras.utils.clear_session()


@pytest.mark.usefixtures("eagerly")
def test_a_network_from_outside_is_trained(registered: str, cfg: ModelTraining, tmp_path: Path) -> None:
    """Reviews of word 2 are negative, those of word 3 positive."""
    labels = np.arange(64) % 2
    reviews = [np.array([label + 2, 4 + index % 5], np.int32) for index, label in enumerate(labels)]
    data = Data(reviews, labels, reviews[:8], labels[:8], vectors())
    keras.utils.set_random_seed(1)
    model = train(data, registered, replace(cfg, epochs=5, learning_rate=0.1), tmp_path)
    assert model.name == registered
    np.testing.assert_array_equal(logits(model, pad_sequences(reviews)).argmax(axis=1), labels)


# What a review's score depends on


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=6)
@given(lengths=st.lists(st.integers(1, 8), min_size=1, max_size=3), more=st.integers(0, 5))
def test_a_review_scores_the_same_alone_and_in_any_batch(
    models: dict[str, keras.Model], case: str, lengths: list[int], more: int
) -> None:
    reviews = rows(*lengths)
    alone = np.concatenate([logits(models[case], pad_sequences([review])) for review in reviews])
    together = np.pad(pad_sequences(reviews), ((0, 0), (0, more)), constant_values=PAD)
    np.testing.assert_allclose(logits(models[case], together), alone, atol=1e-5)
    np.testing.assert_allclose(logits(models[case], together[::-1]), alone[::-1], atol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_every_token_counts(models: dict[str, keras.Model], case: str) -> None:
    """In every segment; for the last state of an LSTM the late ones most, but the first still."""
    (review,) = rows(13)
    changed = np.repeat(review[None], len(review) + 1, axis=0)
    positions = np.arange(len(review))
    changed[positions, positions] = np.where(review == 7, 8, 7)
    *others, original = logits(models[case], changed)
    assert np.abs(np.array(others) - original).max(axis=1).min() > 1e-6


@pytest.mark.parametrize("case", CASES)
def test_order_counts(models: dict[str, keras.Model], case: str) -> None:
    (review,) = rows(5)
    one, other = logits(models[case], np.stack([review, review[::-1]]))
    assert np.abs(one - other).max() > 1e-3


# What it is built of


@pytest.mark.parametrize("case", CASES)
def test_input_and_output(models: dict[str, keras.Model], case: str) -> None:
    output = logits(models[case], pad_sequences(rows(3, 4)))
    assert (output.shape, output.dtype) == ((2, 2), np.float32)
    assert (models[case].input.name, models[case].input.dtype) == ("tokens", "int32")
    assert models[case].name == CASES[case][0]


@pytest.mark.parametrize("case", CASES)
def test_training_drops_words_and_values(models: dict[str, keras.Model], case: str) -> None:
    encoder = keras.Model(models[case].input, models[case].get_layer(EMBEDDED).output)
    tokens = pad_sequences(rows(5, 5))
    plain, dropped = (keras.ops.convert_to_numpy(encoder(tokens, training=training)) for training in (False, True))
    assert plain.all()
    assert not dropped.all()


@pytest.mark.parametrize(("case", "penalties"), [("bilstm", 4), ("snowdon", 3)])
def test_penalties(build: Callable[..., keras.Model], case: str, penalties: int) -> None:
    assert len(build(case, l2=0.1).losses) == penalties
    assert build(case).losses == []
    assert build(case, l2=0.1, optimizer="dl4j_adam").losses == []  # which applies it after Adam


# Saved


@pytest.mark.parametrize("case", CASES)
def test_a_saved_network_answers_as_before(models: dict[str, keras.Model], case: str, tmp_path: Path) -> None:
    models[case].save(tmp_path / "model.keras")
    loaded = load(tmp_path / "model.keras")
    tokens = pad_sequences(rows(1, 6, 13))
    np.testing.assert_allclose(logits(loaded, tokens), logits(models[case], tokens), atol=1e-6)


@pytest.mark.parametrize("content", [None, b"", b"no network"], ids=["missing", "empty", "something else"])
def test_what_is_no_network_is_named_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: not a saved network: ")
    assert "\n" not in str(caught.value)


def test_an_unknown_name() -> None:
    with pytest.raises(ModelError, match=r"no network is called 'lstm'; known: bilstm, snowdon"):
        registry.find("lstm")


def test_register(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "NETWORKS", dict(registry.NETWORKS))
    network = Network(bag_of_embeddings)
    registry.register("bag_of_embeddings", network)
    assert registry.find("bag_of_embeddings") is network
