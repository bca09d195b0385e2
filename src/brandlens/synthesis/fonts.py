"""Fonts to set words in: those that matplotlib ships, Pillow's own where it is not installed."""

import importlib.util
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_MATPLOTLIB_FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-BoldOblique", "DejaVuSerif-Bold", "DejaVuSerif-Italic"),
    *("DejaVuSansMono-Bold", "STIXGeneral", "STIXGeneralBol", "STIXGeneralBolIta", "cmss10", "cmb10", "cmtt10"),
)


def package_file(package: str, *parts: str) -> Path | None:
    """Return the path of a file or folder in an installed package, which is not imported; None where it is missing."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*parts)
    return path if path.exists() else None


@cache
def list_fonts() -> tuple[str, ...]:
    """Return the paths of the fonts that are installed; one empty string stands for Pillow's own."""
    folder = package_file("matplotlib", "mpl-data", "fonts", "ttf")
    paths = [folder / f"{name}.ttf" for name in _MATPLOTLIB_FONTS] if folder else []
    return tuple(str(path) for path in paths if path.exists()) or ("",)


@lru_cache(256)
def load_font(path: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Load a font of `list_fonts` at a size in pixels."""
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)


def render_text(text: str, path: str, size: int) -> np.ndarray:
    """Return (height, width) uint8 coverage of a line of text, cropped to its ink.

    path: of a font, as `list_fonts` gives it. size: of the font, in pixels.
    """
    font = load_font(path, size)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    canvas = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(canvas).text((-left, -top), text, fill=255, font=font)
    return np.asarray(canvas)
