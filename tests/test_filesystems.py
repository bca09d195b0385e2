"""Names of files: paths stay paths, URLs are opened by fsspec, and what is missing is one line."""

import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from brandlens import filesystems
from brandlens.errors import UserError
from brandlens.filesystems import Mirror


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
def test_a_mirror(tmp_path: Path) -> None:
    mirror, path = Mirror.of("memory://bucket/a/x.xml", tmp_path)
    assert (mirror.remote, path) == ("/bucket", mirror.local / "a/x.xml")
    assert mirror.url_of(path) == "memory:///bucket/a/x.xml"
    assert Mirror.of("memory://bucket/b/", tmp_path) == (mirror, mirror.local / "b")
    assert [mirror.is_folder(each) for each in (path, path.parent, mirror.local / "c")] == [False, True, False]
    assert sorted(mirror.files(path.parent)) == [path.parent / "images/1.jpg", path]
    assert list(mirror.files(mirror.local / "c")) == []
    assert mirror.fetch(path) and path.read_bytes() == b"a/x.xml"
    assert not mirror.fetch(mirror.local / "a/z.xml")
    assert [file for file in mirror.local.rglob("*") if file.is_file()] == [path]


@pytest.mark.parametrize(
    ("url", "remote", "below"),
    [
        ("memory://x.xml", "", "x.xml"), ("memory://b/x.xml", "/b", "x.xml"),
        ("memory://b/1/2/3/4/x.xml", "/b/1", "2/3/4/x.xml"), ("memory://b/", "", "b"),
    ],
)  # fmt: skip
def test_a_mirror_stays_in_the_bucket(tmp_path: Path, url: str, remote: str, below: str) -> None:
    mirror, path = Mirror.of(url, tmp_path)
    assert (mirror.remote, path) == (remote, mirror.local / below)


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
