"""Read the pixels that a picture's boxes were drawn on: as its file stores them, or as it shows them."""

import numpy as np

from brandlens import image_headers, images
from brandlens.annotations import Picture, orientation, validate
from brandlens.annotations.find_images import nearest
from brandlens.errors import PictureError
from brandlens.image_headers import Header


def annotated_pixels(picture: Picture) -> tuple[np.ndarray, bool]:
    """Return the (h, w, 3) uint8 RGB that the boxes refer to, and whether its size is enough to tell that anew.

    It is the picture as its file stores it or as EXIF turns it, whichever has the size stated beside the boxes, and
    where both have it, whichever `picture.exif_applied` says. The file can stand for these pixels if EXIF turns nothing
    or if they are the turned ones and their size says so. Raises PictureError for a picture that cannot be read, one
    that is not there with the name that is nearly its own, and for one of another size than stated.
    """
    if not validate.first_existing([picture.path]):
        raise PictureError(f"{picture.path}: no such file{nearest(picture.path)}")
    pixels = images.read(picture.path, rotate=False)
    height, width = pixels.shape[:2]
    in_file = image_headers.parse(picture.path.read_bytes())
    turn = in_file.orientation if in_file and in_file.format != "TIFF" else 1  # OpenCV turns a TIFF by itself
    header, stated = Header("", width, height, turn), (picture.width, picture.height)
    as_stored = orientation.is_labelled_as_stored(stated, header, picture.exif_applied)
    if as_stored is None:
        raise PictureError(f"{picture.path}: {width}x{height} pixels, but labelled at {picture.width}x{picture.height}")
    if not as_stored:
        return images.read(picture.path), not orientation.is_ambiguous(picture, header)
    return pixels, turn == 1
