"""What every detector offers, and what the stages need to know of a model: all that callers touch of either."""

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import onnxruntime

from brandlens import annotations
from brandlens.annotations import Picture
from brandlens.boxes import Detection
from brandlens.config.logo import Logo
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.predictions import Progress


@dataclass(frozen=True)
class Detections:
    """Scored boxes in a picture, by falling score.

    boxes: (n, 4) float32 left, top, right, bottom in pixels of the picture. labels: (n,) int64, indices into the
    detector's labels. scores: (n,) float32 from 0 to 1.
    """

    boxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray

    def where(self, kept: np.ndarray) -> Self:
        """Return the detections that a (n,) boolean mask or (m,) indices pick."""
        return replace(self, **{field.name: getattr(self, field.name)[kept] for field in fields(self)})


class Detector(Protocol):
    """A network at work. No caller asks which one it is."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it detects; class 0 of a crop is the background, class i + 1 is labels[i]."""

    @property
    def iou_threshold(self) -> float:
        """The intersection over union above which two detections of a label are one."""

    @property
    def config(self) -> dict[str, Any]:
        """What its `Model` builds it from, beside the network: plain values, as model.json keeps them."""

    @property
    def needs_detections(self) -> bool:
        """Whether `score_crops` reads the detections in the crops' pictures; otherwise it runs on the crops alone."""

    def detect(self, pixels: np.ndarray, threshold: float) -> Detections:
        """Return all detections in a (h, w, 3) uint8 RGB picture that score `threshold` or more, each logo once.

        Whatever the threshold, the same boxes have the same scores.
        """

    def score_crops(
        self, crops: np.ndarray, records: Sequence[CropRecord], detections: Mapping[str, Sequence[Detection]]
    ) -> np.ndarray:
        """Return (n, 1 + labels) float32 probabilities of crops.

        crops: (n, height, width, 3) uint8 RGB without padding, of these n records. detections: in the pictures that
        the crops come from, by `CropRecord.picture`.
        """

    def heatmap(self, pixels: np.ndarray) -> np.ndarray | None:
        """Return (h, w) float32 from 0 to 1: the best score of any label at each pixel of a picture.

        pixels: (h, w, 3) uint8 RGB; the map may be larger or smaller, of the same shape. None from a detector that
        would need minutes for it.
        """


@dataclass(frozen=True)
class StageInputs:
    """What the stages before logo-train wrote."""

    pictures: Path  # folder of {train,val,test}.xml
    crops: Path  # folder of {train,val,test}/{label}/*.png, manifest.csv and window.json
    augmented: Path  # crops.npz

    def read_pictures(self, split: str) -> list[Picture]:
        """Return the labelled pictures of a split: train, val or test."""
        return annotations.read(self.pictures / f"{split}.xml")

    def files(self) -> list[Path]:
        """Return the files that tell these inputs from others."""
        return [self.augmented, *sorted(self.pictures.glob("*.xml"))]


@dataclass(frozen=True)
class Model:
    """A kind of network: how the stages configure, build, compare and train it. All but `trainer` runs without Keras.

    build: an ONNX Runtime session and a `Detector.config` → the detector; raises LookupError, TypeError, ValueError or
    UserError for another content. config: the params and the stage's inputs → that `Detector.config`.
    parity_inputs: (n, h, w, 3) uint8 RGB on which the exported network is compared with Keras.
    trainer: "module:function" that takes what `train` takes; imported when first called, since it needs Keras.
    fast_bfloat16: the params → processor features with which it was measured to train faster in bfloat16
    (benchmarks/dtype_policy.py).
    """

    build: Callable[[onnxruntime.InferenceSession, Mapping[str, Any]], Detector]
    config: Callable[[Logo, StageInputs], dict[str, Any]]
    parity_inputs: Callable[[Logo, StageInputs], np.ndarray]
    trainer: str
    fast_bfloat16: Callable[[Logo], tuple[str, ...]] = lambda _: ()

    def train(self, cfg: Logo, inputs: StageInputs, run_dir: Path, *, seed: int, dtype_policy: str) -> Any:
        """Train and return the Keras model in float32, with a dict of outputs, one of them "label".

        run_dir: keeps what a later call needs to resume a killed training; deleted when it is done.
        dtype_policy: Keras' name of the policy that it trains under.
        """
        return pkgutil.resolve_name(self.trainer)(cfg, inputs, run_dir, seed=seed, dtype_policy=dtype_policy)


def progress_bar(name: str) -> Progress:
    """Return a function that shows a progress bar while its pictures are gone through."""
    from tqdm import tqdm  # noqa: PLC0415, only stages need it, and it takes a while to load

    return lambda pictures: tqdm(pictures, desc=name, unit="picture", mininterval=1)
