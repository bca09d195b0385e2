"""Networks out of the lectures' notation."""

import numpy as np
import pytest

from brandlens.config.digits import Network
from brandlens.digits import networks
from brandlens.errors import ParamsError


def network(architecture: str, **knobs: object) -> Network:
    return Network(architecture, 1, 0.1, **knobs)  # type: ignore[arg-type]  # as a test names them


@pytest.mark.parametrize(
    ("architecture", "weights"),
    [
        pytest.param("FC64", 784 * 64 + 64 + 64 * 10 + 10, id="one hidden layer"),
        pytest.param("FC256-FC256", 784 * 256 + 256 + 256 * 256 + 256 + 2570, id="two"),
        pytest.param(
            "20C5-MP2-50C5-MP2-FC256", 20 * 26 + 50 * (20 * 25 + 1) + 800 * 256 + 256 + 2570, id="the lectures' LeNet"
        ),
        pytest.param("4C5", 4 * 26 + 24 * 24 * 4 * 10 + 10, id="no dense layer"),
    ],
)
def test_the_notation(architecture: str, weights: int) -> None:
    assert networks.build(network(architecture)).count_params() == weights


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        pytest.param("", "is no layer", id="nothing"),
        pytest.param("FC64-", "is no layer", id="a dash at the end"),
        pytest.param("64FC", "is no layer", id="turned round"),
        pytest.param("20C29", "larger than what it looks at", id="a filter larger than a digit"),
        pytest.param("FC64-20C5", "larger than what it looks at", id="a convolution after a dense layer"),
        pytest.param("FC64-MP2", "larger than what it looks at", id="pooling after a dense layer"),
    ],
)
def test_what_is_no_network_is_named(architecture: str, words: str) -> None:
    with pytest.raises(ParamsError, match=words):
        networks.build(network(architecture))


def test_knobs_reach_the_layers() -> None:
    cfg = network("4C5-MP2-FC8", batch_norm=True, dropout=0.4, initializer="normal_0.01", l1=0.1, activation="tanh")
    model = networks.build(cfg)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("BatchNormalization") == 2
    assert kinds.index("MaxPooling2D") < kinds.index("BatchNormalization")
    assert model.layers[kinds.index("Dropout")].rate == 0.4
    dense = model.layers[kinds.index("Dense")]
    assert np.std(dense.get_weights()[0]) == pytest.approx(0.01, rel=0.1)
    assert dense.kernel_regularizer.l1 == pytest.approx(0.1)
    assert model.layers[kinds.index("Activation")].activation.__name__ == "tanh"
