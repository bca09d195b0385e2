"""What bytes tell of their encoding."""

import pytest

from brandlens.sniff.encoding import count_foreign, is_western, make_decoder, of_start


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"", None), (b"t", None), (b"text", None), (b"\xef\xbb\xbft", "utf-8-sig"), (b"\xff\xfet\0", "utf-16"),
        (b"\xfe\xff\0t", "utf-16"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"t\0e\0", "utf-16-le"),
        (b"\0t\0e", "utf-16-be"), (b"t\0\0\0", None), (b"t\0e", None),
    ],
)  # fmt: skip
def test_of_start(start: bytes, name: str | None) -> None:
    assert of_start(start) == name


@pytest.mark.parametrize(
    ("data", "counts", "western"),
    [
        (b"", (0, 0), True), (b"cafe", (0, 0), True), (b"caf\xe9", (1, 0), True),
        ("да".encode("cp1251"), (2, 2), False), ("\u201eso\u201c \u2013".encode("cp1252"), (3, 0), True),
    ],
)  # fmt: skip
def test_western(data: bytes, counts: tuple[int, int], western: bool) -> None:
    assert count_foreign(data) == counts
    assert is_western(*counts) is western


@pytest.mark.parametrize("name", ["utf-8", "utf-16", "shift_jis", "cp1252", "gb18030", "euc-kr"])
def test_bad_bytes_become_surrogates(name: str) -> None:
    content = "good".encode(name) + (b"\x00\xd8a\0" if name == "utf-16" else b"\x81\xff")
    text = make_decoder(name).decode(content, final=True)
    assert text.startswith("good")
    assert any("\ud800" <= sign <= "\udfff" for sign in text)
