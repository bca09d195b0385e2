"""Procedural backgrounds: a texture takes a generator, width and height, and returns (height, width, 3) uint8 RGB."""

import math
from collections.abc import Sequence
from typing import TypeVar

import cv2
import numpy as np
from PIL import Image, ImageDraw

from brandlens.synthesis import fonts

Color = tuple[int, int, int]  # RGB, 0 to 255
Item = TypeVar("Item")

_WORDS = (
    "the of and to in is for on that with as was by from are this which have not or one all were their more when there"
    " can been has out other into time than people only new some could them very over also after many must through"
    " river table morning paper garden window letter winter market station road water bread number picture"
)


def choose(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """Return one of the items, each with the same probability."""
    return items[int(rng.integers(len(items)))]


def random_color(rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]) -> np.ndarray:
    """Return (3,) float32 RGB, 0 to 255, of any hue; saturation and value are drawn from ranges within 0 to 1."""
    hsv = np.array([[[rng.uniform(0, 360), rng.uniform(*saturation), rng.uniform(*value)]]], np.float32)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0] * 255


def to_paint(color: np.ndarray) -> Color:
    """Return a (3,) float RGB as whole numbers, as the drawing functions of OpenCV and Pillow take it."""
    red, green, blue = (int(channel) for channel in color)
    return red, green, blue


def value_noise(rng: np.random.Generator, width: int, height: int, cells_wh: tuple[int, int]) -> np.ndarray:
    """Return (height, width) float32 smooth noise, about 0 to 1, with so many cells across and down."""
    coarse = rng.random((cells_wh[1] + 1, cells_wh[0] + 1), np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _fractal_noise(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Return (height, width) float32 value noise summed over five octaves, 0 to 1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(5):
        cells = 3 * 2**octave
        total += value_noise(rng, width, height, (cells, cells)) / 2**octave
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-6)


def _blend(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return (height, width, 3) uint8 between two (3,) colors: the first where the (height, width) weight is 0."""
    weight = np.asarray(weight, np.float32)
    return cv2.merge(
        [cv2.convertScaleAbs(weight, alpha=float(b - a), beta=float(a)) for a, b in zip(first, second, strict=True)]
    )


def _rotated_grid(width: int, height: int, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y in pixels, rotated by an angle in radians; (height, width) float32 each."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    cos, sin = math.cos(angle), math.sin(angle)  # NumPy's own would turn the arrays into float64
    return x * cos + y * sin, y * cos - x * sin


def clouds(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw plaster, sky or stone: noise between two colors."""
    first, second = random_color(rng, (0, 0.5), (0.25, 0.8)), random_color(rng, (0, 0.5), (0.5, 1))
    return _blend(first, second, _fractal_noise(rng, width, height))


def gradient(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw one color fading into another."""
    across, _ = _rotated_grid(width, height, rng.uniform(0, 2 * np.pi))
    weight = (across - across.min()) / max(np.ptp(across), 1)
    return _blend(random_color(rng, (0, 0.7), (0.2, 1)), random_color(rng, (0, 0.7), (0.2, 1)), weight)


def stripes(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw an awning or wallpaper: stripes of two or three colors."""
    across, _ = _rotated_grid(width, height, rng.choice([0, 0.5, rng.random()]) * np.pi)
    period = rng.uniform(0.03, 0.15) * width
    colors = np.stack([random_color(rng, (0, 0.6), (0.35, 1)) for _ in range(rng.integers(2, 4))])
    return colors[np.floor(across / period).astype(int) % len(colors)].astype(np.uint8)


def checks(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw tiles or a tablecloth: a chessboard of two colors."""
    across, down = _rotated_grid(width, height, rng.choice([0, 0.25, rng.random()]) * np.pi)
    period = rng.uniform(0.03, 0.14) * width
    weight = (np.floor(across / period) + np.floor(down / period)) % 2
    noise = 0.15 * _fractal_noise(rng, width, height)
    return _blend(random_color(rng, (0, 0.5), (0.3, 0.8)), random_color(rng, (0, 0.3), (0.7, 1)), weight * 0.85 + noise)


def bricks(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw a brick wall, each brick in its own shade."""
    brick_width = rng.uniform(0.06, 0.2) * width
    brick_height = brick_width * rng.uniform(0.35, 0.5)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    row = np.floor(y / brick_height).astype(int)
    x = x + (row % 2) * brick_width / 2
    shade = rng.uniform(0.75, 1.1, (row.max() + 1, int(x.max() / brick_width) + 1)).astype(np.float32)
    joint = (x % brick_width < 0.06 * brick_width) | (y % brick_height < 0.12 * brick_height)
    color = np.array([rng.uniform(140, 200), rng.uniform(80, 130), rng.uniform(60, 110)])
    noise = 0.85 + 0.3 * _fractal_noise(rng, width, height)
    wall = color * (shade[row, (x / brick_width).astype(int)] * noise)[..., None]
    wall[joint] = rng.uniform(150, 210)
    return np.clip(cv2.blur(wall, (2, 2)), 0, 255).astype(np.uint8)


def wood(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw boards with their grain, level or upright."""
    num_boards = int(rng.integers(2, 8))
    board = np.minimum(np.arange(height) * num_boards // height, num_boards - 1)
    offset = rng.uniform(0, 9, num_boards)[board][:, None]
    y = np.arange(height, dtype=np.float32)[:, None]
    wave = y * rng.uniform(40, 90) / height + 6 * value_noise(rng, width, height, (3, num_boards * 3)) + offset
    weight = (
        0.5 + 0.5 * np.sin(wave * 2) * value_noise(rng, width, height, (2, 12)) + 0.15 * rng.standard_normal((1, 1))
    )
    weight = weight * rng.uniform(0.7, 1.0, num_boards)[board][:, None]
    weight[np.flatnonzero(np.diff(board))] = 1.2
    dark = np.array([rng.uniform(70, 130), rng.uniform(45, 85), rng.uniform(25, 55)])
    boards = _blend(dark * rng.uniform(1.5, 1.9), dark, np.clip(weight, 0, 1.2))
    return boards if rng.random() < 0.6 else np.ascontiguousarray(cv2.resize(np.rot90(boards), (width, height)))


def shapes(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw discs, bars and triangles of any color, one over another."""
    picture = gradient(rng, width, height)
    for _ in range(int(rng.integers(8, 30))):
        color = to_paint(random_color(rng, (0.1, 0.9), (0.2, 1)))
        x, y = int(rng.integers(width)), int(rng.integers(height))
        radius = int(rng.uniform(0.03, 0.2) * width)
        shape = rng.integers(3)
        if shape == 0:
            cv2.circle(picture, (x, y), radius, color, -1, cv2.LINE_AA)
        elif shape == 1:
            corners = cv2.boxPoints(((x, y), (radius * 2, radius * rng.uniform(0.2, 2)), rng.uniform(0, 180)))
            cv2.fillConvexPoly(picture, corners.astype(np.int32), color, cv2.LINE_AA)
        else:
            points = (rng.uniform(-1, 1, (3, 2)) * radius * 1.5 + [x, y]).astype(np.int32)
            cv2.fillConvexPoly(picture, points, color, cv2.LINE_AA)
    return picture


def page(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw a printed page of one column."""
    return _print_columns(rng, width, height, 1)


def columns(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw a newspaper: columns, headlines and grey pictures."""
    return _print_columns(rng, width, height, int(rng.integers(2, 5)))


def _print_columns(rng: np.random.Generator, width: int, height: int, num_columns: int) -> np.ndarray:
    paper_color = to_paint(random_color(rng, (0, 0.12), (0.85, 1)))
    text_color = to_paint(random_color(rng, (0, 0.5), (0.05, 0.35)))
    picture = Image.new("RGB", (width, height), paper_color)
    drawing = ImageDraw.Draw(picture)
    font = choose(rng, fonts.list_fonts())
    size = max(7, int(rng.uniform(0.035, 0.06) * width / num_columns**0.5))
    column_width = width // num_columns
    for column in range(num_columns):
        y = int(rng.uniform(0, size))
        while y < height:
            chance = rng.random()
            left = column * column_width + size // 2
            if chance < 0.08 and num_columns > 1:
                picture_height = int(rng.uniform(3, 8) * size)
                grey = int(rng.uniform(90, 200))
                drawing.rectangle([left, y, left + column_width - size, y + picture_height], fill=(grey, grey, grey))
                y += picture_height + size
                continue
            line_size = size if chance > 0.16 else int(size * 1.8)
            words = rng.choice(_WORDS.split(), max(1, int(1.7 * column_width / line_size / 5)))
            drawing.text((left, y), " ".join(words), fill=text_color, font=fonts.load_font(font, line_size))
            y += int(line_size * 1.35)
        right = (column + 1) * column_width
        drawing.rectangle([right - size // 2, 0, right + size // 3, height], fill=paper_color)
    return np.array(picture)


def cloth(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw woven tartan with folds."""
    weave = np.zeros((height, width), np.float32)
    for threads in (weave, weave.T):
        for _ in range(int(rng.integers(2, 5))):
            period, start, thickness = rng.uniform(25, 90), rng.uniform(0, 90), rng.uniform(0.1, 0.5)
            stripe = (np.arange(threads.shape[1]) + start) % period < period * thickness
            threads[:, stripe] += rng.uniform(0.1, 0.3)
    weave[::2, ::2] += 0.1
    weave[1::2, 1::2] -= 0.1
    across, down = _rotated_grid(width, height, rng.uniform(0, np.pi))
    folds = 0.85 + 0.15 * np.sin(across / width * rng.uniform(5, 20) + 2 * np.sin(down / width * 4))
    first, second = random_color(rng, (0.1, 0.7), (0.5, 1)), random_color(rng, (0.1, 0.8), (0.2, 0.6))
    return (_blend(first, second, np.clip(weave, 0, 1)) * folds[..., None]).astype(np.uint8)


def terrazzo(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw broken stones: the Voronoi cells of random points, each in its own shade."""
    seeds = np.full((height, width), 255, np.uint8)
    num_stones = int(rng.integers(40, 400))
    seeds[rng.integers(0, height, num_stones), rng.integers(0, width, num_stones)] = 0
    distance, cells = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    base = random_color(rng, (0, 0.35), (0.4, 0.9))
    shades = base * rng.uniform(0.6, 1.3, (num_stones + 2, 1)) + rng.normal(0, 14, (num_stones + 2, 3))
    edge = np.clip(distance / distance.mean(), 0, 1.6)[..., None]
    return np.clip(np.clip(shades, 0, 255)[cells] * (1.12 - 0.2 * edge), 0, 255).astype(np.uint8)


def bokeh(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw lights out of focus."""
    half_width, half_height = (width + 1) // 2, (height + 1) // 2  # half the size, as it ends up blurred
    picture = gradient(rng, half_width, half_height) // 2
    for _ in range(int(rng.integers(10, 40))):
        light = np.zeros_like(picture)
        center = int(rng.integers(half_width)), int(rng.integers(half_height))
        color = to_paint(random_color(rng, (0.1, 0.8), (0.3, 0.7)))
        cv2.circle(light, center, int(rng.uniform(0.02, 0.1) * half_width), color, -1)
        picture = cv2.add(picture, light)
    return cv2.resize(cv2.GaussianBlur(picture, (0, 0), rng.uniform(1, 2)), (width, height))


TRAIN_VAL = (clouds, gradient, stripes, checks, bricks, wood, shapes, page)
TEST = (columns, cloth, terrazzo, bokeh)
