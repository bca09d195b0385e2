"""Typefaces to set words in: those that matplotlib ships, Pillow's own where it is not installed."""

import importlib.util
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_FILES = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-BoldOblique", "DejaVuSerif-Bold", "DejaVuSerif-Italic"),
    *("DejaVuSansMono-Bold", "STIXGeneral", "STIXGeneralBol", "STIXGeneralBolIta", "cmss10", "cmb10", "cmtt10"),
)


def package_file(package: str, *below: str) -> Path | None:
    """A file or folder inside an installed package, found without importing it; None where there is none."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*below)
    return path if path.exists() else None


@cache
def faces() -> tuple[str, ...]:
    """Paths of the typefaces there are; one empty string stands for Pillow's own."""
    folder = package_file("matplotlib", "mpl-data", "fonts", "ttf")
    found = [folder / f"{name}.ttf" for name in _FILES] if folder else []
    return tuple(str(path) for path in found if path.exists()) or ("",)


@lru_cache(256)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """A face of `faces` at a size in pixels."""
    return ImageFont.truetype(face, size) if face else ImageFont.load_default(size)


def render_text(text: str, face: str, size: int) -> np.ndarray:
    """(height, width) uint8 coverage of a line of text, cropped to its ink; `size` in pixels."""
    kind = font(face, size)
    left, top, right, bottom = (int(side) for side in kind.getbbox(text))
    page = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(page).text((-left, -top), text, fill=255, font=kind)
    return np.asarray(page)
