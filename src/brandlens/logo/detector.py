"""An exported model, ready to run: `LogoDetector.load(folder).detect(picture)`."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime

from brandlens import images, model_card, onnx_runtime
from brandlens.boxes import Detection
from brandlens.errors import ModelError
from brandlens.logo import tiling
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.one_stage.predict import ImageSizes, OneStageModel, detect
from brandlens.logo.detectors.sliding_window import scorers
from brandlens.logo.detectors.sliding_window.scan import Detections, ScanConfig, WindowScorer, scan


@dataclass(frozen=True)
class LogoDetector:
    """Finds a brand's logo in pictures. Holds all it needs; made by `load`.

    A Scorer is slid over the picture as its Plan says; a Shot is shown the whole picture at its Sizes.
    """

    scorer: WindowScorer | OneStageModel
    geometry: WindowSpec
    plan: ScanConfig | ImageSizes
    threshold: float
    provenance: dict[str, Any]

    @classmethod
    def load(cls, folder: Path | str, threads: int | None = None) -> "LogoDetector":
        """The detector that stage logo-export wrote to this folder. threads: None for every core.

        Raises ModelError when the folder holds none, or one of a newer format.
        """
        folder = Path(folder)
        card = model_card.read(folder, "logo")
        try:
            geometry, plan, stride = WindowSpec.from_dict(card["geometry"]), _plan(card), card.get("stride")
            threshold, provenance = card["threshold"], card["provenance"]
        except (LookupError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{folder / model_card.NAME}: a logo model with another content ({error}); export it again"
            ) from None
        return cls.of(
            onnx_runtime.session(folder / "network.onnx", threads), geometry, plan, stride, threshold, provenance
        )

    @classmethod
    def of(
        cls, network: onnxruntime.InferenceSession, geometry: WindowSpec, plan: ScanConfig | ImageSizes,
        stride: int | None, threshold: float, provenance: dict[str, Any],
    ) -> Self:  # fmt: skip
        """The detector with this network. stride: of one that is slid, else None."""
        scorer = OneStageModel(network) if isinstance(plan, ImageSizes) else scorers.scorer(network, stride, geometry)
        return cls(scorer, geometry, plan, threshold, provenance)

    def save(self, folder: Path, network: bytes) -> None:
        """Write network.onnx and model.json: all that `load` needs."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "network.onnx").write_bytes(network)
        if isinstance(self.scorer, OneStageModel):
            how: dict[str, Any] = {"look": asdict(self.plan)}
        else:
            how = {"stride": self.scorer.stride, "scan": asdict(self.plan)}
        content = {
            "geometry": self.geometry.to_dict(),
            **how,
            "threshold": self.threshold,
            "provenance": self.provenance,
        }
        model_card.write(folder, "logo", content)

    def detect(
        self, picture: np.ndarray | Path | str, threshold: float | None = None, tile: int = tiling.SIDE
    ) -> list[Detection]:
        """Every logo in a (height, width, 3) uint8 RGB picture or a picture file, best first.

        threshold: lowest score, from 0 to 1; None for the one chosen on validation. tile: a picture with a longer side
        than this, in pixels, is looked at in overlapping tiles, at most so large, as well: for logos tiny in the whole.
        Raises PictureError for a bad file, ValueError for an array of another shape or type and for tiny tiles.
        """
        if tile < tiling.MIN_SIDE:
            raise ValueError(f"tile is {tile}: less than {tiling.MIN_SIDE} pixels")
        pixels = picture if isinstance(picture, np.ndarray) else images.read(Path(picture))
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            raise ValueError(f"{pixels.shape} {pixels.dtype}: a picture is (height, width, 3) uint8 RGB")
        least = self.threshold if threshold is None else threshold
        finds = tiling.detect_tiled(pixels, tile, self.plan.overlap, lambda part: self._finds(part, least))
        return [
            Detection(self.geometry.labels[label], round(float(score), 4), *_sides(box, pixels.shape))
            for box, label, score in zip(finds.boxes, finds.labels, finds.scores, strict=True)
        ]

    def _finds(self, pixels: np.ndarray, threshold: float) -> Detections:
        if isinstance(self.scorer, OneStageModel):
            return detect(pixels, self.scorer, self.plan, threshold)
        return scan(pixels, self.scorer, self.geometry, self.plan, threshold)


def _plan(card: dict[str, Any]) -> ScanConfig | ImageSizes:
    """How a card says that pictures are looked at. Raises KeyError or TypeError where it says nothing sensible."""
    if "look" in card:
        return ImageSizes(tuple(card["look"]["longest"]), card["look"]["overlap"])
    if "stride" not in card:
        raise KeyError("stride")
    return ScanConfig(**card["scan"])


def _sides(box: np.ndarray, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """left, top, width, height in whole pixels inside the picture, at least 1 x 1."""
    left, top = (
        int(min(max(0, round(float(at))), size - 1)) for at, size in zip(box[:2], (shape[1], shape[0]), strict=True)
    )
    right, bottom = (
        int(min(max(low + 1, round(float(at))), size))
        for low, at, size in zip((left, top), box[2:], (shape[1], shape[0]), strict=True)
    )
    return left, top, right - left, bottom - top
