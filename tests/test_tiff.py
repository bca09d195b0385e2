"""Directories of TIFF and BigTIFF, in both orders of bytes."""

import struct

import pytest

from brandlens.tiff import Entry, Tiff


@pytest.mark.parametrize("data", [b"", b"II", b"PK\3\4", b"no TIFF at all"])
def test_no_tiff(data: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        Tiff.of(data).directory()


def test_a_directory_outside_the_data() -> None:
    with pytest.raises(struct.error):
        Tiff.of(b"II*\0\xff\0\0\0").directory()


def build(order: str, is_big: bool) -> bytes:
    """A directory with a short, a text of four bytes in its place and one elsewhere, and the first of them again."""
    long = "Q" if is_big else "I"
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(
        order + ("HHHQ" if is_big else "HI"), *([43, 8, 0, 16] if is_big else [42, 8])
    )
    size = 8 if is_big else 4
    entries = [
        (274, 3, 1, struct.pack(order + "H", 6)),
        (1, 2, 4, b"abc\0"),
        (2, 2, 20, None),
        (274, 3, 1, struct.pack(order + "H", 9)),
    ]
    start = len(head) + (8 if is_big else 2) + len(entries) * (20 if is_big else 12)
    rows = b"".join(
        struct.pack(order + "HH" + long, tag, kind, count)
        + (struct.pack(order + long, start) if value is None else value.ljust(size, b"\0"))
        for tag, kind, count, value in entries
    )
    return head + struct.pack(order + ("Q" if is_big else "H"), len(entries)) + rows + b"2024:03:05 10:11:12\0"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_big", [False, True])
def test_values_in_their_place_and_elsewhere(order: str, is_big: bool) -> None:
    tiff = Tiff.of(build(order, is_big))
    tags = tiff.directory()
    assert list(tags) == [274, 1, 2]
    assert tiff.number(tags[274]) == 6  # the first of two
    assert tiff.number(tags[1]) is None and tiff.number(tags.get(3)) is None
    assert [tiff.data[tags[tag].offset :][:4] for tag in (1, 2)] == [b"abc\0", b"2024"]
    assert tags[2] == Entry(2, len(tiff.data) - 20)
