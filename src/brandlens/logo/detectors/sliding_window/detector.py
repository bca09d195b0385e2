"""The detector that slides a network of one window over a picture, and the models that are such networks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import onnxruntime

from brandlens.boxes import Detection
from brandlens.config.logo import Logo, SlidingWindowDetect
from brandlens.config.schema import from_mapping
from brandlens.logo.crops import manifest
from brandlens.logo.crops.extract import center_crop
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.base import Detections, Model, StageInputs
from brandlens.logo.detectors.sliding_window.heatmap import heatmap
from brandlens.logo.detectors.sliding_window.scan import scan
from brandlens.logo.detectors.sliding_window.scorers import DenseScorer, PatchScorer, WindowScorer

FCN_STRIDE, SNOWDON_STRIDE = 4, 8  # pixels between neighboring windows; that of fcn is its strides' product
NUM_PARITY_CROPS = 100


@dataclass(frozen=True)
class SlidingWindowDetector:
    """Detects by `scan`; see `base.Detector`."""

    scorer: WindowScorer
    window: WindowSpec
    cfg: SlidingWindowDetect
    needs_detections: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        return self.window.labels

    @property
    def iou_threshold(self) -> float:
        return self.cfg.iou_threshold

    @property
    def config(self) -> dict[str, Any]:
        return {"stride": self.scorer.stride, "window": self.window.to_dict(), "detect": asdict(self.cfg)}

    def detect(self, pixels: np.ndarray, threshold: float) -> Detections:
        """Return all detections that score `threshold` or more."""
        return scan(pixels, self.scorer, self.window, self.cfg, threshold)

    def score_crops(
        self, crops: np.ndarray, records: Sequence[CropRecord], detections: Mapping[str, Sequence[Detection]]
    ) -> np.ndarray:
        """Return the probabilities that the network gives the crops themselves."""
        return self.scorer.score_crops(crops)

    def heatmap(self, pixels: np.ndarray) -> np.ndarray | None:
        """Return the map of the image pyramid's scores; None for a network that takes one window at a time."""
        return heatmap(pixels, self.scorer, self.window, self.cfg) if self.scorer.dense else None


MakeScorer = Callable[[onnxruntime.InferenceSession, int, WindowSpec], WindowScorer]


def _build(
    make_scorer: MakeScorer, session: onnxruntime.InferenceSession, config: Mapping[str, Any]
) -> SlidingWindowDetector:
    window = WindowSpec.from_dict(config["window"])
    cfg = from_mapping(SlidingWindowDetect, config["detect"], "detect")
    return SlidingWindowDetector(make_scorer(session, config["stride"], window), window, cfg)


def _config(stride: int, cfg: Logo, inputs: StageInputs) -> dict[str, Any]:
    window, _ = manifest.read_manifest(inputs.crops)
    return {"stride": stride, "window": window.to_dict(), "detect": asdict(cfg.detect.sliding_window)}


def _sample_crops(cfg: Logo, inputs: StageInputs) -> np.ndarray:
    """Return (n, height, width, 3) uint8: some crops of every kind and split, without padding."""
    window, records = manifest.read_manifest(inputs.crops)
    chosen = np.random.default_rng(0).permutation(len(records))[:NUM_PARITY_CROPS]
    return center_crop(manifest.load_images(inputs.crops, [records[index] for index in chosen]), window)


FCN = Model(
    build=partial(_build, DenseScorer),
    config=partial(_config, FCN_STRIDE),
    parity_inputs=_sample_crops,
    trainer="brandlens.logo.detectors.sliding_window.train:train_fcn",
)
SNOWDON = Model(
    build=partial(_build, PatchScorer),
    config=partial(_config, SNOWDON_STRIDE),
    parity_inputs=_sample_crops,
    trainer="brandlens.logo.detectors.sliding_window.train:train_snowdon",
    fast_bfloat16=lambda _: ("amx_bf16", "avx512_bf16"),
)
