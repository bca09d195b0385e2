"""The pixels that a picture's boxes were drawn on: as its file stores them, or as it shows them."""

import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.errors import PictureError


def annotated_pixels(picture: Picture) -> tuple[np.ndarray, bool]:
    """(h, w, 3) uint8 RGB that the boxes refer to, and whether that is the picture as shown, turned by EXIF.

    It is the picture as stored, as dlib's imglab has it, unless the size stated beside the boxes is that of the turned
    one alone. Raises PictureError for a picture that cannot be read or has another size than stated.
    """
    stated = (picture.width, picture.height)
    shown = images.read(picture.path)
    pixels = images.read(picture.path, rotate=False)
    if _fits(stated, shown) and not _fits(stated, pixels):
        return shown, True  # labelled with a tool that turns pictures
    if not _fits(stated, pixels):
        height, width = pixels.shape[:2]
        raise PictureError(f"{picture.path}: {width}x{height} pixels, but labelled at {stated[0]}x{stated[1]}")
    return pixels, np.array_equal(shown, pixels)


def _fits(stated: tuple[int | None, int | None], pixels: np.ndarray) -> bool:
    """Whether a stated width and height, where there are any, are those of the picture."""
    return all(side in (None, length) for side, length in zip(stated, pixels.shape[1::-1], strict=True))
