"""What is pasted and not labelled: look-alikes of the artwork, and other logos.

The test split has words, symbols and kinds that no other split has.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from brandlens.synthesis import fonts, lettering, textures
from brandlens.synthesis.artwork import Artwork

WIDTH = 360  # pixels: what distractors are drawn at, before they are scaled
LOOKALIKES = 0.55  # share of the distractors that resemble the artwork


@dataclass(frozen=True)
class Repertoire:
    """What distractors of a split are made of.

    words: of look-alike wordmarks, in the letters of lettering.GLYPHS. symbols: keys of lettering.SYMBOLS.
    cuts: ways to make a look-alike from any artwork. names, layouts: of the other logos.
    """

    words: tuple[str, ...]
    symbols: tuple[str, ...]
    cuts: tuple[str, ...]
    names: tuple[str, ...]
    layouts: tuple[str, ...]


_SEEN = Repertoire(
    words=(
        "tavano",
        "novuta",
        "tuvona",
        "vatuno",
        "tavora",
        "lavuno",
        "tanuvo",
        "ravuna",
        "tamuno",
        "tovina",
        "natuvo",
        "cavuno",
    ),
    symbols=("crescent", "halves", "gate", "dots", "bars"),
    cuts=("shuffled",),
    names=(
        "kerula",
        "mibo",
        "sandrex",
        "polvar",
        "quint",
        "zelto",
        "harmox",
        "brivo",
        "ostela",
        "jumpra",
        "fenwick",
        "dorlo",
        "nexil",
        "gavra",
    ),
    layouts=("badge", "underlined", "beside"),
)
_HELD_OUT = Repertoire(
    words=("tavelo", "nutavo", "tuvano", "vanuto", "tabuno", "tavuro", "hatuvo", "lovuna"),
    symbols=("peak", "frame", "waves"),
    cuts=("mirrored",),
    names=("virsa", "lumett", "ockra", "pelido", "strune", "wexam", "yolta", "bendik", "carmu", "ixora"),
    layouts=("ring", "stacked", "tag"),
)


def repertoire(split: str) -> Repertoire:
    """What distractors of a split are made of: that of "test" shares nothing with that of any other split."""
    return _HELD_OUT if split == "test" else _SEEN


def draw(
    random: np.random.Generator, split: str, artworks: Sequence[Artwork], labels: Collection[str] = ()
) -> np.ndarray:
    """(height, width, 4) uint8 RGB and alpha of one distractor for a split, WIDTH wide or so.

    artworks: what look-alikes resemble. labels: words that no look-alike may spell.
    """
    stock = repertoire(split)
    if random.random() >= LOOKALIKES:
        return _other(random, stock)
    model = artworks[random.integers(len(artworks))]
    if random.random() < 0.3:
        return CUTS[stock.cuts[random.integers(len(stock.cuts))]](random, model)
    words = [word for word in stock.words if word not in {label.lower() for label in labels}]
    return _wordmark(random, model, words[random.integers(len(words))], stock.symbols)


def _wordmark(random: np.random.Generator, model: Artwork, word: str, symbols: Sequence[str]) -> np.ndarray:
    """The model's colours, another word, another symbol."""
    symbol = symbols[random.integers(len(symbols))] if random.random() < 0.85 else None
    accent = int(random.integers(len(word))) if random.random() < 0.7 else None
    colours = model.colours[:2] if len(model.colours) > 1 else np.repeat(model.colours, 2, axis=0)
    return lettering.draw(lettering.wordmark(word, symbol, accent), colours, WIDTH)


def shuffled(random: np.random.Generator, model: Artwork) -> np.ndarray:
    """The model cut into upright slices, no two of which stay side by side; now and then in another hue."""
    pixels = _straight(model)
    slices = np.array_split(pixels, int(random.integers(4, 7)), axis=1)
    order = np.arange(len(slices))
    while (np.diff(order) == 1).any():  # two slices that stay together may hold the whole word
        order = random.permutation(len(slices))
    moved = np.concatenate([slices[at] for at in order], axis=1)
    return _recoloured(random, moved) if random.random() < 0.3 else moved


def mirrored(random: np.random.Generator, model: Artwork) -> np.ndarray:
    """The model as a mirror shows it and in another hue: one of both alone may look like the logo itself."""
    return _recoloured(random, _straight(model)[:, ::-1])


CUTS = {"shuffled": shuffled, "mirrored": mirrored}


def _straight(model: Artwork) -> np.ndarray:
    """(height, width, 4) uint8 RGB and alpha, not multiplied, of the level nearest to WIDTH."""
    pixels = model.level(WIDTH)
    alpha = np.maximum(pixels[..., 3:].astype(np.float32), 1)
    return np.dstack([np.clip(pixels[..., :3] * (255 / alpha), 0, 255).astype(np.uint8), pixels[..., 3]])


def _recoloured(random: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
    hsv = cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + int(random.integers(35, 145))) % 180  # OpenCV's hues are halved degrees
    return np.dstack([cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), pixels[..., 3]])


def _other(random: np.random.Generator, stock: Repertoire) -> np.ndarray:
    """A made-up name in any typeface and colours, in one of the layouts."""
    name = stock.names[random.integers(len(stock.names))]
    name = (name, name.upper(), name.title())[random.integers(3)]
    available = fonts.faces()
    text = fonts.render_text(name, available[random.integers(len(available))], 72)
    paints = [tuple(int(value) for value in textures.colour(random, (0.4, 1), (0.3, 0.9))) for _ in range(2)]
    return LAYOUTS[stock.layouts[random.integers(len(stock.layouts))]](random, text, *paints)


Paint = tuple[int, int, int]


def _canvas(wide: float, tall: float) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGBA", (int(wide), int(tall)))
    return picture, ImageDraw.Draw(picture)


def badge(random: np.random.Generator, text: np.ndarray, first: Paint, _: Paint) -> np.ndarray:
    """White on a rounded rectangle."""
    tall, wide = text.shape
    picture, drawing = _canvas(wide + 80, tall + 60)
    drawing.rounded_rectangle([0, 0, wide + 79, tall + 59], int(random.integers(0, tall // 2 + 20)), fill=first)
    picture.paste((255, 255, 255, 255), (40, 30), Image.fromarray(text))
    return np.asarray(picture)


def underlined(random: np.random.Generator, text: np.ndarray, first: Paint, second: Paint) -> np.ndarray:
    """A bar below."""
    tall, wide = text.shape
    picture, drawing = _canvas(wide, tall + 30)
    picture.paste((*first, 255), (0, 0), Image.fromarray(text))
    drawing.rectangle([int(random.uniform(0, 0.6) * wide), tall + 12, wide, tall + 29], fill=second)
    return np.asarray(picture)


def beside(random: np.random.Generator, text: np.ndarray, first: Paint, second: Paint) -> np.ndarray:
    """A polygon or disc left of it."""
    tall, wide = text.shape
    side = tall + 20
    picture, drawing = _canvas(wide + side + 20, side)
    sides = int(random.integers(3, 9))
    drawing.regular_polygon((side / 2, side / 2, side / 2), sides, rotation=int(random.integers(90)), fill=second)
    if random.random() < 0.5:
        drawing.ellipse([side * 0.3, side * 0.3, side * 0.7, side * 0.7], fill=(255, 255, 255))
    picture.paste((*first, 255), (side + 20, 10), Image.fromarray(text))
    return np.asarray(picture)


def ring(random: np.random.Generator, text: np.ndarray, first: Paint, second: Paint) -> np.ndarray:
    """Inside a ring on a pale disc."""
    tall, wide = text.shape
    side = wide + 90
    high = side if random.random() < 0.5 else int(max(tall + 80, side * 0.6))
    picture, drawing = _canvas(side, high)
    drawing.ellipse(
        [0, 0, side - 1, high - 1], fill=(250, 248, 240), outline=second, width=int(random.integers(10, 22))
    )
    picture.paste((*first, 255), (45, (high - tall) // 2), Image.fromarray(text))
    return np.asarray(picture)


def stacked(random: np.random.Generator, text: np.ndarray, first: Paint, second: Paint) -> np.ndarray:
    """Below a row of shapes."""
    tall, wide = text.shape
    picture, drawing = _canvas(wide, tall + wide // 3 + 16)
    step = wide // 3
    for at in range(3):
        box = [at * step + 8, 0, (at + 1) * step - 8, step - 16]
        shape = drawing.ellipse if random.random() < 0.5 else drawing.rectangle
        shape(box, fill=second if at % 2 else first)
    picture.paste((*first, 255), (0, step + 8), Image.fromarray(text))
    return np.asarray(picture)


def tag(random: np.random.Generator, text: np.ndarray, first: Paint, second: Paint) -> np.ndarray:
    """On a slanted band with a second one behind."""
    tall, wide = text.shape
    slant = int(random.uniform(20, 50))
    picture, drawing = _canvas(wide + 2 * slant + 60, tall + 60)
    right, bottom = wide + 2 * slant + 40, tall + 50
    drawing.polygon(
        [(slant + 18, 10), (right + 18, 10), (right - slant + 18, bottom + 8), (18, bottom + 8)], fill=second
    )
    drawing.polygon([(slant, 0), (right, 0), (right - slant, bottom), (0, bottom)], fill=first)
    picture.paste((255, 255, 255, 255), (slant + 20, 25), Image.fromarray(text))
    return np.asarray(picture)


LAYOUTS = {layout.__name__: layout for layout in (badge, underlined, beside, ring, stacked, tag)}
