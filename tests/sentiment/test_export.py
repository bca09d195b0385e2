"""Export: ONNX Runtime says what Keras says, with the fused operator; compressed, about that."""

from dataclasses import dataclass

import keras
import numpy as np
import onnx
import pytest

from brandlens import onnx_runtime
from brandlens.sentiment.export import compress, largest_difference, to_onnx
from brandlens.sentiment.models.layers import ROW, HashedNgrams
from brandlens.sentiment.models.network import NETWORKS
from brandlens.sentiment.models.ngrams import add_linear_branch
from brandlens.sentiment.text.vocabulary import PAD, pad_sequences

WORDS, SIZE = 600, 8
KINDS = {
    "pooled, whole": ("pooled", 0),
    "pooled, in segments": ("pooled", 5),
    "pooled, n-grams beside it": ("pooled", 5),
    "talk": ("talk", 0),
}
LENGTHS = (1, 2, 4, 5, 6, 10, 11, 13)


@dataclass(frozen=True)
class Exported:
    model: keras.Model
    network: bytes

    def logits(self, tokens: np.ndarray) -> np.ndarray:
        return onnx_runtime.session(self.network, 1).run(["label"], {"tokens": tokens})[0]


def trained(kind: str) -> keras.Model:
    """A network as after a training: no weight is 0, and scores are neither all alike nor all 0 or 1."""
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(2)
    name, segment = KINDS[kind]
    vectors = random.normal(size=(WORDS, SIZE)).astype(np.float32)
    model = NETWORKS[name](vectors, units=6, segment=segment, dropout=0.5, forget=0.5)
    for weight in model.trainable_weights:
        old = keras.ops.convert_to_numpy(weight)
        weight.assign(
            old + random.normal(0, 0.3, old.shape) * (np.arange(len(old)) != PAD).reshape(-1, *[1] * (old.ndim - 1))
        )
    return add_linear_branch(model, counted(random), 1.5) if "beside" in kind else model


def counted(random: np.random.Generator) -> HashedNgrams:
    grams = HashedNgrams(3, WORDS, 128 * ROW)
    codes = random.integers(0, grams.buckets, (3, WORDS), dtype=np.int32)
    grams.set_weights([codes, random.normal(0, 0.3, (128, ROW)).astype(np.float32), np.asarray(-0.1)])
    return grams


@pytest.fixture(scope="module")
def exported() -> dict[str, Exported]:
    models = {kind: trained(kind) for kind in KINDS}
    return {kind: Exported(model, to_onnx(model)) for kind, model in models.items()}


def rows(*lengths: int) -> list[np.ndarray]:
    random = np.random.default_rng([*lengths])
    return [random.integers(1, WORDS, length).astype(np.int32) for length in lengths]


@pytest.mark.parametrize("kind", KINDS)
def test_names(exported: dict[str, Exported], kind: str) -> None:
    session = onnx_runtime.session(exported[kind].network, 1)
    assert [(each.name, each.type, each.shape) for each in session.get_inputs()] == [
        ("tokens", "tensor(int32)", ["n", "time"])
    ]
    assert [(each.name, each.type, each.shape) for each in session.get_outputs()] == [
        ("label", "tensor(float)", ["n", 2])
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_one_fused_operator_and_no_loop(exported: dict[str, Exported], kind: str) -> None:
    operators = [node.op_type for node in onnx.load_from_string(exported[kind].network).graph.node]
    assert operators.count("LSTM") == 1
    assert not {"Loop", "Scan", "If"} & set(operators)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [(1,), (5,), (12,), LENGTHS], ids=str)
def test_reviews_score_as_in_keras(exported: dict[str, Exported], kind: str, lengths: tuple[int, ...]) -> None:
    tokens = pad_sequences(rows(*lengths))
    expected = keras.ops.convert_to_numpy(exported[kind].model(tokens)["label"])
    found = exported[kind].logits(tokens)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)
    if len(lengths) > 1:
        assert np.ptp(expected, axis=0).min() > 0.1  # there is something to tell apart


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("more", [0, 1, 7])
def test_a_review_scores_the_same_alone_and_in_any_batch(exported: dict[str, Exported], kind: str, more: int) -> None:
    reviews = rows(*LENGTHS)
    alone = np.concatenate([exported[kind].logits(pad_sequences([review])) for review in reviews])
    together = np.pad(pad_sequences(reviews), ((0, 0), (0, more)), constant_values=PAD)
    np.testing.assert_allclose(exported[kind].logits(together), alone, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_difference_is_seen(exported: dict[str, Exported], kind: str) -> None:
    other = trained(kind)
    assert largest_difference(other, exported[kind].network, rows(*LENGTHS)) < 1e-4
    label = other.get_layer("label")
    label.set_weights([weight * 1.5 for weight in label.get_weights()])
    assert largest_difference(other, exported[kind].network, rows(*LENGTHS)) > 1e-3


# Compressed


@pytest.mark.parametrize("kind", KINDS)
def test_compressed_it_says_about_the_same(exported: dict[str, Exported], kind: str) -> None:
    small = Exported(exported[kind].model, compress(exported[kind].network))
    assert len(small.network) < 0.6 * len(exported[kind].network)
    reviews = rows(*LENGTHS)
    difference = largest_difference(small.model, small.network, reviews)
    assert 0 < difference < 0.02
    alone = np.concatenate([small.logits(pad_sequences([review])) for review in reviews])
    np.testing.assert_allclose(small.logits(pad_sequences(reviews)), alone, atol=1e-5)


def test_each_row_of_a_large_weight_is_kept_to_a_127th_of_its_largest_number(exported: dict[str, Exported]) -> None:
    before, after = (
        {each.name: onnx.numpy_helper.to_array(each) for each in onnx.load_from_string(network).graph.initializer}
        for network in (exported["talk"].network, compress(exported["talk"].network))
    )
    (name,) = before.keys() - after.keys()  # the vectors; all else is small
    assert before[name].shape == (WORDS, SIZE)
    stored, scale = after[f"{name}.int8"], after[f"{name}.scale"]
    assert stored.dtype == np.int8
    step = np.abs(before[name]).max(axis=1, keepdims=True) / 127
    assert (np.abs(stored * scale - before[name]) <= 0.5001 * step + 1e-12).all()
    assert not stored[PAD].any()
    for other in before.keys() - {name}:
        np.testing.assert_array_equal(after[other], before[other])


def test_nothing_large_nothing_changed(exported: dict[str, Exported], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brandlens.sentiment.export.LARGE", 10**9)
    assert len(compress(exported["talk"].network)) == len(exported["talk"].network)
