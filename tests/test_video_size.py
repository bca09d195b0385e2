"""How many bytes a video claims to have."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens import video_size

EBML = bytes.fromhex("1a45dfa3") + b"\x84head"
SEGMENT, CLUSTER, BLOCK = bytes.fromhex("18538067"), bytes.fromhex("1f43b675"), b"\xa3"
UNKNOWN = b"\x01" + b"\xff" * 7
ASF = video_size.ASF_HEADER + bytes(14)


def asf(size: int, flags: int) -> bytes:
    properties = struct.pack("<16sQ16sQ40xI", video_size.ASF_FILE_PROPERTIES, 104, b"", size, flags)
    return ASF + properties + bytes(99)


def ogg(num_bytes: int) -> bytes:
    return b"OggS" + bytes(22) + bytes([2, 255, num_bytes - 255]) + bytes(num_bytes)


@pytest.mark.parametrize(
    ("content", "size"),
    [
        pytest.param(b"", 0, id="nothing"),
        pytest.param(b"\0\0\x01\xba" + bytes(99), 0, id="a kind of file that does not tell"),
        pytest.param(b"\0\0\0\x08free", 8, id="MP4: a box"),
        pytest.param(b"\0\0\0\x08free\0\0\0\x63mdat", 107, id="MP4: a box that is not all there"),
        pytest.param(b"\0\0\0\x01mdat" + (99).to_bytes(8, "big"), 99, id="MP4: a large one"),
        pytest.param(b"\0\0\0\0mdat" + bytes(40), 0, id="MP4: one to the end"),
        pytest.param(b"\0\0\0\x08free" + b"\xff" * 20, 0, id="MP4: something appended"),
        pytest.param(EBML + SEGMENT + b"\x85five!", 19, id="Matroska: whole"),
        pytest.param(EBML + SEGMENT + b"\x40\xff" + b"cut", 269 + 1, id="Matroska: cut short"),
        pytest.param(EBML + SEGMENT + UNKNOWN + CLUSTER + b"\x83abc", 29, id="Matroska: live, whole"),
        pytest.param(EBML + SEGMENT + UNKNOWN + CLUSTER + b"\x89abc", 35, id="Matroska: live, cut short"),
        pytest.param(EBML + SEGMENT + UNKNOWN + CLUSTER + UNKNOWN + BLOCK + b"\x83ab", 38, id="Matroska: live, cut"),
        pytest.param(b"RIFF\x0c\0\0\0AVI LIST....", 20, id="AVI"),
        pytest.param(b"RIFF\x0c\0\0\0AVI LIST....RIFF\x20\0\0\0AVIX", 60, id="AVI of two parts"),
        pytest.param(b"RIFF\0\0\0\0AVI LIST....", 0, id="AVI: live"),
        pytest.param(asf(4321, 2), 4321, id="WMV"),
        pytest.param(asf(4321, 1), 0, id="WMV: live"),
        pytest.param(b"FLV\1" + b"\0\x08filesize\0" + struct.pack(">d", 765.0), 765, id="FLV"),
        pytest.param(b"FLV\1" + bytes(40), 0, id="FLV that does not tell"),
        pytest.param(ogg(300) + ogg(400), 758, id="Ogg"),
        pytest.param((ogg(300) + ogg(400))[:-99], 758, id="Ogg: cut short"),
        pytest.param((ogg(300) + ogg(400))[:335], 357, id="Ogg: cut in a page's head"),
    ],
)  # fmt: skip
def test_claimed_size(tmp_path: Path, content: bytes, size: int) -> None:
    (tmp_path / "a").write_bytes(content)
    assert video_size.claimed_size(tmp_path / "a") == size


@given(st.sampled_from([b"", b"\0\0\0\x08free", EBML, b"RIFF", ASF, b"FLV", b"OggS"]), st.binary(max_size=99))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, start: bytes, rest: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(start + rest)
    assert video_size.claimed_size(path) >= 0
