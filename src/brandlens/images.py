"""Pictures: (height, width, 3) uint8 RGB arrays, in and out of files, with or without boxes drawn on them."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from brandlens.errors import PictureError
from brandlens.headers import stated_size

LARGEST = 200_000_000  # pixels; a larger picture is refused before it is decoded
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".jp2"})

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what cannot be read is our own error, in one line


def read(path: Path, largest: int = LARGEST, *, rotate: bool = True) -> np.ndarray:
    """(height, width, 3) uint8 RGB: any file that OpenCV decodes; of several frames the first.

    Turned as its EXIF orientation says (unless `rotate` is off), grey made RGB, CMYK converted, 16 bits scaled to 8, alpha
    laid over white. Raises PictureError, one line that names the file: missing, no picture, cut short, or of more than
    `largest` pixels.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"{path}: no such file") from None
    except OSError as error:
        raise PictureError(f"{path}: cannot be read: {error.strerror}") from None
    size = stated_size(data)
    if size and size[0] * size[1] > largest:
        raise PictureError(f"{path}: {size[0]}x{size[1]} pixels are more than {largest:,}; shrink it first")
    try:
        return _decoded(data, rotate)
    except (ValueError, cv2.error, MemoryError):
        raise PictureError(f"{path}: {_why(data)}") from None


def _why(data: bytes) -> str:
    if not data:
        return "the file is empty"
    if data.lstrip()[:1] == b"<":
        return "not a picture but a page or XML; download it again"
    return "not a picture that OpenCV can read" + (", or cut short" if stated_size(data) else "")


def _decoded(data: bytes, rotate: bool) -> np.ndarray:
    buffer = np.frombuffer(data, np.uint8)
    turn = 0 if rotate else cv2.IMREAD_IGNORE_ORIENTATION
    if data[:2] == b"\xff\xd8":  # JPEG has neither alpha nor 16 bits; OpenCV turns it, and makes grey and CMYK RGB
        picture = cv2.imdecode(buffer, cv2.IMREAD_COLOR_RGB | turn)
        if picture is None or b"\xff\xd9" not in data[-4096:] and _grey_end(picture):
            raise ValueError("cut short")
        return picture
    picture = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError("not decoded")
    return _rgb(picture)


def _grey_end(picture: np.ndarray) -> bool:
    """Whether the lower edge is one flat grey, as libjpeg fills what a cut file lacks."""
    return bool((picture[-1] == 128).all())


def _rgb(picture: np.ndarray) -> np.ndarray:
    """Eight bits, three channels, red first, alpha over white: from whatever OpenCV decoded."""
    if picture.dtype == np.uint16:
        picture = (picture / 257).round().astype(np.uint8)
    elif picture.dtype != np.uint8:  # floating point TIFF or HDR: 0 to 1
        picture = (np.clip(np.nan_to_num(picture), 0, 1) * 255).round().astype(np.uint8)
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    if picture.shape[2] == 2:
        return _over_white(cv2.cvtColor(picture[..., 0], cv2.COLOR_GRAY2RGB), picture[..., 1])
    if picture.shape[2] == 4:
        return _over_white(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGB), picture[..., 3])
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _over_white(picture: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    if alpha.min() == 255:
        return picture
    share = alpha[..., None].astype(np.float32) / 255
    return np.rint(picture * share + 255 * (1 - share)).astype(np.uint8)


def write(path: Path, picture: np.ndarray, quality: int = 95) -> None:
    """Write (h, w, 3) uint8 RGB as what the suffix says; whole or not at all. Makes the folder. quality: for JPEG and WebP."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if path.suffix.lower() in (".jpg", ".jpeg") else []
    done, data = cv2.imencode(path.suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise PictureError(f"{path}: OpenCV cannot write {path.suffix} files")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(data.tobytes())
        partial.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()


def listing(paths: Sequence[str]) -> list[Path]:
    """The picture files that files, folders and patterns stand for, each once, in the order given; folders sorted by name.

    A folder gives all pictures below it, told by suffix, hidden ones left out. Raises PictureError for a name that stands
    for nothing.
    """
    files: dict[Path, None] = {}
    for name in paths:
        path = Path(name)
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if _is_picture(each.relative_to(path)) and each.is_file())
            if not found:
                raise PictureError(f"{name}: no pictures in this folder ({', '.join(sorted(SUFFIXES))})")
        elif path.is_file() or not any(sign in name for sign in "*?["):
            found = [path]
            if not path.exists() and len(paths) == 1:
                raise PictureError(f"{name}: no such file")
        else:
            start = Path(path.anchor) if path.is_absolute() else Path()
            found = sorted(each for each in start.glob(str(path.relative_to(path.anchor))) if each.is_file())
            if not found:
                raise PictureError(f"{name}: no file matches")
        files.update(dict.fromkeys(found))
    return list(files)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in path.parts)


def draw(
    picture: np.ndarray, boxes: np.ndarray, captions: Sequence[str], colours: Sequence[tuple[int, int, int]]
) -> np.ndarray:
    """A copy of (h, w, 3) uint8 RGB with (n, 4) boxes (left, top, right, bottom) and their captions on plates.

    Lines and letters grow with the picture; captions stay inside it.
    """
    drawn = np.ascontiguousarray(picture).copy()
    tall, wide = drawn.shape[:2]
    thick = max(1, round(min(tall, wide) / 220))
    size = max(0.35, min(tall, wide) / 900)
    for box, caption, colour in zip(boxes, captions, colours, strict=True):
        left, top, right, bottom = (round(float(side)) for side in box)
        cv2.rectangle(drawn, (left, top), (right - 1, bottom - 1), colour, thick)
        (width, height), base = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, size, thick)
        x = max(0, min(left, wide - width - 4))
        y = top - base - 2 if top - height - base - 4 >= 0 else min(tall - base - 1, top + height + 4)
        cv2.rectangle(drawn, (x, y - height - 3), (x + width + 3, y + base), colour, cv2.FILLED)
        cv2.putText(drawn, caption, (x + 2, y), cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), thick, cv2.LINE_AA)
    return drawn
