"""Which pictures are the same but for size, compression or a light touch: perceptual hashes and their groups."""

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

import cv2
import numpy as np

from brandlens import images

CHUNK = 256  # hashes compared with all others at a time: 20,000 pictures need 50 MB


def phash(picture: np.ndarray) -> int:
    """A 64-bit perceptual hash of a (h, w, 3) uint8 picture: the signs of its lowest frequencies around their median.

    (pHash: discrete cosine transform of the 32x32 grey picture, 8x8 corner without the mean; Zauner 2010.)
    """
    grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
    low = cv2.dct(grey.astype(np.float32))[:8, :8].ravel()
    low[0] = np.median(low[1:])  # the mean brightness says nothing about what is shown
    if np.abs(low - low[0]).max() < 8:  # a flat picture: noise decides its signs, so it resembles none but its equal
        return int.from_bytes(blake2b(picture.tobytes(), digest_size=8).digest(), "big")
    return int(np.packbits(low > np.median(low)).view(">u8")[0])


def fingerprints(paths: Iterable[Path]) -> np.ndarray:
    """(n,) uint64: the hash of each picture file. Raises PictureError for one that cannot be read."""
    return np.array([phash(images.read(path)) for path in paths], np.uint64)


def groups(hashes: np.ndarray, distance: int = 6) -> np.ndarray:
    """(n,) int64 group of each of (n,) uint64 hashes: what differs in at most `distance` bits is together.

    Groups are numbered from 0 in the order of their first members.
    """
    found = np.zeros(len(hashes), np.int64)
    rest = np.arange(len(hashes))
    number = 0
    while len(rest):
        edge, rest = rest[:1], rest[1:]
        while len(edge):  # what was reached last reaches further
            found[edge] = number
            near = _near(hashes[edge], hashes[rest], distance)
            edge, rest = rest[near], rest[~near]
        number += 1
    return found


def _near(some: np.ndarray, others: np.ndarray, distance: int) -> np.ndarray:
    """(n,) bool: which of (n,) hashes differ from any of (m,) in at most `distance` bits."""
    near = np.zeros(len(others), bool)
    for start in range(0, len(some), CHUNK):
        far = np.flatnonzero(~near)
        differ = np.bitwise_count(some[start : start + CHUNK, None] ^ others[None, far])
        near[far] = (differ <= distance).any(axis=0)
    return near
