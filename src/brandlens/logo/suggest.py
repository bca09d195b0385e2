"""Boxes that a detector suggests for pictures which no one has labelled, ranked by its uncertainty.

A person who corrects these instead of drawing them all spends the time where the detector has most to learn (active
learning).
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from brandlens import images
from brandlens.annotations import Picture, orientation
from brandlens.annotations.issues import InvalidValueError
from brandlens.boxes import Box, Detection
from brandlens.image_headers import Header
from brandlens.io import atomic_write, folder_digest
from brandlens.logo.detector import LogoDetector


@dataclass(frozen=True)
class Suggestion:
    """A picture with boxes in its pixels as stored, and how unsure the detector is of them, see `uncertainty`."""

    picture: Picture
    uncertainty: float


def suggest_boxes(path: Path, detector: LogoDetector, threshold: float) -> Suggestion:
    """Return the detections in a picture file that score at least the threshold. Raises PictureError."""
    pixels = images.read(path)
    detections = detector.detect(pixels, threshold)
    try:
        header = orientation.header_of(path)
    except InvalidValueError:  # OpenCV reads more formats
        header = Header("", pixels.shape[1], pixels.shape[0])
    boxes = tuple(
        orientation.to_stored(
            Box(detection.left, detection.top, detection.width, detection.height, detection.label), header
        )
        for detection in detections
    )
    picture = Picture(path, boxes, header.width, header.height)
    return Suggestion(picture, uncertainty(detections, detector.threshold))


def uncertainty(detections: Sequence[Detection], threshold: float) -> float:
    """Return how uncertain the least certain detection is: minus the distance of its score from the threshold.

    In log-odds: 0 at the threshold, the highest there is; minus infinity without detections.
    """
    return max((-abs(_log_odds(detection.score) - _log_odds(threshold)) for detection in detections), default=-math.inf)


def _log_odds(score: float) -> float:
    clipped = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(clipped / (1 - clipped))


def rank_by_uncertainty(suggestions: Sequence[Suggestion]) -> list[Picture]:
    """Return the pictures, the least certain first; those without detections last."""
    return [suggestion.picture for suggestion in sorted(suggestions, key=lambda suggestion: -suggestion.uncertainty)]


class Journal:
    """The suggestions so far, a JSON object a line, so that a run that was killed resumes where it stopped."""

    def __init__(self, path: Path, model: Path, threshold: float) -> None:
        """Keep what is in the file, if the same model and threshold wrote it, or begin anew."""
        self.path = path
        self.done: dict[Path, Suggestion] = {}
        header = json.dumps({"model": folder_digest(model), "threshold": threshold}) + "\n"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        complete = text[: text.rfind("\n") + 1]  # the last line may be cut short
        if complete.startswith(header):
            try:
                known = [*map(_suggestion, _objects(complete.removeprefix(header)))]
            except (ValueError, TypeError, LookupError):  # damaged
                known, complete = [], ""
            self.done = {suggestion.picture.path: suggestion for suggestion in known}
        with atomic_write(path) as unfinished:
            unfinished.write_text(complete if complete.startswith(header) else header, encoding="utf-8")

    def add(self, suggestion: Suggestion) -> None:
        """Append a suggestion to the file."""
        self.done[suggestion.picture.path] = suggestion
        picture = suggestion.picture
        line = {
            "picture": str(picture.path),
            "width": picture.width,
            "height": picture.height,
            "uncertainty": suggestion.uncertainty,
            "boxes": [asdict(box) for box in picture.boxes],
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _objects(lines: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, lines.splitlines())


def _suggestion(line: dict[str, Any]) -> Suggestion:
    boxes = tuple(Box(**box) for box in line["boxes"])
    return Suggestion(Picture(Path(line["picture"]), boxes, line["width"], line["height"]), line["uncertainty"])
