"""An exported model, ready to run: `LogoDetector.load(folder).detect(picture)`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime

from brandlens import images, model_card, onnx_runtime
from brandlens.boxes import Detection
from brandlens.errors import ModelError, ParamsError
from brandlens.logo import tiling
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.detectors import registry
from brandlens.logo.detectors.base import Detector

NETWORK = "network.onnx"


@dataclass(frozen=True)
class LogoDetector:
    """Detects logos in pictures.

    model: its name in the registry. threshold: lowest score of a detection, chosen on validation. provenance: where it
    comes from and how well it does, for people.
    """

    model: str
    detector: Detector
    threshold: float
    provenance: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path | str, threads: int | None = None) -> Self:
        """Read the detector that the stages logo-export and logo-evaluate wrote to a folder.

        threads: None for every core. Raises ModelError when the folder holds none, one of another format, or files that
        do not belong together.
        """
        folder = Path(folder)
        card = model_card.read(folder, "logo")
        try:
            model, config = str(card["type"]), card["detector"]
            threshold, provenance = float(card["threshold"]), card["provenance"]
        except (LookupError, TypeError, ValueError) as error:
            raise _unknown_content(folder, error) from None
        try:
            registry.find(model)
        except ModelError as error:
            raise ModelError(f"{folder / model_card.NAME}: {error}; import the module that registers it") from None
        checked = model_card.check_files(folder, card, [NETWORK])
        session = onnx_runtime.session(folder / NETWORK, threads)
        try:
            loaded = cls.from_session(model, session, config, threshold, provenance)
        except (LookupError, TypeError, ValueError, AttributeError, ParamsError) as error:
            raise _unknown_content(folder, error) from None
        if not checked and not loaded._fits(session):
            raise model_card.mixed(folder, NETWORK)
        return loaded

    def _fits(self, session: onnxruntime.InferenceSession) -> bool:
        """Return whether the network has an output for each label, and runs on a picture."""
        num_outputs = {output.name: output.shape[-1] for output in session.get_outputs()}
        num_labels = len(self.labels) + ("boxes" not in num_outputs)  # of a crop there is the background as well
        try:
            self.detector.detect(np.full((64, 64, 3), 128, np.uint8), 1.0)
        except Exception:  # ONNX Runtime raises classes of its own that share no base
            return False
        return num_outputs.get("label") in (num_labels, None) or isinstance(num_outputs["label"], str)

    @classmethod
    def from_session(
        cls,
        model: str,
        session: onnxruntime.InferenceSession,
        config: Mapping[str, Any],
        threshold: float,
        provenance: Mapping[str, Any],
    ) -> Self:
        """Build the detector of a network. model: its name in the registry; config: see `Detector.config`."""
        return cls(model, registry.find(model).build(session, config), threshold, provenance)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it detects; class 0 of a crop is the background, class i + 1 is labels[i]."""
        return self.detector.labels

    @property
    def needs_detections(self) -> bool:
        """Whether `score_crops` reads the detections in the crops' pictures; otherwise it runs on the crops alone."""
        return self.detector.needs_detections

    def score_crops(
        self, crops: np.ndarray, records: Sequence[CropRecord], detections: Mapping[str, Sequence[Detection]]
    ) -> np.ndarray:
        """Return (n, 1 + labels) float32 probabilities of crops, see `Detector.score_crops`."""
        return self.detector.score_crops(crops, records, detections)

    def heatmap(self, pixels: np.ndarray) -> np.ndarray | None:
        """Return where the scores are in a picture, see `Detector.heatmap`."""
        return self.detector.heatmap(pixels)

    def save(self, folder: Path, network: bytes | None = None) -> None:
        """Write model.json, and network.onnx beside it unless it is there already: all that `load` needs."""
        folder.mkdir(parents=True, exist_ok=True)
        if network is not None:
            (folder / NETWORK).write_bytes(network)
        content = {
            "type": self.model,
            "detector": self.detector.config,
            "threshold": self.threshold,
            "provenance": self.provenance,
        }
        model_card.write(folder, "logo", content, [NETWORK])

    def detect(
        self, picture: np.ndarray | Path | str, threshold: float | None = None, tile: int = tiling.SIDE
    ) -> list[Detection]:
        """Return every logo in a (height, width, 3) uint8 RGB picture or a picture file, best first.

        threshold: lowest score, from 0 to 1; None for the one chosen on validation. tile: pixels; a picture with a
        longer side is also cut into overlapping tiles of at most this side, for logos tiny in the whole.
        Raises PictureError for a bad file; ValueError for an array of another shape or type, or without a pixel, for
        another threshold and for tiny tiles; and TypeError for what is neither, such as a list of pictures.
        """
        if not isinstance(picture, np.ndarray | str | PathLike):
            raise TypeError(
                f"picture is a {type(picture).__name__}; give one picture: a path, or a (height, width, 3) uint8 array"
            )
        if threshold is not None and not 0 <= threshold <= 1:
            raise ValueError(f"threshold is {threshold}: not from 0 to 1")
        if tile < tiling.MIN_SIDE:
            raise ValueError(f"tile is {tile}: less than {tiling.MIN_SIDE} pixels")
        pixels = picture if isinstance(picture, np.ndarray) else images.read(Path(picture))
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
            raise ValueError(f"{pixels.shape} {pixels.dtype}: a picture is (height, width, 3) uint8 RGB")
        min_score = self.threshold if threshold is None else threshold
        detections = tiling.detect_tiled(
            pixels, tile, self.detector.iou_threshold, lambda region: self.detector.detect(region, min_score)
        )
        return [
            Detection(self.labels[label], round(float(score), 4), *_to_pixels(box, pixels.shape))
            for box, label, score in zip(detections.boxes, detections.labels, detections.scores, strict=True)
        ]


def _unknown_content(folder: Path, error: Exception) -> ModelError:
    return ModelError(f"{folder / model_card.NAME}: a logo model with another content ({error}); export it again")


def _to_pixels(box: np.ndarray, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return left, top, width, height in whole pixels inside the picture, at least 1 x 1."""
    image_wh = shape[1], shape[0]
    left, top = (
        int(min(max(0, round(float(side))), length - 1)) for side, length in zip(box[:2], image_wh, strict=True)
    )
    right, bottom = (
        int(min(max(low + 1, round(float(side))), length))
        for low, side, length in zip((left, top), box[2:], image_wh, strict=True)
    )
    return left, top, right - left, bottom - top
