import asyncio

import pytest

from brandlens.crawler.providers.candidates import SearchError
from brandlens.crawler.providers.folder import PAGE_SIZE, Folder


def pages(query):
    async def go():
        return [page async for page in Folder().pages(query)]

    return asyncio.run(go())


def test_no_pictures(tmp_path):
    with pytest.raises(SearchError, match="no pictures in this folder"):
        pages(str(tmp_path))
    with pytest.raises(SearchError, match="no such file"):
        pages(str(tmp_path / "none"))


def test_what_is_left_out_is_reported_after_the_pages(tmp_path):
    (tmp_path / "a").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "b.psd").write_bytes(b"8BPS")
    (tmp_path / "notes.txt").write_text("no picture")

    async def go():
        found = []
        with pytest.raises(SearchError, match="1 file was left out: 1 Photoshop"):
            async for page in Folder().pages(str(tmp_path)):
                found += page
        return found

    assert [candidate.title for candidate in asyncio.run(go())] == ["a"]


def test_pages_of_a_folder(tmp_path):
    for number in range(150):
        (tmp_path / f"{number:03} é.jpg").touch()
    first, second = pages(str(tmp_path))
    assert len(first) == PAGE_SIZE
    assert [candidate.title for candidate in first + second] == [f"{number:03} é" for number in range(150)]
    assert first[0].url == (tmp_path / "000 é.jpg").resolve().as_uri()
