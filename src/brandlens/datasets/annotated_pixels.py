"""Read the pixels that a picture's boxes were drawn on: as its file stores them, or as it shows them."""

import numpy as np

from brandlens import image_headers, images
from brandlens.annotations import Picture, orientation
from brandlens.errors import PictureError
from brandlens.image_headers import Header


def annotated_pixels(picture: Picture) -> tuple[np.ndarray, bool]:
    """Return the (h, w, 3) uint8 RGB that the boxes refer to, and whether they show the picture as EXIF turns it.

    It is the picture as stored, as in dlib's imglab, unless the size stated beside the boxes is that of the turned
    picture alone. Raises PictureError for a picture that cannot be read or has another size than stated.
    """
    pixels = images.read(picture.path, rotate=False)
    height, width = pixels.shape[:2]
    in_file = image_headers.parse(picture.path.read_bytes())
    turn = in_file.orientation if in_file and in_file.format != "TIFF" else 1  # OpenCV turns a TIFF by itself
    as_stored = orientation.is_labelled_as_stored((picture.width, picture.height), Header("", width, height, turn))
    if as_stored is None:
        raise PictureError(f"{picture.path}: {width}x{height} pixels, but labelled at {picture.width}x{picture.height}")
    if not as_stored:
        return images.read(picture.path), True  # labelled with a tool that turns pictures
    return pixels, turn == 1
