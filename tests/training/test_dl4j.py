"""Deeplearning4j's updater, beside a reckoning in NumPy."""

from typing import Any

import keras
import numpy as np
import pytest

from brandlens.training.dl4j import DL4JAdam, DL4JUpdater

BATCH_SIZE, STEPS, LEARNING_RATE = 4, 6, 0.05
MULTIPLIERS = {"first/kernel": 0.1, "first/bias": 0.2, "second/bias": 2.0}


def model(seed: int = 1) -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((3,))
    x = keras.layers.Dense(5, activation="tanh", bias_initializer="ones", name="first")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, name="second")(x))


def batches() -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(3)
    return [(rng.normal(size=(BATCH_SIZE, 3)), 9 * rng.normal(size=(BATCH_SIZE, 2))) for _ in range(STEPS)]


def gradients_of_sum(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Return the gradients of the squared error, summed over the batch, for the kernels and biases of both layers."""
    first, first_bias, second, second_bias = weights
    hidden = np.tanh(x @ first + first_bias)
    error = 2 * (hidden @ second + second_bias - y) / y.shape[1]
    before = (error @ second.T) * (1 - hidden**2)
    return [x.T @ before, before.sum(axis=0), hidden.T @ error, error.sum(axis=0)]


def deeplearning4j(
    weights: list[np.ndarray], updater: DL4JUpdater, clipvalue: float | None, paths: list[str]
) -> list[np.ndarray]:
    """Return the weights after all batches, by the framework's four steps."""
    m, v = ([np.zeros_like(array) for array in weights] for _ in range(2))
    for iteration, (x, y) in enumerate(batches()):
        grads = gradients_of_sum(weights, x, y)
        if updater.renormalize_layers:
            for layer in (0, 2):
                norm = np.sqrt(sum((grad**2).sum() for grad in grads[layer : layer + 2]))
                grads[layer : layer + 2] = [grad / norm for grad in grads[layer : layer + 2]]
        if clipvalue:
            grads = [np.clip(grad, -clipvalue, clipvalue) for grad in grads]
        for index, path in enumerate(paths):
            m[index] = 0.9 * m[index] + 0.1 * grads[index]
            v[index] = 0.999 * v[index] + 0.001 * grads[index] ** 2
            rate = LEARNING_RATE * updater.lr_multipliers.get(path, 1.0)
            alpha = rate * np.sqrt(1 - 0.999 ** (iteration + 1)) / (1 - 0.9 ** (iteration + 1))
            update = alpha * m[index] / (np.sqrt(v[index]) + 1e-8)
            if path.endswith("kernel"):
                update = update + updater.l2 * weights[index] + updater.l1 * np.sign(weights[index])
            weights[index] = weights[index] - update / BATCH_SIZE
    return weights


@pytest.mark.parametrize(
    ("updater", "clipvalue"),
    [
        pytest.param(DL4JUpdater(BATCH_SIZE), None, id="Adam, divided by the batch size"),
        pytest.param(DL4JUpdater(BATCH_SIZE, renormalize_layers=True), None, id="each layer's gradient of norm 1"),
        pytest.param(DL4JUpdater(BATCH_SIZE), 2.0, id="clipped value by value, summed over the batch"),
        pytest.param(DL4JUpdater(BATCH_SIZE, l1=0.03, l2=0.2), None, id="L1 and L2 of kernels alone, after Adam"),
        pytest.param(DL4JUpdater(BATCH_SIZE, lr_multipliers=MULTIPLIERS), None, id="a rate for each variable"),
        pytest.param(
            DL4JUpdater(BATCH_SIZE, l1=0.01, l2=0.1, renormalize_layers=True, lr_multipliers=MULTIPLIERS), None,
            id="the CNN's: all but clipping",
        ),
        pytest.param(DL4JUpdater(BATCH_SIZE, l2=0.1), 2.0, id="the LSTM's: clipping and L2"),
    ],
)  # fmt: skip
def test_steps_are_those_of_deeplearning4j(updater: DL4JUpdater, clipvalue: float | None) -> None:
    trained = model()
    expected = deeplearning4j(
        [array.astype(np.float64) for array in trained.get_weights()], updater, clipvalue,
        [variable.path for variable in trained.trainable_variables],
    )  # fmt: skip
    trained.compile(DL4JAdam(LEARNING_RATE, updater, clipvalue=clipvalue), "mse")
    for x, y in batches():
        trained.train_on_batch(x, y)
    for array, reckoned in zip(trained.get_weights(), expected, strict=True):
        np.testing.assert_allclose(array, reckoned, rtol=2e-4, atol=2e-6)


def apply(grads: list[Any]) -> list[np.ndarray]:
    """Return three variables of one, two of a layer, after a step with these gradients, each layer's of norm 1."""
    variables = [keras.Variable([1.0], name="kernel") for _ in grads]
    optimizer = DL4JAdam(0.1, DL4JUpdater(1, renormalize_layers=True))
    optimizer.apply(grads, variables)
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def test_a_layer_without_gradient_stays_as_it_is() -> None:
    """A dead layer's norm is 0: Deeplearning4j would divide by it."""
    assert apply([np.zeros(1, np.float32)]) == [np.ones(1)]


def test_a_variable_that_is_not_in_the_loss_is_left_out() -> None:
    """Keras warns of it, as with every optimizer."""
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        changed = apply([None, np.ones(1, np.float32)])
    assert changed[0] == 1
    assert changed[1] == pytest.approx(0.9)
