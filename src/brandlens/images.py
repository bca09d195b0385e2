"""Pictures: (height, width, 3) uint8 RGB arrays, in and out of files, with or without boxes drawn on them."""

import os
from collections.abc import Sequence, Set
from pathlib import Path

import cv2
import numpy as np

from brandlens import image_headers, io
from brandlens.boxes import clip
from brandlens.errors import PictureError
from brandlens.image_headers import Header

LARGEST = 200_000_000  # pixels; a larger picture is refused before it is decoded
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".jp2"})

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what cannot be read is our own error, in one line


def read(path: Path, largest: int = LARGEST, *, rotate: bool = True) -> np.ndarray:
    """(height, width, 3) uint8 RGB: any file that OpenCV decodes; of several frames the first.

    Turned as its EXIF orientation says (unless `rotate` is off; a TIFF always is), grey made RGB, CMYK converted,
    16 bits scaled to 8, alpha laid over white. Raises PictureError, one line that names the file: missing, no picture,
    cut short, or of more than `largest` pixels.
    """
    try:
        data = _read_bytes(path, largest)
    except FileNotFoundError:
        raise PictureError(f"{path}: no such file") from None
    except OSError as error:
        raise PictureError(f"{path}: cannot be read: {error.strerror}") from None
    header = image_headers.parse(data)
    if header:
        _check_size(path, header.width, header.height, largest)
    try:
        picture = _decoded(data, header)
    except (ValueError, cv2.error, MemoryError):
        raise PictureError(f"{path}: {_why(data, header)}") from None
    _check_size(path, picture.shape[1], picture.shape[0], largest)
    if picture.dtype not in (np.uint8, np.uint16):
        raise PictureError(f"{path}: its values are {picture.dtype}; save it with 8 or 16 bits a channel")
    turn = header.orientation if header and rotate and header.format != "TIFF" else 1  # OpenCV turns a TIFF by itself
    return np.ascontiguousarray(_turned(_rgb(picture, header.format if header else ""), turn))


def _read_bytes(path: Path, largest: int) -> bytes:
    """What is in the file; PictureError when that is more than `largest` pixels of 16-bit RGB and alpha can need."""
    size = path.stat().st_size
    if size > 8 * largest + 2**20:
        raise PictureError(f"{path}: {size:,} bytes are more than {largest:,} pixels need; save it anew")
    return path.read_bytes()


def _check_size(path: Path, width: int, height: int, largest: int) -> None:
    if width * height > largest:
        raise PictureError(f"{path}: {width}x{height} pixels are more than {largest:,}; shrink it first")


def _why(data: bytes, header: Header | None) -> str:
    if not data:
        return "the file is empty; fetch it again"
    if data.lstrip()[:1] == b"<":
        return "not a picture but a page or XML; fetch it again"
    if header:
        return f"not a picture that OpenCV can read, or cut short ({header.format}); fetch it again"
    return "not a picture that OpenCV can read; save it as JPEG or PNG"


def _decoded(data: bytes, header: Header | None) -> np.ndarray:
    """What OpenCV makes of the bytes: blue first, with alpha and depth as they are, not turned."""
    if header and header.format == "PNG":
        data = image_headers.bare_png(data)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError("not decoded")
    if data[:2] == b"\xff\xd8" and b"\xff\xd9" not in data[-4096:] and (picture[-1] == 128).all():
        raise ValueError("cut short")  # OpenCV 4 has libjpeg fill what is missing with grey
    return picture


def _rgb(picture: np.ndarray, kind: str) -> np.ndarray:
    """Eight bits, three channels, red first, alpha over white: from what OpenCV decoded of a file of this kind."""
    multiplied = kind == "TIFF" and picture.dtype == np.uint8  # libtiff hands out such colours times alpha
    if picture.dtype == np.uint16:
        picture = (picture / np.float32(257)).round().astype(np.uint8)
    if picture.ndim == 2 or picture.shape[2] == 1:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    if picture.shape[2] == 2:
        return _over_white(cv2.cvtColor(picture[..., :1], cv2.COLOR_GRAY2RGB), picture[..., 1], multiplied)
    if picture.shape[2] == 4:
        alpha = picture[..., 3]
        rgb = cv2.cvtColor(picture, cv2.COLOR_BGRA2RGB)
        return rgb if kind == "BMP" else _over_white(rgb, alpha, multiplied)  # a BMP's fourth byte is often just 0
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _over_white(picture: np.ndarray, alpha: np.ndarray, multiplied: bool) -> np.ndarray:
    """RGB (times alpha already, if `multiplied`) laid over white."""
    if alpha.min() == 255:
        return picture
    if multiplied:
        return cv2.add(picture, cv2.cvtColor(255 - alpha, cv2.COLOR_GRAY2RGB))
    share = alpha[..., None].astype(np.float32) / 255
    return np.rint(picture * share + 255 * (1 - share)).astype(np.uint8)


def _turned(picture: np.ndarray, orientation: int) -> np.ndarray:
    """The picture as EXIF's orientation, 1 to 8, wants it shown."""
    if orientation >= 5:
        picture = picture.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        picture = picture[:, ::-1]
    if orientation in (3, 4, 7, 8):
        picture = picture[::-1]
    return picture


def write(path: Path, picture: np.ndarray, quality: int = 95) -> None:
    """Write (h, w, 3) uint8 RGB as what the suffix says; whole or not at all. Makes the folder.

    quality: 1 to 100, for JPEG, WebP and AVIF. Raises PictureError for a suffix that OpenCV cannot write.
    """
    knobs = {".jpg": cv2.IMWRITE_JPEG_QUALITY, ".jpeg": cv2.IMWRITE_JPEG_QUALITY}
    knobs |= {".webp": cv2.IMWRITE_WEBP_QUALITY, ".avif": cv2.IMWRITE_AVIF_QUALITY}
    knob = knobs.get(path.suffix.lower())
    options = [knob, quality] if knob else []
    try:
        done, data = cv2.imencode(path.suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    except cv2.error:
        done = False
    if not done:
        raise PictureError(f'{path}: OpenCV cannot write "{path.suffix}" files; name it .jpg or .png')
    with io.atomic_write(path) as unfinished:
        unfinished.write_bytes(data.tobytes())


def list_files(paths: Sequence[str], suffixes: Set[str] = SUFFIXES, what: str = "pictures") -> list[Path]:
    """The files that files, folders and patterns stand for, each once, in the order given.

    A folder gives all below it with one of the suffixes, sorted by name, hidden ones left out; what: to call them.
    Raises PictureError for a name that stands for nothing; of several file names the missing ones are kept, for `read`
    to name.
    """
    chosen: dict[str, Path] = {}
    for name in paths:
        path = Path(name)
        if path.is_dir():
            found = sorted(
                each for each in path.rglob("*") if _labels_of(each.relative_to(path), suffixes) and each.is_file()
            )
            if not found:
                raise PictureError(f"{name}: no {what} in this folder ({', '.join(sorted(suffixes))})")
        elif path.is_file() or not any(sign in name for sign in "*?["):
            found = [path]
            if not path.exists() and len(paths) == 1:
                raise PictureError(f"{name}: no such file")
        else:
            start = Path(path.anchor) if path.is_absolute() else Path()
            found = sorted(each for each in start.glob(str(path.relative_to(path.anchor))) if each.is_file())
            if not found:
                raise PictureError(f"{name}: no file matches")
        for each in found:
            chosen.setdefault(os.path.abspath(each), each)  # noqa: PTH100 - resolves "..", but no link
    return list(chosen.values())


def _labels_of(path: Path, suffixes: Set[str]) -> bool:
    return path.suffix.lower() in suffixes and not any(part.startswith(".") for part in path.parts)


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
    inside = clip(np.asarray(boxes, np.float32).reshape(-1, 4), wide, tall)
    for box, caption, colour in zip(inside, captions, colours, strict=True):
        left, top, right, bottom = (round(float(side)) for side in box)
        cv2.rectangle(drawn, (left, top), (right - 1, bottom - 1), colour, thick)
        if caption:
            _plate(drawn, (left, top), caption, colour, size)
    return drawn


def _plate(drawn: np.ndarray, corner: tuple[int, int], caption: str, colour: tuple[int, int, int], size: float) -> None:
    """Write a caption on a plate above the corner, or below where there is no room; one too wide gets smaller."""
    left, top = corner
    tall, wide = drawn.shape[:2]
    full = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, size, 1)[0][0] + 4
    size *= min(1.0, wide / full)
    stroke = max(1, round(size * 1.5))
    (width, height), base = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, size, stroke)
    x = max(0, min(left, wide - width - 4))
    y = top - base - 2 if top - height - base - 4 >= 0 else min(tall - base - 1, top + height + 4)
    cv2.rectangle(drawn, (x, y - height - 3), (x + width + 3, y + base), colour, cv2.FILLED)
    bright = float(np.dot(colour, (0.299, 0.587, 0.114)))
    ink = (0, 0, 0) if bright > 140 else (255, 255, 255)
    cv2.putText(drawn, caption, (x + 2, y), cv2.FONT_HERSHEY_SIMPLEX, size, ink, stroke, cv2.LINE_AA)
