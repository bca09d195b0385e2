"""Logos in batches of encoded pictures, columns in, columns out: for the command line, the service, Ray and Spark."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from brandlens import images, onnx_runtime
from brandlens.boxes import Detection
from brandlens.errors import PictureError
from brandlens.logo import tiling
from brandlens.logo.detector import LogoDetector

Row = dict[str, Any]


@dataclass(frozen=True)
class LogoPredictor:
    """Detects logos in encoded pictures. It reads no file and writes none, and a picture's result depends on no other.

    threads: pictures of a batch at once. threshold, tile: as `LogoDetector.detect` takes them. max_pixels: a larger
    picture is refused.
    """

    detector: LogoDetector
    threads: int = 1
    threshold: float | None = None
    tile: int = tiling.SIDE
    max_pixels: int = images.MAX_PIXELS

    @classmethod
    def load(cls, folder: Path | str, *, threads: int | None = None, **options: Any) -> Self:
        """Return the predictor of a model's folder, which runs so many pictures at once, each on one core.

        threads: None for every core. options: the other fields. Raises ModelError, see `LogoDetector.load`.
        """
        return cls(LogoDetector.load(folder, threads=1), threads or onnx_runtime.cores(), **options)

    def predict(self, data: bytes, name: Path | str) -> tuple[np.ndarray, list[Detection]]:
        """Return a picture as (height, width, 3) uint8 RGB, and its detections.

        data: a picture file's bytes. name: begins the message of an error. Raises PictureError, see `images.decode`.
        """
        pixels = images.decode(data, name, self.max_pixels)
        return pixels, self.detector.detect(pixels, self.threshold, self.tile)

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """Map a batch of columns to a batch of columns, of the same rows.

        batch: `id`, anything; `input`, the name of a picture; `data`, its bytes, or None; and `error`, if there is such
        a column: why there are no bytes, or None. Returns id, input, width and height in pixels, detections (see
        `detection_rows`), error (None where all went well; no exception is raised for a row) and seconds.
        """
        errors = batch.get("error", [None] * len(batch["data"]))
        rows = list(zip(batch["id"], batch["input"], batch["data"], errors, strict=True))
        if len(rows) == 1 or self.threads == 1:
            results = [self._row(*row) for row in rows]
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                results = list(pool.map(lambda row: self._row(*row), rows))
        names = ("id", "input", "width", "height", "detections", "error", "seconds")
        return {name: [row[name] for row in results] for name in names}

    def _row(self, row_id: Any, name: Any, data: bytes | None, error: str | None) -> Row:
        start = time.perf_counter()
        row: Row = {"id": row_id, "input": name, "width": None, "height": None, "detections": [], "error": error}
        try:
            if not error and data is None:
                row["error"] = f"{name}: no picture"
            elif not error:
                picture, detections = self.predict(bytes(data or b""), str(name))
                row |= {**size(picture), "detections": detection_rows(detections)}
        except PictureError as problem:
            row["error"] = str(problem)
        except Exception as problem:  # of one picture among millions
            row["error"] = f"{name}: {type(problem).__name__}: {problem}"
        return row | {"seconds": time.perf_counter() - start}


def size(picture: np.ndarray) -> dict[str, int]:
    """Return the width and height of a (h, w, 3) picture by name."""
    return {"width": picture.shape[1], "height": picture.shape[0]}


def detection_rows(detections: Sequence[Detection]) -> list[Row]:
    """Return detections as plain values: label, score, and left, top, width, height in pixels."""
    return [asdict(detection) for detection in detections]


def picture_row(name: Path | str, picture: np.ndarray, detections: Sequence[Detection]) -> Row:
    """Return the JSON object of a picture: picture (its name), width, height and detections."""
    return {"picture": str(name), **size(picture), "detections": detection_rows(detections)}
