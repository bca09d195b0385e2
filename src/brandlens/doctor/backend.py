"""A Keras backend as it is seen here: `python -m brandlens.doctor.backend` prints it as a JSON object."""

import json
import sys
from dataclasses import replace
from importlib import metadata
from typing import Any

PACKAGES = {"tensorflow": ("tensorflow", "tensorflow-cpu"), "jax": ("jax",), "torch": ("torch",)}


def describe() -> dict[str, Any]:
    """Return the backend's name and version, its devices, and the dtype policy that `auto` stands for, by model."""
    import keras  # noqa: PLC0415, it loads the backend

    from brandlens import config  # noqa: PLC0415
    from brandlens.logo.detectors import registry as detectors  # noqa: PLC0415
    from brandlens.logo.detectors.one_stage.efficientnet_lite import VARIANTS  # noqa: PLC0415
    from brandlens.sentiment.models import registry as networks  # noqa: PLC0415
    from brandlens.training import distribution, precision  # noqa: PLC0415

    name = keras.backend.backend()
    logo = config.parse({}, config.defaults()).logo
    models = {f"logo {model}": entry.fast_bfloat16(logo) for model, entry in detectors.MODELS.items()}
    one_stage = replace(logo.train.one_stage, backbone=next(iter(VARIANTS)))  # any of them
    pretrained = replace(logo, train=replace(logo.train, one_stage=one_stage))
    models["logo one_stage, pretrained"] = detectors.find("one_stage").fast_bfloat16(pretrained)
    models |= {f"sentiment {network}": entry.fast_bfloat16 for network, entry in networks.NETWORKS.items()}
    return {
        "backend": name,
        "version": version(name),
        "keras": keras.__version__,
        "devices": distribution.list_devices(),
        "accelerator": precision.has_accelerator(),
        "auto": {model: precision.dtype_policy("auto", fast) for model, fast in models.items()},
    }


def version(backend: str) -> str | None:
    """Return the version of a backend's package; None where it is not installed. Nothing is imported."""
    for name in PACKAGES[backend]:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


if __name__ == "__main__":
    json.dump(describe(), sys.stdout)
