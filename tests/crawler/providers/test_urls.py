import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.crawler.providers.candidates import Candidate, SearchError
from brandlens.crawler.providers.urls import PAGE_SIZE, Urls, read

A, B = "https://a.example/a.jpg", "http://b.example/b"


@pytest.mark.parametrize(
    ("name", "content", "candidates"),
    [
        pytest.param("a.txt", f"{A}\n", [Candidate(A)], id="one"),
        pytest.param(
            "a.txt",
            f"\ufeff# mine\n\n {A} \r\n{B} # old\n{A}",
            [Candidate(A), Candidate(B), Candidate(A)],
            id="several",
        ),
        pytest.param("a.csv", f"url\n{A}\n", [Candidate(A)], id="table of one column"),
        pytest.param(
            "a.CSV",
            f'title,url,licence,width,other\n"x, y",{A},CC0 1.0,80,?\n\n,{B},,wide,\n',
            [Candidate(A, title="x, y", licence="CC0 1.0", width=80), Candidate(B)],
            id="table",
        ),
    ],
)
def test_read(tmp_path, name, content, candidates):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    assert read(path) == candidates


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("a.txt", "", "no addresses in it", id="empty"),
        pytest.param("a.csv", "url\n", "no addresses in it", id="empty table"),
        pytest.param("a.txt", f"{A}\n\nb.jpg", r'line 3: "b.jpg" is not an address', id="a name"),
        pytest.param("a.txt", "file:///etc/passwd", "line 1: .* is not an address of the web", id="this machine"),
        pytest.param("a.csv", f"title,url\nx,{A}\ny,\n", 'line 3: "" is not an address', id="empty cell"),
        pytest.param("a.csv", f"{A}\n{B}\n", 'line 1: no column "url"', id="table without a header"),
        pytest.param("a.csv", "url\n" + "x" * 200_000, "line 2: field larger than", id="a field without end"),
    ],
)
def test_lines_that_cannot_be_read_are_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(SearchError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_files_that_are_missing_or_binary(tmp_path):
    with pytest.raises(SearchError, match="the urls provider takes a file's name"):
        read(tmp_path / "none.txt")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SearchError, match="UTF-8"):
        read(tmp_path / "a.txt")


@given(st.integers(1, 350), st.integers(1, 5))
def test_pages_hold_each_address_once(tmp_path_factory, count, first_page):
    path = tmp_path_factory.mktemp("urls") / "a.txt"
    path.write_text("".join(f"https://a.example/{number}\n" for number in range(count)))

    async def go():
        return [candidate.url async for page in Urls().pages(str(path), first_page) for candidate in page]

    assert asyncio.run(go()) == [f"https://a.example/{number}" for number in range(PAGE_SIZE * (first_page - 1), count)]
