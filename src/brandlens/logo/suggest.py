"""Boxes that a detector suggests for pictures which no one has labelled, the least sure first.

A person who corrects these instead of drawing them all spends the time where the detector has most to learn.
"""

import hashlib
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
from brandlens.logo.detector import LogoDetector


@dataclass(frozen=True)
class Suggestion:
    """A picture with boxes in its pixels as stored. doubt: see `doubt`."""

    picture: Picture
    doubt: float


def look(path: Path, detector: LogoDetector, threshold: float) -> Suggestion:
    """What the detector suggests for a picture file: all that scores at least the threshold. Raises PictureError."""
    pixels = images.read(path)
    found = detector.detect(pixels, threshold)
    try:
        header = orientation.header_of(path)
    except InvalidValueError:  # OpenCV knows more formats
        header = Header("", pixels.shape[1], pixels.shape[0])
    boxes = tuple(orientation.to_stored(Box(d.left, d.top, d.width, d.height, d.label), header) for d in found)
    return Suggestion(Picture(path, boxes, header.width, header.height), uncertainty(found, detector.threshold))


def uncertainty(found: Sequence[Detection], threshold: float) -> float:
    """How far the most doubtful detection is from the threshold in log-odds, 0 being in most doubt; infinite for
    none."""
    return min((abs(_odds(each.score) - _odds(threshold)) for each in found), default=math.inf)


def _odds(score: float) -> float:
    inside = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(inside / (1 - inside))


def rank_by_uncertainty(suggestions: Sequence[Suggestion]) -> list[Picture]:
    """The pictures, the least sure first; those in which nothing was found last."""
    return [each.picture for each in sorted(suggestions, key=lambda each: each.doubt)]


class Journal:
    """What was looked at so far, a JSON object a line, so that a run that was killed goes on where it stopped."""

    def __init__(self, path: Path, model: Path, threshold: float) -> None:
        """Keep what is in the file, if the same model and threshold wrote it, or begin anew."""
        self.path = path
        self.done: dict[Path, Suggestion] = {}
        first = json.dumps({"model": _digest(model), "threshold": threshold}) + "\n"
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        whole = there[: there.rfind("\n") + 1]  # the last line may be cut short
        if whole.startswith(first):
            self.done = {each.picture.path: each for each in map(_suggestion, _lines(whole.removeprefix(first)))}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(whole if whole.startswith(first) else first, encoding="utf-8")

    def add(self, suggestion: Suggestion) -> None:
        """Keep what was looked at now."""
        self.done[suggestion.picture.path] = suggestion
        picture = suggestion.picture
        line = {
            "picture": str(picture.path),
            "width": picture.width,
            "height": picture.height,
            "doubt": suggestion.doubt,
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | {"boxes": [asdict(box) for box in picture.boxes]}) + "\n")


def _lines(text: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, text.splitlines())


def _suggestion(line: dict[str, Any]) -> Suggestion:
    boxes = tuple(Box(**box) for box in line["boxes"])
    return Suggestion(Picture(Path(line["picture"]), boxes, line["width"], line["height"]), line["doubt"])


def _digest(model: Path) -> str:
    """What tells this model from another."""
    files = sorted(path for path in model.iterdir() if path.is_file())
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()
