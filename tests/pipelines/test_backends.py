"""Every stage, shrunk, on each of Keras' backends that BRANDLENS_BACKENDS names: `make test-backends`.

Each is trained, exported to ONNX, compared with Keras by the export stages and evaluated, all models.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

BACKENDS = [name for name in os.environ.get("BRANDLENS_BACKENDS", "").split(",") if name]
DATA = ("logo-collect", "logo-crop", "logo-augment", "sentiment-collect", "sentiment-embed")
TRAINED = ("logo-train", "logo-export", "logo-evaluate", "sentiment-train", "sentiment-export", "sentiment-evaluate")
MODELS = {
    "default": {},
    "one_stage": {
        "logo.train.model": "one_stage", "logo.train.width_multiplier": 0.125, "logo.train.one_stage.image_size": 64,
        "logo.train.one_stage.max_steps": 2, "logo.train.one_stage.batch_size": 2,
        "logo.detect.one_stage.image_sizes": [64], "sentiment.train.bilstm.adversarial_epsilon": 1.0,
    },
    "snowdon": {
        "logo.train.model": "snowdon", "logo.train.width_multiplier": 0.125, "sentiment.train.model": "snowdon",
        "logo.detect.sliding_window.min_size": 60, "logo.detect.sliding_window.scale_factor": 2.0,
    },
}  # fmt: skip

pytestmark = pytest.mark.skipif(not BACKENDS, reason="BRANDLENS_BACKENDS names no backend; see make test-backends")


@pytest.fixture(scope="module", params=BACKENDS or ["none"])
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def prepared(project: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory, backend: str) -> Path:
    """A small copy of the project with its pictures, crops, reviews and vectors."""
    folder = tmp_path_factory.mktemp(backend)
    project.copy(folder)
    project.run(folder, *DATA, KERAS_BACKEND=backend)
    return folder


@pytest.mark.parametrize("models", MODELS)
def test_every_stage_runs(project: SimpleNamespace, prepared: Path, backend: str, models: str) -> None:
    project.change_params(prepared, MODELS[models])
    project.run(prepared, *TRAINED, "report", KERAS_BACKEND=backend)
    for side in ("logo", "sentiment"):
        metrics = json.loads((prepared / f"reports/{side}/metrics.json").read_text())
        card = json.loads((prepared / f"models/{side}/model.json").read_text())
        assert card["threshold"] == metrics.get("threshold", 0.5)  # of more than two labels there is none


FOUR_DEVICES = """
import keras, numpy as np
from brandlens import training
from brandlens.training.distribution import num_shards

training.set_up(1)
inputs = keras.Input((8,))
x = keras.layers.BatchNormalization()(keras.layers.Dense(16, activation="relu")(inputs))
model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Dropout(0.2)(x)))
model.compile(training.optimizer("adamw", 0.01, "cosine", 20, weight_decay=0.01), loss="mse")

class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 20
    def __getitem__(self, index):
        random = np.random.default_rng(index)
        return random.normal(size=(16, 8)).astype("float32"), random.normal(size=(16, 2)).astype("float32")

losses = []
log = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: losses.append(float(logs["loss"])))
model.fit(training.shard(Batches()), epochs=1, verbose=0, callbacks=[log])
output = keras.ops.convert_to_numpy(model(np.ones((1, 8), "float32")))
print(num_shards(), *losses, *output.ravel().tolist())
"""


@pytest.mark.skipif("jax" not in BACKENDS, reason="Keras distributes over devices on JAX alone")
def test_four_devices_learn_what_one_learns() -> None:
    numbers = {}
    for devices in (1, 4):
        environment = {
            **os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", FOUR_DEVICES], env=environment, capture_output=True, text=True, check=True
        )
        shards, *numbers[devices] = map(float, done.stdout.split())
        assert shards == devices
    assert numbers[4] == pytest.approx(numbers[1], rel=1e-4)
