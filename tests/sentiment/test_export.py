"""Export: ONNX Runtime computes what Keras computes, with the fused operator; with int8 weights, nearly that."""

from dataclasses import dataclass, replace

import keras
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens import onnx_runtime
from brandlens.config.sentiment import ModelTraining
from brandlens.errors import ModelError
from brandlens.sentiment import export
from brandlens.sentiment.models import registry
from brandlens.sentiment.models.ngrams import ROW, HashedNgrams, HashingVectorizer, add_linear_branch, random_codes
from brandlens.sentiment.text.vocabulary import PAD, pad_sequences

WORDS, SIZE = 600, 8
CASES = {  # name in the registry, segment_length
    "bilstm": ("bilstm", 0),
    "bilstm in segments, with n-grams": ("bilstm", 5),
    "snowdon": ("snowdon", 0),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES)
LENGTHS = (1, 2, 4, 5, 6, 10, 11, 13)


@dataclass(frozen=True)
class Exported:
    model: keras.Model
    network: bytes

    def logits(self, tokens: np.ndarray) -> np.ndarray:
        return onnx_runtime.session(self.network, 1).run(["label"], {"tokens": tokens})[0]


def trained(case: str, cfg: ModelTraining) -> keras.Model:
    """A network as after a training: no weight is 0, and scores are neither all alike nor all 0 or 1."""
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(2)
    name, segment_length = CASES[case]
    vectors = random.normal(size=(WORDS, SIZE)).astype(np.float32)
    knobs = replace(cfg, units=6, segment_length=segment_length, dropout=0.5, word_dropout=0.5)
    model = registry.find(name).build(vectors, knobs, 2)
    for weight in model.trainable_weights:
        old = keras.ops.convert_to_numpy(weight)
        is_padding = (np.arange(len(old)) == PAD).reshape(-1, *[1] * (old.ndim - 1))
        weight.assign(old + random.normal(0, 0.3, old.shape) * ~is_padding)
    return add_linear_branch(model, random_ngrams(random), 1.5) if "n-grams" in case else model


def random_ngrams(random: np.random.Generator) -> HashedNgrams:
    layer = HashedNgrams(3, WORDS, 128 * ROW)
    codes = random_codes(3, WORDS, layer.num_buckets, 3)
    vectorizer = HashingVectorizer(codes, layer.num_buckets)
    vectorizer.fit_transform([np.arange(2, WORDS, dtype=np.int32), *rows(*LENGTHS)])
    table = random.normal(0, 0.3, (128, ROW)).astype(np.float32)
    layer.set_weights([codes, vectorizer.keys, table, np.asarray(-0.1)])
    return layer


@pytest.fixture(scope="module")
def exported(cfg: ModelTraining) -> dict[str, Exported]:
    models = {case: trained(case, cfg) for case in CASES}
    return {case: Exported(model, export.to_onnx(model)) for case, model in models.items()}


def rows(*lengths: int) -> list[np.ndarray]:
    random = np.random.default_rng([*lengths])
    return [random.integers(1, WORDS, length).astype(np.int32) for length in lengths]


@EVERY_CASE
def test_input_and_output(exported: dict[str, Exported], case: str) -> None:
    session = onnx_runtime.session(exported[case].network, 1)
    (tokens,), (label,) = session.get_inputs(), session.get_outputs()
    assert (tokens.name, tokens.type, tokens.shape) == ("tokens", "tensor(int32)", ["batch", "tokens_1"])
    assert (label.name, label.type, label.shape) == ("label", "tensor(float)", ["batch", 2])


@EVERY_CASE
def test_every_lstm_is_the_fused_operator(exported: dict[str, Exported], case: str) -> None:
    operators = [node.op_type for node in onnx.load_from_string(exported[case].network).graph.node]
    assert operators.count("LSTM") == (2 if "bilstm" in case else 1)
    assert not {"Loop", "Scan", "If"} & set(operators)


@EVERY_CASE
@pytest.mark.parametrize("lengths", [(1,), (5,), (12,), LENGTHS], ids=str)
def test_reviews_score_as_in_keras(exported: dict[str, Exported], case: str, lengths: tuple[int, ...]) -> None:
    tokens = pad_sequences(rows(*lengths))
    expected = keras.ops.convert_to_numpy(exported[case].model(tokens)["label"])
    logits = exported[case].logits(tokens)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    if len(lengths) > 1:
        assert np.ptp(expected, axis=0).min() > 0.1  # the reviews differ


@EVERY_CASE
@pytest.mark.parametrize("more", [0, 1, 7])
def test_a_review_scores_the_same_alone_and_in_any_batch(exported: dict[str, Exported], case: str, more: int) -> None:
    reviews = rows(*LENGTHS)
    alone = np.concatenate([exported[case].logits(pad_sequences([review])) for review in reviews])
    together = np.pad(pad_sequences(reviews), ((0, 0), (0, more)), constant_values=PAD)
    np.testing.assert_allclose(exported[case].logits(together), alone, atol=1e-5)


@EVERY_CASE
def test_a_difference_is_found(exported: dict[str, Exported], cfg: ModelTraining, case: str) -> None:
    other, network, reviews = trained(case, cfg), exported[case].network, rows(*LENGTHS)
    assert export.check_parity(other, network, reviews, 1e-4) < 1e-4
    label = other.get_layer("label")
    label.set_weights([weight * 1.5 for weight in label.get_weights()])
    with pytest.raises(ModelError, match=r"^the exported network differs from Keras by 0\..* on 8 inputs; sentiment"):
        export.check_parity(other, network, reviews, 1e-3)


def test_what_is_no_number_is_a_difference(exported: dict[str, Exported], cfg: ModelTraining) -> None:
    broken = trained("snowdon", cfg)
    label = broken.get_layer("label")
    label.set_weights([weight * np.nan for weight in label.get_weights()])
    with pytest.raises(ModelError, match="differs from Keras by nan"):
        export.check_parity(broken, exported["snowdon"].network, rows(*LENGTHS), 1.0)


def test_no_rows_do_not_differ(exported: dict[str, Exported]) -> None:
    assert export.check_parity(exported["snowdon"].model, exported["snowdon"].network, [], 0.0) == 0.0


# int8


@EVERY_CASE
def test_with_int8_weights_it_computes_nearly_the_same(exported: dict[str, Exported], case: str) -> None:
    int8 = Exported(exported[case].model, export.compress(exported[case].network))
    assert len(int8.network) < 0.65 * len(exported[case].network)
    reviews = rows(*LENGTHS)
    assert 0 < export.largest_difference(int8.model, int8.network, reviews) < 0.02
    alone = np.concatenate([int8.logits(pad_sequences([review])) for review in reviews])
    np.testing.assert_allclose(int8.logits(pad_sequences(reviews)), alone, atol=1e-5)


def weights(network: bytes) -> dict[str, np.ndarray]:
    graph = onnx.load_from_string(network).graph
    return {weight.name: onnx.numpy_helper.to_array(weight) for weight in graph.initializer}


def test_each_row_of_a_large_weight_is_rounded_to_a_127th_of_its_largest_value(exported: dict[str, Exported]) -> None:
    network = exported["bilstm in segments, with n-grams"].network
    before, after = weights(network), weights(export.compress(network))
    assert {before[name].size for name in before.keys() - after.keys()} == {WORDS * SIZE, 128 * ROW}
    for name in before.keys() - after.keys():
        stored, scale = after[f"{name}.int8"], after[f"{name}.scale"]
        expected = before[name].reshape(stored.shape)
        assert stored.dtype == np.int8
        assert stored.shape[1] in (SIZE, ROW)
        step = np.abs(expected).max(axis=1, keepdims=True) / 127
        assert (np.abs(stored * scale - expected) <= 0.5001 * step + 1e-12).all()
        assert expected[PAD].any() == stored[PAD].any()
    for name in before.keys() & after.keys():
        np.testing.assert_array_equal(after[name], before[name])


def test_nothing_large_nothing_changed(exported: dict[str, Exported], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LARGE", 10**9)
    assert weights(export.compress(exported["snowdon"].network)).keys() == weights(exported["snowdon"].network).keys()


@pytest.mark.parametrize("accepted", [0, 1, 2])
def test_as_many_weights_are_int8_as_accuracy_allows(exported: dict[str, Exported], accepted: int) -> None:
    """The largest first; none of them where the accuracy allows none."""
    network, tried = exported["bilstm in segments, with n-grams"].network, []

    def is_accurate(candidate: bytes) -> bool:
        tried.append(sum(name.endswith(".int8") for name in weights(candidate)))
        return tried[-1] <= accepted

    compressed, count = export.compress_within(network, is_accurate)
    assert count == accepted
    assert tried == [2, 1][: 3 - accepted]
    stored = [weight.size for name, weight in weights(compressed).items() if name.endswith(".int8")]
    assert sorted(stored, reverse=True) == [128 * ROW, WORDS * SIZE][:accepted]
    assert (compressed == network) == (accepted == 0)


@settings(max_examples=8)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_any_lengths(exported: dict[str, Exported], lengths: list[int]) -> None:
    tokens = pad_sequences(rows(*lengths))
    for pair in exported.values():
        expected = keras.ops.convert_to_numpy(pair.model(tokens)["label"])
        np.testing.assert_allclose(pair.logits(tokens), expected, atol=1e-5)
