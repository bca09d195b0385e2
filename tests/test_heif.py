"""AVIF and HEIC: their size, and all the ways in which they say that they are turned."""

import base64
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens import heif, image_headers, images, media_files
from brandlens.errors import PictureError

TURNS = [(angle, axis) for angle in range(4) for axis in range(2)]
# Red, green, blue and white quarters of 64 x 40 pixels, with irot and imir, written by Pillow and pillow-heif.
AVIF = base64.b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAAD/bWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcG"
    "l0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAEnAAAAOAAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAAB+"
    "aXBycAAAAF1pcGNvAAAAFGlzcGUAAAAAAAAAQAAAACgAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAAA"
    "lpcm90AQAAAAlpbWlyAAAAABlpcG1hAAAAAAAAAAEAAQYBAoMEhYYAAABAbWRhdBIACgkYFX+dogIaDQgyKUSB/f2qQCCCD5AAAM/MEAZV4ulb"
    "aTCunqp6KSf8HaC5nTkKZo43Jd6g"
)
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAZFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAA"
    "AAAERAAAEAAQAAAAABtQABAAAAAAAAAVkAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAABEWlwcnAA"
    "AADvaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkA"
    "AAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAA"
    "AAAoY2xhcAAAAEAAAAABAAAAKAAAAAEAAAAAAAAAAv///+gAAAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90AAAAAAlpbWlyAAAAABppcG1hAA"
    "AAAAAAAAEAAQeBAgMFhIaHAAABYW1kYXQAAAFVKAGvBPjteXRLW/6M6///lb/f/x7blt4loGf+qzaZdEs7cZV1kzag4bn9c397z+E1uxnzsf1j"
    "P2HCFLRH/8NpiSg3s4UzipOzuGUPVacbPWiw39sVydrm4vY33X32cOP/x7///lGfP8S4fYW3F051mqVDl6EK8ALcjIjf/Ff9D/6cNlM94VOXJT"
    "j/ZHmu37nJEAMU/OYfelPjK3//9IkB+YyyRqDl3CPDA7SJ2AG5RBaMFVlLnsdaRoQ+Sf+2P/AX5BQGFgUmVCqZd9SRWyIawk7NJUtebbMo/dNR"
    "DmiNOC9GzA4tna5IrMGpjes2As+H9LhxZVPx5fBV+/9sWLZ3M0DjTfXQj9j0CRK3mcfrk3ILrptoyiKaBgDqd8iqc+FGPP1RvmmY753XQWv1li"
    "b4luXaLCEH79rM9ikeiiqzT08Sr+r4E31aC8e+LePcip0YGfqWJjs="
)


def turned(content: bytes, angle: int, axis: int) -> bytes:
    """Return the file with another rotation, times 90 degrees anticlockwise, and another axis to mirror it."""
    data = bytearray(content)
    data[data.index(b"irot") + 4], data[data.index(b"imir") + 4] = angle, axis
    return bytes(data)


def displayed(stored: np.ndarray, angle: int, axis: int) -> np.ndarray:
    """Turn a picture as the standard says it: rotate, then swap top and bottom (0) or left and right (1)."""
    rotated = np.rot90(stored, angle)
    return rotated[:, ::-1] if axis else rotated[::-1]


@pytest.mark.parametrize(("angle", "axis"), TURNS)
@pytest.mark.parametrize("content", [pytest.param(AVIF, id="AVIF"), pytest.param(HEIC, id="HEIC")])
def test_every_turn(tmp_path: Path, content: bytes, angle: int, axis: int) -> None:
    path = tmp_path / "picture"
    path.write_bytes(turned(content, angle, axis))
    header = image_headers.parse(path.read_bytes())
    assert header is not None
    assert (header.width, header.height) == (64, 40)
    corners = np.arange(4).reshape(2, 2)
    assert np.array_equal(heif.rotate(corners, header.orientation), displayed(corners, angle, axis))
    if header.format == "HEIC":
        pytest.importorskip("pi_heif")
    stored = images.read(path, rotate=False)
    assert stored.shape == (40, 64, 3)
    assert np.abs(stored[[5, 5, -5, -5], [5, -5, 5, -5]].astype(int) - QUARTERS).max() < 12
    assert np.array_equal(images.read(path), displayed(stored, angle, axis))


QUARTERS = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)])


def test_without_the_package_a_heic_is_reported(tmp_path: Path) -> None:
    if media_files.HAS_HEIF:
        pytest.skip("this environment reads HEIC")
    path = tmp_path / "phone.jpg"
    path.write_bytes(HEIC)
    with pytest.raises(PictureError, match=r'HEIC; save it as JPEG, or run: pip install "brandlens\[heic\]"'):
        images.read(path)


@pytest.mark.parametrize("content", [pytest.param(AVIF, id="AVIF"), pytest.param(HEIC, id="HEIC")])
def test_cut_short(content: bytes) -> None:
    """Whatever is left of it, there is its size or none, and no other error."""
    for length in range(len(content)):
        header = image_headers.parse(content[:length])
        assert header is None or (header.width, header.height) == (64, 40)


@given(st.integers(0, len(AVIF) - 1), st.integers(0, 255))
def test_damaged(position: int, value: int) -> None:
    data = bytearray(AVIF)
    data[position] = value
    header = image_headers.parse(bytes(data))
    assert header is None or 1 <= header.orientation <= 8


def test_a_picture_without_properties() -> None:
    assert image_headers.parse(AVIF.replace(b"ispe", b"none")) is None
    with pytest.raises(ValueError, match="no meta"):
        heif.read_shape(b"\0\0\0\x08ftyp")
