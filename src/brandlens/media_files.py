"""Picture and video files: what a file is by its first bytes, whatever its name says, and those that folders hold."""

import codecs
import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Literal

from brandlens.errors import PictureError

START = 1024  # bytes of a file that tell what it is
PICTURE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".jp2", ".heic",
    ".heif", ".hif",
})  # fmt: skip
VIDEO_SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mov", ".3gp", ".avi", ".mkv", ".webm", ".ogv", ".wmv", ".flv", ".mpg", ".mpeg", ".mts", ".m2ts",
})  # fmt: skip
RAW_SUFFIXES = frozenset({".cr2", ".nef", ".arw", ".dng", ".pef", ".srw", ".raw"})  # cameras' own formats, TIFFs inside
SIDECARS = frozenset({  # what stands beside pictures and is none, so that nobody misses it in the results
    ".txt", ".xml", ".json", ".jsonl", ".csv", ".tsv", ".yaml", ".yml", ".md", ".html", ".htm", ".xmp", ".aae", ".ini",
    ".log", ".srt", ".vtt", ".url", ".db", ".cache", ".lock", ".part", ".bak", ".dvc", ".parquet", ".npy", ".npz",
})  # fmt: skip
SYSTEM_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx"})
HAS_HEIF = importlib.util.find_spec("pi_heif") is not None  # the package that reads HEIC, see `brandlens.heif`
AS_JPEG = "save it as JPEG or PNG"


@dataclass(frozen=True)
class FileKind:
    """What a file is. name: of the format, for people. fix: what to do with a picture that cannot be read, else ""."""

    name: str
    media: Literal["picture", "video", "audio"]
    fix: str = ""


HEIC = FileKind("HEIC", "picture", "" if HAS_HEIF else 'save it as JPEG, or run: pip install "brandlens[heic]"')
AVIF, MP4 = FileKind("AVIF", "picture"), FileKind("MP4", "video")
RAW = FileKind("camera RAW", "picture", "save it as JPEG")
SVG = FileKind("SVG", "picture", "save it as PNG")
SOUND = FileKind("sound", "audio")

SIGNATURES = (
    (b"\xff\xd8\xff", FileKind("JPEG", "picture")),
    (b"\x89PNG\r\n\x1a\n", FileKind("PNG", "picture")),
    (b"GIF8[79]a", FileKind("GIF", "picture")),
    (rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", FileKind("BMP", "picture")),
    (b"RIFF....WEBP", FileKind("WebP", "picture")),
    (rb"II\*\0.{4}CR|IIRO|IIRS|MMOR|IIU\0|FUJIFILMCCD-RAW", RAW),
    (rb"II[*+]\0|MM\0[*+]", FileKind("TIFF", "picture")),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", FileKind("JPEG 2000", "picture")),
    (rb"P[1-7]\s", FileKind("PNM", "picture")),
    (b"\x59\xa6\x6a\x95", FileKind("Sun raster", "picture")),
    (rb"\0\0\0\x0cJXL |\xff\x0a", FileKind("JPEG XL", "picture", AS_JPEG)),
    (b"8BPS", FileKind("Photoshop", "picture", AS_JPEG)),
    (b"gimp xcf", FileKind("GIMP", "picture", AS_JPEG)),
    (rb"II\xbc", FileKind("JPEG XR", "picture", AS_JPEG)),
    (rb"\x76\x2f\x31\x01", FileKind("OpenEXR", "picture", AS_JPEG)),
    (rb"#\?R(ADIANCE|GBE)", FileKind("Radiance HDR", "picture", AS_JPEG)),
    (rb"\0\0[\x01\x02]\0[^\0]\0", FileKind("icon", "picture", "save it as PNG")),
    (b".{128}DICM", FileKind("DICOM", "picture", AS_JPEG)),
    (rb"(\xef\xbb\xbf)?%PDF", FileKind("PDF", "picture", "save its pages as PNG")),
    (b"%!PS", FileKind("PostScript", "picture", "save it as PNG")),
    (rb"\x1a\x45\xdf\xa3", FileKind("Matroska or WebM", "video")),
    (b"RIFF....AVI ", FileKind("AVI", "video")),
    (rb"FLV\x01", FileKind("FLV", "video")),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", FileKind("WMV", "video")),
    (rb"OggS.{24,25}(\x01vorbis|OpusHead|\x7fFLAC|Speex)", SOUND),
    (b"OggS", FileKind("Ogg", "video")),
    (rb"\0\0\x01[\xba\xb3]", FileKind("MPEG", "video")),
    (rb"G.{187}G.{187}G|.{4}G.{191}G.{191}G", FileKind("MPEG transport stream", "video")),
    (rb"....(moov|mdat|wide|free|skip)", MP4),
    (rb"ID3|\xff[\xf2\xf3\xfa\xfb]|RIFF....WAVE|fLaC", SOUND),
)
PATTERNS = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in SIGNATURES)
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})


def identify(start: bytes) -> FileKind | None:
    """Return what a file is by its first START bytes; None for what is neither picture, video nor sound."""
    if start[4:8] == b"ftyp":
        return _iso_media(start)
    for pattern, kind in PATTERNS:
        if pattern.match(start):
            return kind
    return SVG if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" and b"<svg" in start.lower() else None


def _iso_media(start: bytes) -> FileKind:
    """Return the kind of an ISO media file: its first box lists what it is compatible with."""
    end = max(16, int.from_bytes(start[:4], "big"))
    brands = {start[8:12], *(start[offset : offset + 4] for offset in range(16, min(end, len(start)), 4))}
    major = start[8:12]
    if major in (b"M4A ", b"M4B ", b"M4P ", b"F4A "):
        return SOUND
    if major == b"crx ":
        return RAW
    if brands & {b"avif", b"avis"} and major not in HEIC_BRANDS:
        return AVIF
    return HEIC if brands & HEIC_BRANDS or major in (b"mif1", b"msf1") else MP4


def identify_file(path: Path) -> FileKind | None:
    """Return what a file is by its first bytes, as `identify`; None too for one that cannot be read."""
    try:
        with path.open("rb") as file:
            kind = identify(file.read(START))
    except OSError:
        return None
    return RAW if kind and kind.name == "TIFF" and path.suffix.lower() in RAW_SUFFIXES else kind


def is_video(path: Path) -> bool:
    """Return whether a file is a video: by its first bytes, or by its name where these are nothing known."""
    kind = identify_file(path)
    return kind.media == "video" if kind else path.suffix.lower() in VIDEO_SUFFIXES


@dataclass(frozen=True)
class Listing:
    """The files that names on a command line stand for, each once, in their order.

    skipped: what folders hold besides, which looks like a picture or is unknown: by reason, the files.
    """

    files: list[Path] = field(default_factory=list)
    skipped: dict[str, list[Path]] = field(default_factory=dict)

    def describe_skipped(self) -> str:
        """Return one line that counts what was skipped by reason and names a file of each; "" for nothing."""
        if not self.skipped:
            return ""
        count = sum(map(len, self.skipped.values()))
        reasons = (f"{len(files):,} {reason}, such as {files[0]}" for reason, files in self.skipped.items())
        return f"{count:,} {'file was' if count == 1 else 'files were'} left out: {'; '.join(reasons)}"


def list_files(paths: Sequence[str], *, videos: bool = False) -> Listing:
    """List the pictures, and the videos if wanted, that files, folders and patterns stand for.

    A folder stands for every file below it that begins like one, or is named like one, sorted by name. Hidden files,
    those that systems leave in folders, text and SIDECARS are passed over; all else is in `Listing.skipped`. Raises
    PictureError for a name that stands for nothing; of several file names the missing ones are kept, for the reader to
    report.
    """
    listing = Listing()
    listed: dict[str, Path] = {}
    for name in paths:
        path = Path(name)
        if path.is_dir():
            files = _list_folder(path, videos, listing.skipped)
            if not files:
                noun = "pictures or videos" if videos else "pictures"
                skipped = f"; {text}" if (text := listing.describe_skipped()) else ""
                raise PictureError(f"{name}: no {noun} in this folder{skipped}")
        elif path.is_file() or not any(sign in name for sign in "*?["):
            files = [path]
            if not path.exists() and len(paths) == 1:
                raise PictureError(f"{name}: no such file")
        else:
            start = Path(path.anchor) if path.is_absolute() else Path()
            files = sorted(file for file in start.glob(str(path.relative_to(path.anchor))) if file.is_file())
            if not files:
                raise PictureError(f"{name}: no file matches")
        for file in files:
            listed.setdefault(os.path.abspath(file), file)  # noqa: PTH100 - resolves "..", but no link
    listing.files.extend(listed.values())
    return listing


def _list_folder(folder: Path, videos: bool, skipped: dict[str, list[Path]]) -> list[Path]:
    """Return the files below a folder that are to be read; add those that are left out to `skipped`."""
    files = []
    for file in sorted(path for path in folder.rglob("*") if not is_passed_over(path.relative_to(folder))):
        if file.is_dir() and not os.access(file, os.R_OK | os.X_OK):
            skipped.setdefault("folder (may not be read)", []).append(file)
        if not file.is_file():
            if file.is_symlink() and not file.exists() and _is_named_as_wanted(file, videos):
                skipped.setdefault("link (to a file that is not there)", []).append(file)
            continue
        reason = _reason_to_skip(file, videos)
        if reason is None:
            files.append(file)
        elif reason:
            skipped.setdefault(reason, []).append(file)
    return files


def _is_named_as_wanted(file: Path, videos: bool) -> bool:
    suffix = file.suffix.lower()
    return suffix in PICTURE_SUFFIXES or (videos and suffix in VIDEO_SUFFIXES)


def is_passed_over(path: PurePath) -> bool:
    """Return whether a path below a folder has a hidden part, or one that a system left there."""
    return any(part.startswith(".") or part.lower() in SYSTEM_NAMES for part in path.parts)


def _reason_to_skip(file: Path, videos: bool) -> str | None:
    """Return why a file in a folder is left out, "" where that is worth no word, None where it is to be read."""
    kind, suffix = identify_file(file), file.suffix.lower()
    if kind and kind.media == "picture":
        return f"{kind.name} ({kind.fix})" if kind.fix else None
    if kind and kind.media == "video":
        return None if videos else "video (save its frames as pictures)"
    if _is_named_as_wanted(file, videos):
        return None
    if kind is None and (suffix in SIDECARS or _is_text(file)):
        return ""
    return "neither picture nor video"


def _is_text(file: Path) -> bool:
    """Return whether a file begins like text, or is empty; one that cannot be opened is for its reader to report."""
    try:
        with file.open("rb") as opened:
            start = opened.read(START)
        codecs.getincrementaldecoder("utf-8")().decode(start)  # the last character may be cut
        return b"\0" not in start
    except (OSError, UnicodeDecodeError):
        return False
