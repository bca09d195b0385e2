"""Names of files: paths stay paths, URLs are opened by fsspec, and what is missing is one line."""

import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from brandlens import filesystems
from brandlens.errors import UserError


@pytest.fixture
def store() -> Iterator[fsspec.AbstractFileSystem]:
    """A store with a/x.xml, a/images/1.jpg and b/y.xml."""
    store = fsspec.filesystem("memory")
    for name in ("a/x.xml", "a/images/1.jpg", "b/y.xml"):
        store.pipe(f"/bucket/{name}", name.encode())
    yield store
    store.rm("/bucket", recursive=True)


@pytest.mark.parametrize("name", ["a.csv", "/a/b", "C:\\a", "c:/a", "a:b", ""])
def test_paths(name: str) -> None:
    assert not filesystems.is_url(name)
    assert filesystems.to_path(name) == Path(name)


@pytest.mark.usefixtures("store")
def test_urls(tmp_path: Path) -> None:
    path = filesystems.to_path("memory://bucket/a/x.xml")
    assert [path.name, path.suffix, path.stat().st_size, path.read_bytes()] == ["x.xml", ".xml", 7, b"a/x.xml"]
    assert filesystems.read_bytes("memory://bucket/b/y.xml") == b"b/y.xml"
    (tmp_path / "c").write_bytes(b"c")
    assert filesystems.read_bytes(str(tmp_path / "c")) == b"c"
    for name in ("memory://bucket/c", str(tmp_path / "d")):
        with pytest.raises(UserError, match=r"/[cd]: no such file$"):
            filesystems.read_bytes(name)


@pytest.mark.usefixtures("store")
def test_copies(tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    file = filesystems.copy_here("memory://bucket/a/x.xml", copies)
    assert [file.read_bytes(), (file.parent / "images/1.jpg").read_bytes()] == [b"a/x.xml", b"a/images/1.jpg"]
    folder = filesystems.copy_here("memory://bucket/b/", copies)
    assert [folder.name, (folder / "y.xml").read_bytes()] == ["b", b"b/y.xml"]
    assert filesystems.copy_here("a", copies) == Path("a")
    with pytest.raises(UserError, match=r"memory://bucket/a/z\.xml: no such file"):
        filesystems.copy_here("memory://bucket/a/z.xml", copies)


@pytest.mark.parametrize(
    ("missing", "url", "message"),
    [
        ("fsspec.core", "s3://b/c", r's3://b/c: URLs need fsspec; run: pip install "brandlens\[bulk\]"'),
        ("upath", "memory://b/c", r'memory://b/c: URLs need universal-pathlib; run: pip install "brandlens\[bulk\]"'),
        ("s3fs", "s3://b/c", "s3://b/c: s3:// URLs need s3fs; run: pip install s3fs"),
    ],
)
def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch, missing: str, url: str, message: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UserError, match=message):
        filesystems.to_path(url)


def test_errors_of_a_plugin_name_the_url() -> None:
    class PluginError(Exception):
        pass

    with (
        pytest.raises(UserError, match=r"^s3://b/c: cannot be read: no credentials$"),
        filesystems.reported("s3://b/c"),
    ):
        raise PluginError("no\ncredentials")
    with pytest.raises(PluginError), filesystems.reported("c"):
        raise PluginError
