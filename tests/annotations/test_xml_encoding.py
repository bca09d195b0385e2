"""XML is decoded as it declares, or as its bytes are, or refused with the place of the byte."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.annotations.issues import InvalidValueError
from brandlens.annotations.xml_encoding import decode


def declared(name: str) -> str:
    return f'<?xml version="1.0" encoding="{name}"?>\n<label>{{}}</label>'


@pytest.mark.parametrize(
    ("name", "codec", "text"),
    [
        pytest.param("UTF-8", "utf-8", "Évian", id="UTF-8"),
        pytest.param("utf8", "utf-8-sig", "Évian", id="UTF-8 with a mark"),
        pytest.param("GBK", "utf-8-sig", "可乐", id="the mark is right"),
        pytest.param("GBK", "gbk", "可乐", id="GBK"),
        pytest.param("gb2312", "gb2312", "联通", id="GB 2312 that could be UTF-8"),
        pytest.param("Shift_JIS", "shift_jis", "コーラ", id="Shift JIS"),
        pytest.param("EUC-KR", "euc_kr", "콜라", id="EUC-KR"),
        pytest.param("Big5", "big5", "可樂", id="Big5"),
        pytest.param("windows-1251", "cp1251", "Квас", id="Windows-1251"),
        pytest.param("KOI8-R", "koi8_r", "Квас", id="KOI8-R"),
        pytest.param("windows-1251", "utf-8", "Квас по-русски", id="UTF-8 that is not what is declared"),
        pytest.param("ISO-8859-1", "utf-8", "Nestlé", id="imglab"),
        pytest.param("ISO-8859-1", "latin-1", "Nestlé", id="ISO-8859-1"),
        pytest.param("ISO-8859-1", "cp1252", "5 €", id="ISO-8859-1 that is Windows-1252"),
        pytest.param("US-ASCII", "utf-8", "東", id="ASCII that is UTF-8"),
        pytest.param("UTF-16", "utf-16", "Évian", id="UTF-16"),
        pytest.param("UTF-16", "utf-16-le", "Évian", id="UTF-16 without a mark"),
        pytest.param("UTF-16", "utf-16-be", "Évian", id="the other UTF-16"),
        pytest.param("UTF-32", "utf-32", "Évian", id="UTF-32"),
    ],
)
def test_decode(name, codec, text):
    whole = declared(name).format(text)
    assert decode(whole.encode(codec)) == whole


def test_nothing_declared():
    assert decode(b"") == ""
    assert decode("<a>東</a>".encode()) == "<a>東</a>"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param("<a>\n可乐</a>".encode("gbk"), "not UTF-8, as it should be, at byte 4 in line 2", id="undeclared"),
        pytest.param(declared("ISO-8859-1").format("é").encode() + b"\xe9", "at byte 61 in line 2", id="UTF-8 in part"),
        pytest.param(declared("GBK").format("").encode() + b"\xff\xff", "not gbk", id="not what is declared"),
        pytest.param(declared("klingon").encode(), "unknown encoding klingon", id="unknown"),
        pytest.param(declared("unicode_escape").encode(), "unknown encoding", id="no encoding of files"),
        pytest.param(declared("rot13").encode(), "unknown encoding", id="no encoding"),
        pytest.param(declared("cp037").encode(), "unknown encoding", id="one that would not have read its own name"),
        pytest.param(codecs.BOM_UTF16_LE + b"<", "not utf-16", id="half a character"),
    ],
)
def test_refused(data, words):
    with pytest.raises(InvalidValueError) as caught:
        decode(data)
    assert words in caught.value.message
    assert "UTF-8" in caught.value.fix


@given(st.text("aé東😀", max_size=8), st.sampled_from(["utf-8", "utf-16", "gb18030"]), st.integers(0, 8))
def test_a_beginning(text, codec, cut):
    whole = declared(codec).format(text)
    data = whole.encode(codec)
    assert whole.startswith(decode(data[: len(data) - cut], truncated=True))


@given(st.binary(max_size=40), st.sampled_from(["", "GBK", "latin1", "cp1251", "utf-16", "hz", "iso-2022-jp"]))
def test_any_bytes(data, name):
    header = declared(name).encode() if name else b""
    for truncated in (True, False):
        try:
            assert isinstance(decode(header + data, truncated=truncated), str)
        except InvalidValueError as error:
            assert "\n" not in error.message
