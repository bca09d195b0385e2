"""What a file is by its first bytes, and the pictures and videos that names on a command line stand for."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens import media_files
from brandlens.errors import PictureError

JPEG, PNG, PDF = b"\xff\xd8\xff\xe0\0\x10JFIF", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7"
MKV, AVI = b"\x1a\x45\xdf\xa3", b"RIFF\0\0\0\0AVI LIST"


def iso(major: bytes, *compatible: bytes) -> bytes:
    """Return the first box of an ISO media file."""
    brands = b"".join(compatible)
    return (16 + len(brands)).to_bytes(4, "big") + b"ftyp" + major + bytes(4) + brands + b"\0\0\0\x08free"


@pytest.mark.parametrize(
    ("start", "name", "media"),
    [
        pytest.param(b"", None, None, id="nothing"),
        pytest.param(b"text of people", None, None, id="text"),
        pytest.param(b"<html><body>", None, None, id="a page"),
        pytest.param(JPEG, "JPEG", "picture", id="JPEG"),
        pytest.param(PNG, "PNG", "picture", id="PNG"),
        pytest.param(b"GIF89a", "GIF", "picture", id="GIF"),
        pytest.param(b"BM" + bytes(12) + b"\x28\0\0\0", "BMP", "picture", id="BMP"),
        pytest.param(b"BM is a car's name, backwards", None, None, id="a text that begins with BM"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8 ", "WebP", "picture", id="WebP"),
        pytest.param(b"RIFF\0\0\0\0WAVEfmt ", "sound", "audio", id="WAV"),
        pytest.param(b"II*\0\x08\0\0\0", "TIFF", "picture", id="TIFF"),
        pytest.param(b"II*\0\x10\0\0\0CR\2\0", "camera RAW", "picture", id="Canon's RAW"),
        pytest.param(iso(b"crx ", b"crx ", b"isom"), "camera RAW", "picture", id="Canon's newer RAW"),
        pytest.param(iso(b"avif", b"mif1", b"miaf"), "AVIF", "picture", id="AVIF"),
        pytest.param(iso(b"mif1", b"avif"), "AVIF", "picture", id="AVIF, second brand"),
        pytest.param(iso(b"heic", b"mif1", b"heic"), "HEIC", "picture", id="HEIC"),
        pytest.param(iso(b"mif1", b"mif1", b"heic"), "HEIC", "picture", id="HEIC, second brand"),
        pytest.param(b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000", "picture", id="JPEG 2000"),
        pytest.param(b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL", "picture", id="JPEG XL"),
        pytest.param(b"\xff\x0a", "JPEG XL", "picture", id="JPEG XL, bare"),
        pytest.param(b"8BPS\0\1", "Photoshop", "picture", id="Photoshop"),
        pytest.param(b'<?xml version="1.0"?>\n<svg width="9">', "SVG", "picture", id="SVG"),
        pytest.param(PDF, "PDF", "picture", id="PDF"),
        pytest.param(bytes(128) + b"DICM", "DICOM", "picture", id="DICOM"),
        pytest.param(b"P6\n4 4\n255\n", "PNM", "picture", id="PNM"),
        pytest.param(iso(b"isom", b"mp41"), "MP4", "video", id="MP4"),
        pytest.param(iso(b"qt  "), "MP4", "video", id="QuickTime"),
        pytest.param(b"\0\0\0\x08wide\0\0\0\0mdat", "MP4", "video", id="an old QuickTime"),
        pytest.param(iso(b"M4A ", b"isom"), "sound", "audio", id="a song of iTunes"),
        pytest.param(MKV, "Matroska or WebM", "video", id="Matroska"),
        pytest.param(AVI, "AVI", "video", id="AVI"),
        pytest.param(b"OggS" + bytes(24) + b"\x80theora", "Ogg", "video", id="Ogg"),
        pytest.param(b"OggS" + bytes(24) + b"\x01vorbis", "sound", "audio", id="Ogg with sound alone"),
        pytest.param((b"G" + bytes(187)) * 3, "MPEG transport stream", "video", id="MPEG transport stream"),
        pytest.param(b"G is a letter", None, None, id="a text that begins with G"),
        pytest.param(b"ID3\4", "sound", "audio", id="MP3"),
    ],
)
def test_identify(start: bytes, name: str | None, media: str | None) -> None:
    kind = media_files.identify(start)
    assert (kind and kind.name, kind and kind.media) == (name, media)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\0\0\0\x18ftyp", b"RIFF", b"II*\0", b"OggS", b"<"]))
def test_any_bytes_are_something_or_nothing(rest: bytes, start: bytes) -> None:
    kind = media_files.identify(start + rest)
    assert kind is None or kind.media in ("picture", "video", "audio")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("a.mp4", b"", True, id="an empty file by its name"),
        pytest.param("a.MP4", b"?", True, id="capitals"),
        pytest.param("a.mp4", JPEG, False, id="a picture named as a video"),
        pytest.param("a.jpg", MKV, True, id="a video named as a picture"),
        pytest.param("a", AVI, True, id="a video without a suffix"),
        pytest.param("a.ts", b"export const a = 1", False, id="TypeScript"),
        pytest.param("a.ts", (b"G" + bytes(187)) * 3, True, id="MPEG transport stream"),
    ],
)
def test_is_video(tmp_path: Path, name: str, content: bytes, expected: bool) -> None:
    (tmp_path / name).write_bytes(content)
    assert media_files.is_video(tmp_path / name) == expected


def test_a_missing_file_is_reported_by_its_name() -> None:
    assert media_files.is_video(Path("none.mkv"))
    assert not media_files.is_video(Path("none.jpg"))


CONTENTS = {
    "a.jpg": b"", "b/c.PNG": PNG, "b/d/e": JPEG, "b/f.jfif": JPEG, "b/notes.txt": b"notes", "b/labels.xml": b"<a/>",
    "b/clip.MOV": iso(b"qt  "), "b/clip": MKV, ".hidden/g.jpg": JPEG, "b/.h.jpg": JPEG, "b/Thumbs.db": b"\xd0\xcf",
    "__MACOSX/i.jpg": JPEG, "odd [1].jpg": JPEG, "empty/.keep": b"", "others/scan.pdf": PDF, "others/flyer.pdf": PDF,
    "others/song.mp3": b"ID3\4", "others/zip": b"PK\3\4\0\0\xff", "others/words": "Köln".encode(),
    "raw/a.nef": b"MM\0*\0\0\0\x08",
}  # fmt: skip


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in CONTENTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)


PICTURES = ["b/c.PNG", "b/d/e", "b/f.jfif"]


@pytest.mark.usefixtures("album")
@pytest.mark.parametrize(
    ("paths", "files"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["a.jpg"], ["a.jpg"], id="a file"),
        pytest.param(["b/notes.txt"], ["b/notes.txt"], id="a file of any suffix"),
        pytest.param(["b"], PICTURES, id="a folder"),
        pytest.param(["."], ["a.jpg", *PICTURES, "odd [1].jpg"], id="the folder one is in"),
        pytest.param(["b/d", "b", "a.jpg", "b/c.PNG"], ["b/d/e", "b/c.PNG", "b/f.jfif", "a.jpg"], id="each once"),
        pytest.param(["b/../a.jpg", "./a.jpg", "a.jpg"], ["b/../a.jpg"], id="each once, however it is spelt"),
        pytest.param(["*.jpg"], ["a.jpg", "odd [1].jpg"], id="a pattern"),
        pytest.param(["**/*.jfif"], ["b/f.jfif"], id="a pattern for all below"),
        pytest.param(["odd [1].jpg"], ["odd [1].jpg"], id="a name that looks like a pattern"),
        pytest.param(["none.jpg", "a.jpg"], ["none.jpg", "a.jpg"], id="a missing one among others"),
    ],
)
def test_list_files(paths: list[str], files: list[str]) -> None:
    assert [path.as_posix() for path in media_files.list_files(paths).files] == files


@pytest.mark.usefixtures("album")
def test_videos_are_listed_where_they_are_wanted() -> None:
    listing = media_files.list_files(["b"], videos=True)
    assert [path.as_posix() for path in listing.files] == ["b/c.PNG", "b/clip", "b/clip.MOV", "b/d/e", "b/f.jfif"]
    assert listing.describe_skipped() == ""
    line = media_files.list_files(["b"]).describe_skipped()
    assert line == "2 files were left out: 2 video (save its frames as pictures), such as b/clip"


@pytest.mark.usefixtures("album")
def test_what_is_left_out_is_counted_by_reason() -> None:
    listing = media_files.list_files(["a.jpg", "."])
    assert {reason: len(files) for reason, files in listing.skipped.items()} == {
        "video (save its frames as pictures)": 2,
        "PDF (save its pages as PNG)": 2,
        "neither picture nor video": 2,
        "camera RAW (save it as JPEG)": 1,
    }
    assert "2 PDF (save its pages as PNG), such as others/flyer.pdf" in listing.describe_skipped()


@pytest.mark.usefixtures("album")
@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_to_nothing_are_counted() -> None:
    for name in ("b/fetched-later.jpg", "b/notes-later.md"):
        Path(name).symlink_to("nowhere")
    assert media_files.list_files(["b"], videos=True).describe_skipped() == (
        "1 file was left out: 1 link (to a file that is not there), such as b/fetched-later.jpg"
    )


@pytest.mark.usefixtures("album")
@pytest.mark.parametrize("path", ["none.jpg", "none/", "empty", "*.gif", "none/*.jpg", "others", "raw"])
def test_list_files_refuses_what_stands_for_nothing(path: str) -> None:
    with pytest.raises(PictureError) as caught:
        media_files.list_files([path])
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert ("left out" in str(caught.value)) == (path in ("others", "raw"))
