"""`brandlens logo detect --format html`: a page of the pictures, each with its boxes drawn over it."""

import base64
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np

from brandlens.boxes import Detection
from brandlens.cli import html

WIDEST = 640  # pixels of a picture on the page; the boxes are drawn as lines of any size


def as_html(out: TextIO) -> Callable[[Path, np.ndarray, Sequence[Detection]], None]:
    """A section a picture, as they come; the page's end is `html.foot`."""
    print(html.head("Logos"), file=out)

    def write(file: Path, picture: np.ndarray, found: Sequence[Detection]) -> None:
        said = "; ".join(f"{each.label} {each.score:.2f}" for each in found) or "no logo"
        print(html.section(str(file), f"<p>{escape(said)}</p>\n{drawn(picture, found, said)}"), end="", file=out)

    return write


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
