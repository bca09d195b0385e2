"""Pictures: (height, width, 3) uint8 RGB arrays, in and out of files, with or without boxes drawn on them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from brandlens import heif, image_headers, io
from brandlens.boxes import clip
from brandlens.errors import PictureError, PictureTooLargeError
from brandlens.image_headers import Header
from brandlens.media_files import HEIC, PICTURE_SUFFIXES, RAW, START, FileKind, identify

MAX_PIXELS = 200_000_000  # a larger picture is refused before it is decoded
SUFFIXES = PICTURE_SUFFIXES  # of pictures that OpenCV reads
QUALITY_FLAGS = {
    ".jpg": cv2.IMWRITE_JPEG_QUALITY, ".jpeg": cv2.IMWRITE_JPEG_QUALITY, ".webp": cv2.IMWRITE_WEBP_QUALITY,
    ".avif": cv2.IMWRITE_AVIF_QUALITY,
}  # fmt: skip

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # errors are ours to report, in one line


def read(path: Path, max_pixels: int = MAX_PIXELS, *, rotate: bool = True) -> np.ndarray:
    """Read any picture file that OpenCV decodes as (height, width, 3) uint8 RGB, see `decode`.

    Raises PictureError as `read_bytes` and `decode` do.
    """
    return decode(read_bytes(path, max_pixels), path, max_pixels, rotate=rotate)


def decode(data: bytes, name: Path | str, max_pixels: int = MAX_PIXELS, *, rotate: bool = True) -> np.ndarray:
    """Decode the bytes of a picture file as (height, width, 3) uint8 RGB; of several frames the first.

    Rotated as its EXIF orientation, or an AVIF's or HEIC's own, says (unless `rotate` is off; a TIFF always is), grey
    made RGB, CMYK converted, 16 bits scaled to 8, alpha laid over white. A HEIC needs the extra of that name. Raises
    PictureError, one line that begins with `name`: not a picture, cut short, or of more than `max_pixels`.
    """
    kind, header = identify(data[:START]), image_headers.parse(data)
    if header:
        kind = RAW if header.format == RAW.name else kind
        _check_size(name, header.width, header.height, max_pixels)
    try:
        picture = _decode(data, kind, header)
    except (ValueError, cv2.error, MemoryError):
        raise PictureError(f"{name}: {_reason(data, kind)}") from None
    _check_size(name, picture.shape[1], picture.shape[0], max_pixels)
    if picture.dtype not in (np.uint8, np.uint16):
        raise PictureError(f"{name}: its values are {picture.dtype}; save it with 8 or 16 bits a channel")
    # OpenCV rotates a TIFF by itself.
    orientation = header.orientation if header and rotate and header.format != "TIFF" else 1
    return np.ascontiguousarray(heif.rotate(_to_rgb(picture, header.format if header else ""), orientation))


def read_bytes(path: Path, max_pixels: int = MAX_PIXELS) -> bytes:
    """Read the bytes of a picture file.

    Raises PictureError when it is missing or cannot be read, or is larger than `max_pixels` of 16-bit RGB and alpha can
    be.
    """
    try:
        size = path.stat().st_size
        if size > 8 * max_pixels + 2**20:
            raise PictureTooLargeError(f"{path}: {size:,} bytes are more than {max_pixels:,} pixels need; save it anew")
        return path.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"{path}: no such file") from None
    except OSError as error:
        raise PictureError(f"{path}: cannot be read: {error.strerror}") from None


def _check_size(name: Path | str, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise PictureTooLargeError(f"{name}: {width}x{height} pixels are more than {max_pixels:,}; shrink it first")


def _reason(data: bytes, kind: FileKind | None) -> str:
    """Say why these bytes could not be decoded, and what to do about it."""
    if not data:
        return "the file is empty; fetch it again"
    if kind and kind.media == "picture":
        return f"{kind.name}; {kind.fix}" if kind.fix else f"cut short or damaged ({kind.name}); fetch it again"
    if kind:
        return f"not a picture but a {kind.media} ({kind.name}); save its frames as JPEG or PNG"
    if data.lstrip()[:1] == b"<":
        return "not a picture but a page or XML; fetch it again"
    return "not a picture that OpenCV can read; save it as JPEG or PNG"


def _decode(data: bytes, kind: FileKind | None, header: Header | None) -> np.ndarray:
    """Decode a file of this kind: channels blue first, with alpha and depth as they are, not rotated."""
    if kind and (kind.fix or kind.media != "picture"):
        raise ValueError(kind.name)
    if kind is HEIC:
        return heif.decode(data, header.orientation if header else 1)
    if header and header.format == "PNG":
        data = image_headers.strip_png_metadata(data)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError("not decoded")
    if data[:2] == b"\xff\xd8" and b"\xff\xd9" not in data[-4096:] and (picture[-1] == 128).all():
        raise ValueError("cut short")  # OpenCV 4 has libjpeg fill what is missing with grey
    return picture


def _to_rgb(picture: np.ndarray, format: str) -> np.ndarray:
    """Convert what OpenCV decoded of a file of this format to (h, w, 3) uint8 RGB, alpha laid over white."""
    premultiplied = format == "TIFF" and picture.dtype == np.uint8  # libtiff multiplies such colors by alpha
    if picture.dtype == np.uint16:
        picture = (picture / np.float32(257)).round().astype(np.uint8)
    if picture.ndim == 2 or picture.shape[2] == 1:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    if picture.shape[2] == 2:
        return _over_white(cv2.cvtColor(picture[..., :1], cv2.COLOR_GRAY2RGB), picture[..., 1], premultiplied)
    if picture.shape[2] == 4:
        alpha = picture[..., 3]
        rgb = cv2.cvtColor(picture, cv2.COLOR_BGRA2RGB)
        return rgb if format == "BMP" else _over_white(rgb, alpha, premultiplied)  # a BMP's fourth byte is often just 0
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _over_white(picture: np.ndarray, alpha: np.ndarray, premultiplied: bool) -> np.ndarray:
    """Composite RGB, already multiplied by alpha if `premultiplied`, over white."""
    if alpha.min() == 255:
        return picture
    if premultiplied:
        return cv2.add(picture, cv2.cvtColor(255 - alpha, cv2.COLOR_GRAY2RGB))
    opacity = alpha[..., None].astype(np.float32) / 255
    return np.rint(picture * opacity + 255 * (1 - opacity)).astype(np.uint8)


def write(path: Path, picture: np.ndarray, quality: int = 95) -> None:
    """Write (h, w, 3) uint8 RGB in the format of the suffix; whole or not at all. Makes the folder.

    quality: 1 to 100, for JPEG, WebP and AVIF. Raises PictureError for a suffix that OpenCV cannot write.
    """
    try:
        data = encode(picture, path.suffix, quality)
    except ValueError:
        raise PictureError(f'{path}: OpenCV cannot write "{path.suffix}" files; name it .jpg or .png') from None
    with io.atomic_write(path) as temporary:
        temporary.write_bytes(data)


def encode(picture: np.ndarray, suffix: str, quality: int = 95) -> bytes:
    """Return (h, w, 3) RGB or (h, w) grey, uint8, as the bytes of a file with the suffix, such as ".png".

    quality: 1 to 100, for JPEG, WebP and AVIF. Raises ValueError for a suffix that OpenCV cannot write.
    """
    flag = QUALITY_FLAGS.get(suffix.lower())
    try:
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
        encoded, data = cv2.imencode(suffix, bgr, [flag, quality] if flag else [])
    except cv2.error:
        encoded = False
    if not encoded:
        raise ValueError(f'{picture.shape} {picture.dtype} cannot be written as "{suffix}"')
    return data.tobytes()


def draw(
    picture: np.ndarray, boxes: np.ndarray, captions: Sequence[str], colors: Sequence[tuple[int, int, int]]
) -> np.ndarray:
    """Return a copy of (h, w, 3) uint8 RGB with (n, 4) boxes (left, top, right, bottom) and captions drawn on it.

    colors: (red, green, blue) of each box. Lines and letters grow with the picture; captions stay inside it.
    """
    drawn = np.ascontiguousarray(picture).copy()
    height, width = drawn.shape[:2]
    thickness = max(1, round(min(height, width) / 220))
    font_scale = max(0.35, min(height, width) / 900)
    inside = clip(np.asarray(boxes, np.float32).reshape(-1, 4), width, height)
    for box, caption, color in zip(inside, captions, colors, strict=True):
        left, top, right, bottom = (round(float(side)) for side in box)
        cv2.rectangle(drawn, (left, top), (right - 1, bottom - 1), color, thickness)
        if caption:
            _draw_caption(drawn, (left, top), caption, color, font_scale)
    return drawn


def _draw_caption(
    drawn: np.ndarray, corner: tuple[int, int], caption: str, color: tuple[int, int, int], font_scale: float
) -> None:
    """Write a caption on a filled plate above the corner, or below it for lack of room; a long one is made smaller."""
    left, top = corner
    height, width = drawn.shape[:2]
    full_width = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, font_scale, 1)[0][0] + 4
    font_scale *= min(1.0, width / full_width)
    thickness = max(1, round(font_scale * 1.5))
    text_wh, base = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, font_scale, thickness)
    text_width, text_height = text_wh
    x = max(0, min(left, width - text_width - 4))
    fits_above = top - text_height - base - 4 >= 0
    y = top - base - 2 if fits_above else min(height - base - 1, top + text_height + 4)
    cv2.rectangle(drawn, (x, y - text_height - 3), (x + text_width + 3, y + base), color, cv2.FILLED)
    brightness = float(np.dot(color, (0.299, 0.587, 0.114)))
    text_color = (0, 0, 0) if brightness > 140 else (255, 255, 255)
    cv2.putText(drawn, caption, (x + 2, y), cv2.FONT_HERSHEY_SIMPLEX, font_scale, text_color, thickness, cv2.LINE_AA)
