"""Find pictures that are the same but for size, compression or slight changes: perceptual hashes and their groups."""

from hashlib import blake2b

import cv2
import numpy as np

CHUNK = 256  # hashes compared with all others at a time: 20,000 pictures need 50 MB


def phash(picture: np.ndarray) -> int:
    """Return a 64-bit perceptual hash of a (h, w, 3) uint8 RGB picture: the signs of its lowest frequencies.

    (pHash: discrete cosine transform of the 32x32 grey picture, 8x8 corner without the mean, each value above the
    median or not; Zauner 2010.) A flat picture, in which noise decides the signs, gets a hash of its bytes.
    """
    grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
    low = cv2.dct(grey.astype(np.float32))[:8, :8].ravel()
    low[0] = np.median(low[1:])  # the mean brightness says nothing about what is shown
    if np.abs(low - low[0]).max() < 8:
        return int.from_bytes(blake2b(picture.tobytes(), digest_size=8).digest(), "big")
    return int(np.packbits(low > np.median(low)).view(">u8")[0])


def groups(hashes: np.ndarray, max_distance: int = 6) -> np.ndarray:
    """Return the (n,) int64 group of each of (n,) uint64 hashes: those that differ in few bits share one.

    max_distance: bits in which two hashes may differ. Hashes that are linked through others share a group too.
    Groups are numbered from 0 in the order of their first members.
    """
    group_of = np.zeros(len(hashes), np.int64)
    rest = np.arange(len(hashes))
    group = 0
    while len(rest):
        edge, rest = rest[:1], rest[1:]
        while len(edge):  # what was reached last reaches further
            group_of[edge] = group
            near = _is_near(hashes[edge], hashes[rest], max_distance)
            edge, rest = rest[near], rest[~near]
        group += 1
    return group_of


def _is_near(hashes: np.ndarray, others: np.ndarray, max_distance: int) -> np.ndarray:
    """Return (n,) bool: which of (n,) others differ from any of (m,) hashes in at most `max_distance` bits."""
    near = np.zeros(len(others), bool)
    for start in range(0, len(hashes), CHUNK):
        far = np.flatnonzero(~near)
        differing_bits = np.bitwise_count(hashes[start : start + CHUNK, None] ^ others[None, far])
        near[far] = (differing_bits <= max_distance).any(axis=0)
    return near
