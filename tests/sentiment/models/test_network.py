"""The networks: a review scores the same alone and in any batch, and each is what it says it is."""

from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.errors import ModelError, ParamsError
from brandlens.sentiment.models.network import DEVIATION, NETWORKS, SEEN, bilstm, load, snowdon
from brandlens.sentiment.text.vocabulary import PAD, pad_sequences

WORDS, SIZE = 30, 6
KINDS = {"pooled, whole": ("pooled", 0), "pooled, in segments": ("pooled", 5), "talk": ("talk", 0)}


def vectors() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 3, (WORDS, SIZE)).astype(np.float32)


def made(kind: str, units: int = 4, **knobs: float) -> keras.Model:
    """A network as after a training: no weight is 0."""
    name, segment = KINDS[kind]
    model = NETWORKS[name](vectors(), units=units, segment=segment, **knobs)
    random = np.random.default_rng(2)
    for weight in model.trainable_weights:
        if not weight.path.startswith("vectors"):
            weight.assign(keras.ops.convert_to_numpy(weight) + random.normal(0, 0.3, weight.shape))
    return model


@pytest.fixture(scope="module")
def models() -> dict[str, keras.Model]:
    return {kind: made(kind, dropout=0.5, forget=0.5) for kind in KINDS}


def rows(*lengths: int) -> list[np.ndarray]:
    random = np.random.default_rng([*lengths])
    return [random.integers(1, WORDS, length).astype(np.int32) for length in lengths]


def logits(model: keras.Model, tokens: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(tokens)["label"])


# What a review's score depends on


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=6, deadline=None)
@given(lengths=st.lists(st.integers(1, 8), min_size=1, max_size=3), more=st.integers(0, 5))
def test_a_review_scores_the_same_alone_and_in_any_batch(
    models: dict[str, keras.Model], kind: str, lengths: list[int], more: int
) -> None:
    reviews = rows(*lengths)
    alone = np.concatenate([logits(models[kind], pad_sequences([review])) for review in reviews])
    together = np.pad(pad_sequences(reviews), ((0, 0), (0, more)), constant_values=PAD)
    np.testing.assert_allclose(logits(models[kind], together), alone, atol=1e-5)
    np.testing.assert_allclose(logits(models[kind], together[::-1]), alone[::-1], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_token_counts(models: dict[str, keras.Model], kind: str) -> None:
    """Those of every segment, too; of the talk's network those at the end most, but the first still."""
    (review,) = rows(13)
    changed = np.repeat(review[None], len(review) + 1, axis=0)
    places = np.arange(len(review))
    changed[places, places] = np.where(review == 7, 8, 7)
    found = logits(models[kind], changed)
    assert np.abs(found[:-1] - found[-1]).max(axis=1).min() > 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_order_counts(models: dict[str, keras.Model], kind: str) -> None:
    (review,) = rows(5)
    one, other = logits(models[kind], np.stack([review, review[::-1]]))
    assert np.abs(one - other).max() > 1e-3


def test_pooled_reads_both_ways() -> None:
    """What the backward LSTM says first is what the forward one would say of the reversed review."""
    model = bilstm(vectors(), units=4)
    model.get_layer("back").set_weights(model.get_layer("ahead").get_weights())
    features = keras.Model(model.input, model.get_layer("pooled").output)
    (review,) = rows(9)
    one, other = keras.ops.convert_to_numpy(features(np.stack([review, review[::-1]])))
    np.testing.assert_allclose(one.reshape(2, 2, 4), other.reshape(2, 2, 4)[:, ::-1], atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_outputs(models: dict[str, keras.Model], kind: str) -> None:
    found = logits(models[kind], pad_sequences(rows(3, 8)))
    assert found.shape == (2, 2)
    assert found.dtype == np.float32
    assert models[kind].input.dtype == "int32"
    assert models[kind].name == KINDS[kind][0]


# Vectors


def test_pooled_starts_from_scaled_vectors_and_changes_them() -> None:
    layer = bilstm(vectors(), units=4).get_layer("vectors")
    (found,) = layer.get_weights()
    assert layer.trainable
    assert not found[PAD].any()
    assert found[1:].std() == pytest.approx(DEVIATION, rel=1e-3)
    np.testing.assert_allclose(found[1:] / vectors()[1:], found[1, 0] / vectors()[1, 0], rtol=1e-4)


def test_talk_takes_the_vectors_as_they_are() -> None:
    layer = snowdon(vectors(), units=4).get_layer("vectors")
    assert not layer.trainable_weights
    np.testing.assert_array_equal(layer.get_weights()[0][1:], vectors()[1:])


def test_vectors_that_are_all_alike_do_no_harm() -> None:
    model = bilstm(np.zeros((5, 3), np.float32), units=2)
    assert np.isfinite(logits(model, pad_sequences(rows(3)) % 5)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_training_leaves_words_and_values_out(models: dict[str, keras.Model], kind: str) -> None:
    sees = keras.Model(models[kind].input, models[kind].get_layer(SEEN).output)
    tokens = pad_sequences(rows(5, 5))
    plain, seen = (keras.ops.convert_to_numpy(sees(tokens, training=training)) for training in (False, True))
    assert plain.all()
    assert not seen.all()


# The networks themselves


def test_talk_is_the_network_of_the_talk() -> None:
    model = snowdon(np.ones((50, 300), np.float32), units=256)
    lstms = [layer for layer in model.layers if isinstance(layer, keras.layers.LSTM)]
    assert [(layer.units, layer.activation.__name__) for layer in lstms] == [(256, "tanh")]
    assert model.count_params() - 50 * 300 == 4 * 256 * (300 + 256 + 1) + 2 * 257


def test_talk_reads_a_review_in_one_go() -> None:
    with pytest.raises(ParamsError, match=r"^sentiment\.train\.talk\.segment is 100; the talk's network wants 0$"):
        snowdon(vectors(), units=4, segment=100)


@pytest.mark.parametrize(("name", "penalties"), [("pooled", 4), ("talk", 3)])
def test_penalties(name: str, penalties: int) -> None:
    assert len(NETWORKS[name](vectors(), units=4, l2=0.1).losses) == penalties
    assert NETWORKS[name](vectors(), units=4).losses == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_network_answers_as_before(models: dict[str, keras.Model], kind: str, tmp_path: Path) -> None:
    models[kind].save(tmp_path / "model.keras")
    again = load(tmp_path / "model.keras")
    tokens = pad_sequences(rows(1, 6, 13))
    np.testing.assert_allclose(logits(again, tokens), logits(models[kind], tokens), atol=1e-6)


@pytest.mark.parametrize("content", [None, b"", b"no network"], ids=["missing", "empty", "something else"])
def test_what_is_no_network_is_named_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: not a saved network: ")
    assert "\n" not in str(caught.value)
