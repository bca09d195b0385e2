"""The predictors as classes for Ray Data, for pipelines of one's own: `dataset.map_batches(DetectLogos, ...)`.

ray.data.read_images(...)  # or read_binary_files, read_parquet: any dataset with the columns named below
dataset.map_batches(DetectLogos, fn_constructor_args=[pack("models/logo")], concurrency=4, batch_size=32)
"""

from typing import Any

import numpy as np

from brandlens.bulk.shipped_model import Files, unpack
from brandlens.logo.predictor import LogoPredictor
from brandlens.sentiment.predictor import SentimentPredictor


class DetectLogos:
    """Detects logos in batches with the columns id, input (a name) and data (a picture's bytes)."""

    def __init__(self, files: Files, **options: Any) -> None:
        """Load the model. files: see `shipped_model.pack`. options: see `LogoPredictor`."""
        self.predictor = LogoPredictor.load(unpack(files), threads=1, **options)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        """Return the columns of `LogoPredictor`."""
        return _columns(self.predictor({name: list(values) for name, values in batch.items()}))


class ScoreReviews:
    """Scores reviews in batches with the columns id and input (the text)."""

    def __init__(self, files: Files, **options: Any) -> None:
        """Load the model. files: see `shipped_model.pack`. options: see `SentimentPredictor`."""
        self.predictor = SentimentPredictor.load(unpack(files), threads=1, **options)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        """Return the columns of `SentimentPredictor`."""
        return _columns(self.predictor({name: list(values) for name, values in batch.items()}))


def _columns(columns: dict[str, list[Any]]) -> dict[str, Any]:
    """Return columns as Ray Data takes them: arrays, of objects where values are lists or missing."""
    arrays: dict[str, Any] = {}
    for name, values in columns.items():
        array = np.empty(len(values), object)
        array[:] = values
        arrays[name] = array
    return arrays
