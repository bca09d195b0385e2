"""`brandlens logo detect --format html`: a page of the pictures and videos, boxes drawn over them."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TextIO

import numpy as np

from brandlens import images
from brandlens.boxes import Detection
from brandlens.cli.output import html
from brandlens.cli.output.detections import VideoSummary, clock, describe_total, percent
from brandlens.logo.crops.windows import shrink_to
from brandlens.video import Frame

MAX_SIDE = 640  # pixels of a picture on the page; the boxes are drawn as lines, sharp at any size


class HtmlSink:
    """Prints a section a picture, and one a video with the best frame of every appearance, as they come."""

    def __init__(self, out: TextIO, has_video: bool) -> None:
        del has_video
        self.out = out
        self.best: dict[int, tuple[float, str]] = {}  # of the current video, by track: best score and its figure
        print(html.head("Logos"), file=out)

    def add_picture(self, file: Path, picture: np.ndarray, detections: Sequence[Detection]) -> None:
        caption = "; ".join(f"{detection.label} {detection.score:.2f}" for detection in detections) or "no logo"
        self._print(file, f"<p>{escape(caption)}</p>\n{figure(picture, detections, caption)}")

    def add_frame(self, file: Path, frame: Frame, detections: Sequence[Detection], tracks: Sequence[int]) -> None:
        del file
        for detection, track in zip(detections, tracks, strict=True):
            if track not in self.best or detection.score > self.best[track][0]:
                caption = f"{detection.label} {detection.score:.2f} at {clock(frame.seconds)}"
                self.best[track] = detection.score, figure(frame.picture, [detection], caption)

    def add_video(self, file: Path, summary: VideoSummary) -> None:
        parts = [html.paragraph(describe_total(total, summary.seconds)) for total in summary.totals]
        for track in summary.tracks:
            times = f"{clock(track.start)} - {clock(track.end)}"
            text = f"{times}: {track.label} {track.score:.2f}, {percent(track.area_fraction)} of the picture"
            parts.append(html.paragraph(text) + self.best[track.track_id][1])
        self._print(file, "".join(parts) or html.paragraph("no logo"))
        self.best.clear()

    def close(self) -> None:
        print(html.foot(), file=self.out)

    def _print(self, file: Path, body: str) -> None:
        print(html.section(str(file), body), end="", file=self.out)


def figure(picture: np.ndarray, detections: Sequence[Detection], caption: str) -> str:
    """Return a figure of the (h, w, 3) uint8 RGB picture with boxes as SVG over it. caption: its alternative text."""
    height, width = picture.shape[:2]
    boxes = "".join(
        f'<rect class="box" x="{detection.left}" y="{detection.top}" width="{detection.width}" '
        f'height="{detection.height}"><title>{escape(detection.label)} {detection.score:.2f}</title></rect>'
        for detection in detections
    )
    return (
        f'<figure class="frame sighting"><img src="{data_url(picture)}" alt="{escape(caption)}" '
        f'width="{width}" height="{height}"><svg viewBox="0 0 {width} {height}" aria-hidden="true">{boxes}</svg>'
        "</figure>\n"
    )


def data_url(picture: np.ndarray) -> str:
    """Return a data URL of the (h, w, 3) uint8 RGB picture as JPEG, shrunk to MAX_SIDE at most."""
    data = images.encode(shrink_to(picture, MAX_SIDE), ".jpg", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
