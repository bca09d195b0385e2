"""The provider of folders, and all of them by name."""

import asyncio

import pytest

from brandlens.cli.logo.collect import PROVIDERS as NAMES
from brandlens.crawler.providers.candidates import SearchError
from brandlens.crawler.providers.folder import Folder
from brandlens.crawler.providers.registry import LOCAL, PROVIDERS


def found(query):
    async def go():
        return [each async for page in Folder().pages(query) for each in page]

    return asyncio.run(go())


def test_no_pictures(tmp_path):
    with pytest.raises(SearchError, match="no pictures in this folder"):
        found(str(tmp_path))
    with pytest.raises(SearchError, match="no such file"):
        found(str(tmp_path / "none"))


def test_a_folder(tmp_path, faulty):
    for number in range(150):
        (tmp_path / f"{number:03} é.jpg").write_bytes(faulty.picture(number))
    candidates = found(str(tmp_path))
    assert [each.title for each in candidates] == [f"{number:03} é" for number in range(150)]
    assert candidates[0].url == (tmp_path / "000 é.jpg").resolve().as_uri()


def test_the_command_line_knows_all_providers():
    assert list(PROVIDERS) == list(NAMES)
    assert LOCAL in PROVIDERS
    for name in set(PROVIDERS) - {"web"}:
        assert hasattr(PROVIDERS[name]("a test", "me@example.org"), "pages")
