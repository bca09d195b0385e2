"""Backgrounds drawn from nothing: each takes a generator and a size, and gives (height, width, 3) uint8 RGB."""

import math

import cv2
import numpy as np
from PIL import Image, ImageDraw

from brandlens.synthesis import fonts

_WORDS = (
    "the of and to in is for on that with as was by from are this which have not or one all were their more when there"
    " can been has out other into time than people only new some could them very over also after many must through"
    " river table morning paper garden window letter winter market station road water bread number picture"
)


def colour(random: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]) -> np.ndarray:
    """(3,) float32 RGB, 0 to 255, of any hue; saturation and value between two shares."""
    hsv = np.array([[[random.uniform(0, 360), random.uniform(*saturation), random.uniform(*value)]]], np.float32)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0] * 255


def field(random: np.random.Generator, width: int, height: int, cells: tuple[int, int]) -> np.ndarray:
    """(height, width) float32 smooth noise, about 0 to 1, with so many cells across and down."""
    coarse = random.random((cells[1] + 1, cells[0] + 1), np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    share = np.asarray(share, np.float32)
    return cv2.merge(
        [cv2.convertScaleAbs(share, alpha=float(b - a), beta=float(a)) for a, b in zip(first, second, strict=True)]
    )


def _grain(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """(height, width) float32 of several octaves, 0 to 1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(5):
        cells = 3 * 2**octave
        total += field(random, width, height, (cells, cells)) / 2**octave
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-6)


def _grid(width: int, height: int, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """x and y in pixels, turned by an angle in radians; (height, width) float32 each."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    cos, sin = math.cos(angle), math.sin(angle)  # NumPy's own would turn the arrays into float64
    return x * cos + y * sin, y * cos - x * sin


def clouds(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Plaster, sky, stone: noise between two colours."""
    first, second = colour(random, (0, 0.5), (0.25, 0.8)), colour(random, (0, 0.5), (0.5, 1))
    return _mix(first, second, _grain(random, width, height))


def gradient(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """One colour running into another."""
    across, _ = _grid(width, height, random.uniform(0, 2 * np.pi))
    share = (across - across.min()) / max(np.ptp(across), 1)
    return _mix(colour(random, (0, 0.7), (0.2, 1)), colour(random, (0, 0.7), (0.2, 1)), share)


def stripes(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Awnings and wallpaper: stripes of two or three colours."""
    across, _ = _grid(width, height, random.choice([0, 0.5, random.random()]) * np.pi)
    step = random.uniform(0.03, 0.15) * width
    paints = np.stack([colour(random, (0, 0.6), (0.35, 1)) for _ in range(random.integers(2, 4))])
    return paints[np.floor(across / step).astype(int) % len(paints)].astype(np.uint8)


def checks(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Tiles and tablecloths."""
    across, down = _grid(width, height, random.choice([0, 0.25, random.random()]) * np.pi)
    step = random.uniform(0.03, 0.14) * width
    share = (np.floor(across / step) + np.floor(down / step)) % 2
    grain = 0.15 * _grain(random, width, height)
    return _mix(colour(random, (0, 0.5), (0.3, 0.8)), colour(random, (0, 0.3), (0.7, 1)), share * 0.85 + grain)


def bricks(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A wall, each brick in its own shade."""
    long = random.uniform(0.06, 0.2) * width
    tall = long * random.uniform(0.35, 0.5)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    row = np.floor(y / tall).astype(int)
    x = x + (row % 2) * long / 2
    shade = random.uniform(0.75, 1.1, (row.max() + 1, int(x.max() / long) + 1)).astype(np.float32)
    joint = (x % long < 0.06 * long) | (y % tall < 0.12 * tall)
    hue = np.array([random.uniform(140, 200), random.uniform(80, 130), random.uniform(60, 110)])
    wall = hue * (shade[row, (x / long).astype(int)] * (0.85 + 0.3 * _grain(random, width, height)))[..., None]
    wall[joint] = random.uniform(150, 210)
    return np.clip(cv2.blur(wall, (2, 2)), 0, 255).astype(np.uint8)


def wood(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Boards with their grain."""
    boards = int(random.integers(2, 8))
    board = np.minimum(np.arange(height) * boards // height, boards - 1)
    offset = random.uniform(0, 9, boards)[board][:, None]
    y = np.arange(height, dtype=np.float32)[:, None]
    wave = y * random.uniform(40, 90) / height + 6 * field(random, width, height, (3, boards * 3)) + offset
    share = 0.5 + 0.5 * np.sin(wave * 2) * field(random, width, height, (2, 12)) + 0.15 * random.standard_normal((1, 1))
    share = share * random.uniform(0.7, 1.0, boards)[board][:, None]
    share[np.flatnonzero(np.diff(board))] = 1.2
    dark = np.array([random.uniform(70, 130), random.uniform(45, 85), random.uniform(25, 55)])
    wide = _mix(dark * random.uniform(1.5, 1.9), dark, np.clip(share, 0, 1.2))
    return wide if random.random() < 0.6 else np.ascontiguousarray(cv2.resize(np.rot90(wide), (width, height)))


def shapes(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Discs, bars and blots of any colour, one over another."""
    picture = gradient(random, width, height)
    for _ in range(int(random.integers(8, 30))):
        paint = tuple(int(value) for value in colour(random, (0.1, 0.9), (0.2, 1)))
        x, y = int(random.integers(width)), int(random.integers(height))
        reach = int(random.uniform(0.03, 0.2) * width)
        kind = random.integers(3)
        if kind == 0:
            cv2.circle(picture, (x, y), reach, paint, -1, cv2.LINE_AA)
        elif kind == 1:
            corners = cv2.boxPoints(((x, y), (reach * 2, reach * random.uniform(0.2, 2)), random.uniform(0, 180)))
            cv2.fillConvexPoly(picture, corners.astype(np.int32), paint, cv2.LINE_AA)
        else:
            points = (random.uniform(-1, 1, (3, 2)) * reach * 1.5 + [x, y]).astype(np.int32)
            cv2.fillConvexPoly(picture, points, paint, cv2.LINE_AA)
    return picture


def page(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A printed page, one column across."""
    return _printed(random, width, height, 1)


def columns(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A newspaper: columns, headlines and grey pictures."""
    return _printed(random, width, height, int(random.integers(2, 5)))


def _printed(random: np.random.Generator, width: int, height: int, count: int) -> np.ndarray:
    paper = tuple(int(value) for value in colour(random, (0, 0.12), (0.85, 1)))
    pen = tuple(int(value) for value in colour(random, (0, 0.5), (0.05, 0.35)))
    picture = Image.new("RGB", (width, height), paper)
    drawing = ImageDraw.Draw(picture)
    available = fonts.faces()
    face = available[random.integers(len(available))]
    size = max(7, int(random.uniform(0.035, 0.06) * width / count**0.5))
    wide = width // count
    for column in range(count):
        y = int(random.uniform(0, size))
        while y < height:
            chance = random.random()
            left = column * wide + size // 2
            if chance < 0.08 and count > 1:
                tall = int(random.uniform(3, 8) * size)
                drawing.rectangle([left, y, left + wide - size, y + tall], fill=(int(random.uniform(90, 200)),) * 3)
                y += tall + size
                continue
            line_size = size if chance > 0.16 else int(size * 1.8)
            words = random.choice(_WORDS.split(), max(1, int(1.7 * wide / line_size / 5)))
            drawing.text((left, y), " ".join(words), fill=pen, font=fonts.font(face, line_size))
            y += int(line_size * 1.35)
        drawing.rectangle([(column + 1) * wide - size // 2, 0, (column + 1) * wide + size // 3, height], fill=paper)
    return np.array(picture)


def cloth(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Woven tartan with folds."""
    weave = np.zeros((height, width), np.float32)
    for threads in (weave, weave.T):
        for _ in range(int(random.integers(2, 5))):
            step, start, thick = random.uniform(25, 90), random.uniform(0, 90), random.uniform(0.1, 0.5)
            across = (np.arange(threads.shape[1]) + start) % step < step * thick
            threads[:, across] += random.uniform(0.1, 0.3)
    weave[::2, ::2] += 0.1
    weave[1::2, 1::2] -= 0.1
    across, down = _grid(width, height, random.uniform(0, np.pi))
    folds = 0.85 + 0.15 * np.sin(across / width * random.uniform(5, 20) + 2 * np.sin(down / width * 4))
    mixed = _mix(colour(random, (0.1, 0.7), (0.5, 1)), colour(random, (0.1, 0.8), (0.2, 0.6)), np.clip(weave, 0, 1))
    return (mixed * folds[..., None]).astype(np.uint8)


def terrazzo(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Broken stones: the cells nearest to scattered points, each of its own shade."""
    seeds = np.full((height, width), 255, np.uint8)
    many = int(random.integers(40, 400))
    seeds[random.integers(0, height, many), random.integers(0, width, many)] = 0
    distance, cells = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    base = colour(random, (0, 0.35), (0.4, 0.9))
    shades = np.clip(base * random.uniform(0.6, 1.3, (many + 2, 1)) + random.normal(0, 14, (many + 2, 3)), 0, 255)
    edge = np.clip(distance / distance.mean(), 0, 1.6)[..., None]
    return np.clip(shades[cells] * (1.12 - 0.2 * edge), 0, 255).astype(np.uint8)


def bokeh(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Lights out of focus."""
    wide, tall = (width + 1) // 2, (height + 1) // 2  # it ends up blurred
    picture = gradient(random, wide, tall) // 2
    for _ in range(int(random.integers(10, 40))):
        light = np.zeros_like(picture)
        place = int(random.integers(wide)), int(random.integers(tall))
        paint = [int(value) for value in colour(random, (0.1, 0.8), (0.3, 0.7))]
        cv2.circle(light, place, int(random.uniform(0.02, 0.1) * wide), paint, -1)
        picture = cv2.add(picture, light)
    return cv2.resize(cv2.GaussianBlur(picture, (0, 0), random.uniform(1, 2)), (width, height))


SEEN = (clouds, gradient, stripes, checks, bricks, wood, shapes, page)
HELD_OUT = (columns, cloth, terrazzo, bokeh)  # the test split's alone
