"""What is pasted without a label: look-alikes of the artwork, and other logos.

The test split has words, symbols, edits and layouts that no other split has.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from brandlens.synthesis import fonts, lettering
from brandlens.synthesis.artwork import Artwork
from brandlens.synthesis.textures import Color, choose, random_color, to_paint

WIDTH = 360  # pixels: what distractors are drawn at, before they are scaled
LOOKALIKE_RATIO = 0.55  # of the distractors; the others are other logos


@dataclass(frozen=True)
class Repertoire:
    """What distractors of a split are made of.

    words: of look-alike wordmarks, in the letters of lettering.GLYPHS. symbols: keys of lettering.SYMBOLS.
    edits: keys of EDITS, which make a look-alike of any artwork. names, layouts: of the other logos.
    """

    words: tuple[str, ...]
    symbols: tuple[str, ...]
    edits: tuple[str, ...]
    names: tuple[str, ...]
    layouts: tuple[str, ...]


_TRAIN_VAL = Repertoire(
    words=(
        *("tavano", "novuta", "tuvona", "vatuno", "tavora", "lavuno"),
        *("tanuvo", "ravuna", "tamuno", "tovina", "natuvo", "cavuno"),
    ),
    symbols=("crescent", "halves", "gate", "dots", "bars"),
    edits=("shuffle_slices",),
    names=(
        *("kerula", "mibo", "sandrex", "polvar", "quint", "zelto", "harmox"),
        *("brivo", "ostela", "jumpra", "fenwick", "dorlo", "nexil", "gavra"),
    ),
    layouts=("badge", "underlined", "beside"),
)
_TEST = Repertoire(
    words=("tavelo", "nutavo", "tuvano", "vanuto", "tabuno", "tavuro", "hatuvo", "lovuna"),
    symbols=("peak", "frame", "waves"),
    edits=("mirror",),
    names=("virsa", "lumett", "ockra", "pelido", "strune", "wexam", "yolta", "bendik", "carmu", "ixora"),
    layouts=("ring", "stacked", "tag"),
)


def repertoire(split: str) -> Repertoire:
    """Return what distractors of a split are made of: that of "test" shares nothing with that of any other split."""
    return _TEST if split == "test" else _TRAIN_VAL


def draw(rng: np.random.Generator, split: str, artworks: Sequence[Artwork], labels: Collection[str] = ()) -> np.ndarray:
    """Draw one distractor for a split: (height, width, 4) uint8 RGB and alpha, about WIDTH wide.

    artworks: what look-alikes resemble. labels: words that no look-alike may spell.
    """
    options = repertoire(split)
    if rng.random() >= LOOKALIKE_RATIO:
        return _draw_other_logo(rng, options)
    artwork = choose(rng, artworks)
    if rng.random() < 0.3:
        return EDITS[choose(rng, options.edits)](rng, artwork)
    words = [word for word in options.words if word not in {label.lower() for label in labels}]
    return _draw_wordmark(rng, artwork, choose(rng, words), options.symbols)


def _draw_wordmark(rng: np.random.Generator, artwork: Artwork, word: str, symbols: Sequence[str]) -> np.ndarray:
    """Draw another word and another symbol in the artwork's colors."""
    symbol = choose(rng, symbols) if rng.random() < 0.85 else None
    accent = int(rng.integers(len(word))) if rng.random() < 0.7 else None
    first, second = artwork.colors[:2] if len(artwork.colors) > 1 else np.repeat(artwork.colors, 2, axis=0)
    return lettering.draw(lettering.wordmark(word, symbol, accent), (to_paint(first), to_paint(second)), WIDTH)


def shuffle_slices(rng: np.random.Generator, artwork: Artwork) -> np.ndarray:
    """Cut the artwork into upright slices, no two of which stay side by side; now and then in another hue."""
    slices = np.array_split(_unmultiplied(artwork), int(rng.integers(4, 7)), axis=1)
    order = np.arange(len(slices))
    while (np.diff(order) == 1).any():  # two slices that stay together may hold the whole word
        order = rng.permutation(len(slices))
    shuffled = np.concatenate([slices[index] for index in order], axis=1)
    return _shift_hue(rng, shuffled) if rng.random() < 0.3 else shuffled


def mirror(rng: np.random.Generator, artwork: Artwork) -> np.ndarray:
    """Flip the artwork left to right and shift its hue: one of the two alone may look like the logo itself."""
    return _shift_hue(rng, _unmultiplied(artwork)[:, ::-1])


EDITS = {edit.__name__: edit for edit in (shuffle_slices, mirror)}


def _unmultiplied(artwork: Artwork) -> np.ndarray:
    """Return (height, width, 4) uint8 RGB, not multiplied by alpha, and alpha, of the level nearest to WIDTH."""
    pixels = artwork.level(WIDTH)
    alpha = np.maximum(pixels[..., 3:].astype(np.float32), 1)
    return np.dstack([np.clip(pixels[..., :3] * (255 / alpha), 0, 255).astype(np.uint8), pixels[..., 3]])


def _shift_hue(rng: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
    hsv = cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + int(rng.integers(35, 145))) % 180  # OpenCV's hues are halved degrees
    return np.dstack([cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), pixels[..., 3]])


def _draw_other_logo(rng: np.random.Generator, options: Repertoire) -> np.ndarray:
    """Draw a made-up name in any font and two colors, in one of the layouts."""
    name = choose(rng, options.names)
    name = choose(rng, (name, name.upper(), name.title()))
    text = fonts.render_text(name, choose(rng, fonts.list_fonts()), 72)
    first, second = (to_paint(random_color(rng, (0.4, 1), (0.3, 0.9))) for _ in range(2))
    return LAYOUTS[choose(rng, options.layouts)](rng, text, first, second)


def _canvas(width: float, height: float) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGBA", (int(width), int(height)))
    return picture, ImageDraw.Draw(picture)


def badge(rng: np.random.Generator, text: np.ndarray, first: Color, _: Color) -> np.ndarray:
    """Lay out the text in white on a rounded rectangle."""
    height, width = text.shape
    picture, drawing = _canvas(width + 80, height + 60)
    drawing.rounded_rectangle([0, 0, width + 79, height + 59], int(rng.integers(0, height // 2 + 20)), fill=first)
    picture.paste((255, 255, 255, 255), (40, 30), Image.fromarray(text))
    return np.asarray(picture)


def underlined(rng: np.random.Generator, text: np.ndarray, first: Color, second: Color) -> np.ndarray:
    """Lay out the text above a bar."""
    height, width = text.shape
    picture, drawing = _canvas(width, height + 30)
    picture.paste((*first, 255), (0, 0), Image.fromarray(text))
    drawing.rectangle([int(rng.uniform(0, 0.6) * width), height + 12, width, height + 29], fill=second)
    return np.asarray(picture)


def beside(rng: np.random.Generator, text: np.ndarray, first: Color, second: Color) -> np.ndarray:
    """Lay out the text right of a polygon, which may have a hole."""
    height, width = text.shape
    side = height + 20
    picture, drawing = _canvas(width + side + 20, side)
    num_corners = int(rng.integers(3, 9))
    drawing.regular_polygon((side / 2, side / 2, side / 2), num_corners, rotation=int(rng.integers(90)), fill=second)
    if rng.random() < 0.5:
        drawing.ellipse([side * 0.3, side * 0.3, side * 0.7, side * 0.7], fill=(255, 255, 255))
    picture.paste((*first, 255), (side + 20, 10), Image.fromarray(text))
    return np.asarray(picture)


def ring(rng: np.random.Generator, text: np.ndarray, first: Color, second: Color) -> np.ndarray:
    """Lay out the text inside a ring on a pale disc."""
    text_height, text_width = text.shape
    width = text_width + 90
    height = width if rng.random() < 0.5 else int(max(text_height + 80, width * 0.6))
    picture, drawing = _canvas(width, height)
    rim = int(rng.integers(10, 22))
    drawing.ellipse([0, 0, width - 1, height - 1], fill=(250, 248, 240), outline=second, width=rim)
    picture.paste((*first, 255), (45, (height - text_height) // 2), Image.fromarray(text))
    return np.asarray(picture)


def stacked(rng: np.random.Generator, text: np.ndarray, first: Color, second: Color) -> np.ndarray:
    """Lay out the text below a row of three shapes."""
    height, width = text.shape
    picture, drawing = _canvas(width, height + width // 3 + 16)
    step = width // 3
    for index in range(3):
        box = [index * step + 8, 0, (index + 1) * step - 8, step - 16]
        draw_shape = drawing.ellipse if rng.random() < 0.5 else drawing.rectangle
        draw_shape(box, fill=second if index % 2 else first)
    picture.paste((*first, 255), (0, step + 8), Image.fromarray(text))
    return np.asarray(picture)


def tag(rng: np.random.Generator, text: np.ndarray, first: Color, second: Color) -> np.ndarray:
    """Lay out the text in white on a slanted band with a second one behind."""
    height, width = text.shape
    slant = int(rng.uniform(20, 50))
    picture, drawing = _canvas(width + 2 * slant + 60, height + 60)
    right, bottom = width + 2 * slant + 40, height + 50
    drawing.polygon(
        [(slant + 18, 10), (right + 18, 10), (right - slant + 18, bottom + 8), (18, bottom + 8)], fill=second
    )
    drawing.polygon([(slant, 0), (right, 0), (right - slant, bottom), (0, bottom)], fill=first)
    picture.paste((255, 255, 255, 255), (slant + 20, 25), Image.fromarray(text))
    return np.asarray(picture)


LAYOUTS = {layout.__name__: layout for layout in (badge, underlined, beside, ring, stacked, tag)}
