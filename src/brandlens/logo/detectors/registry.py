"""The models by their names: those of logo.train.model in params.yaml, and of "type" in model.json.

To add one: a package beside these, a line here, and a section of its name in logo.train (config/logo.py, params.yaml).
From outside of brandlens: `register`.
"""

from brandlens.errors import ModelError
from brandlens.logo.detectors.base import Model
from brandlens.logo.detectors.one_stage.detector import ONE_STAGE
from brandlens.logo.detectors.sliding_window.detector import FCN, SNOWDON

MODELS: dict[str, Model] = {
    "fcn": FCN,
    "snowdon": SNOWDON,
    "one_stage": ONE_STAGE,
}


def register(name: str, model: Model) -> None:
    """Make a model known by a name, for this process."""
    MODELS[name] = model


def find(name: str) -> Model:
    """Return the model of a name. Raises ModelError for an unknown one."""
    if name not in MODELS:
        raise ModelError(f"no model is called {name!r}; known: {', '.join(MODELS)}")
    return MODELS[name]
