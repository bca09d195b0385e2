"""`brandlens logo detect --format html`: a page of the pictures and clips, boxes drawn over them."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np

from brandlens.boxes import Detection
from brandlens.cli.output import html
from brandlens.cli.output.detections import VideoSummary, clock, percent, said_total
from brandlens.video import Frame

WIDEST = 640  # pixels of a picture on the page; the boxes are drawn as lines of any size


class HtmlSink:
    """A section a picture, and one a clip with the best look at every appearance, as they come."""

    def __init__(self, out: TextIO, clips: bool) -> None:
        del clips
        self.out = out
        self.best: dict[int, tuple[float, str]] = {}  # of the clip at hand, by track: score and figure
        print(html.head("Logos"), file=out)

    def picture(self, file: Path, picture: np.ndarray, found: Sequence[Detection]) -> None:
        said = "; ".join(f"{each.label} {each.score:.2f}" for each in found) or "no logo"
        self._say(file, f"<p>{escape(said)}</p>\n{drawn(picture, found, said)}")

    def look(self, file: Path, frame: Frame, found: Sequence[Detection], tracks: Sequence[int]) -> None:
        del file
        for each, track in zip(found, tracks, strict=True):
            if track not in self.best or each.score > self.best[track][0]:
                said = f"{each.label} {each.score:.2f} at {clock(frame.seconds)}"
                self.best[track] = each.score, drawn(frame.picture, [each], said)

    def clip(self, file: Path, seen: VideoSummary) -> None:
        said = [html.paragraph(said_total(each, seen.seconds)) for each in seen.totals]
        for each in seen.tracks:
            times = f"{clock(each.start)} - {clock(each.end)}"
            said.append(
                html.paragraph(f"{times}: {each.label} {each.score:.2f}, {percent(each.area_fraction)} of the picture")
                + self.best[each.track_id][1]
            )
        self._say(file, "".join(said) or html.paragraph("no logo"))
        self.best.clear()

    def end(self) -> None:
        print(html.foot(), file=self.out)

    def _say(self, file: Path, body: str) -> None:
        print(html.section(str(file), body), end="", file=self.out)


def drawn(picture: np.ndarray, found: Sequence[Detection], said: str) -> str:
    """The (h, w, 3) RGB picture with its boxes as SVG, in place of a second copy with boxes in its pixels."""
    high, wide = picture.shape[:2]
    boxes = "".join(
        f'<rect class="hit" x="{each.left}" y="{each.top}" width="{each.width}" height="{each.height}">'
        f"<title>{escape(each.label)} {each.score:.2f}</title></rect>"
        for each in found
    )
    return (
        f'<figure class="frame sighting"><img src="{address(picture)}" alt="{escape(said)}" '
        f'width="{wide}" height="{high}"><svg viewBox="0 0 {wide} {high}" aria-hidden="true">{boxes}</svg>'
        "</figure>\n"
    )


def address(picture: np.ndarray) -> str:
    """An address that holds the picture itself, as JPEG, WIDEST at most."""
    high, wide = picture.shape[:2]
    shrink = min(1.0, WIDEST / max(high, wide))
    size = max(1, round(wide * shrink)), max(1, round(high * shrink))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if shrink < 1 else picture
    data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
