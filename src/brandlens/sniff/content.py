"""The first bytes of a file → what it is, where it is no text: "a JPEG picture", "an Excel workbook"."""

import codecs
import re

START = 1 << 16  # bytes of a file that are looked at
PARQUET = b"PAR1"
UNPACK = "; unpack it first"
SIGNATURES = [(re.compile(signature, re.DOTALL), kind) for signature, kind in (
    (rb"\xff\xd8\xff", "a JPEG picture"),
    (rb"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (rb"GIF87a", "a GIF picture"),
    (rb"GIF89a", "a GIF picture"),
    (rb"II\*\0", "a TIFF picture"),
    (rb"MM\0\*", "a TIFF picture"),
    (rb"%PDF-", "a PDF; copy its table into a spreadsheet and save that as CSV UTF-8"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel or Word file of the old kind; save it as CSV UTF-8"),
    (rb"\{\\rtf", "an RTF document; save it as plain text, UTF-8"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive" + UNPACK),
    (rb"Rar!\x1a\x07", "a RAR archive" + UNPACK),
    (rb"\x28\xb5/\xfd", "compressed by Zstandard" + UNPACK),
    (rb"\x04\x22\x4d\x18", "compressed by LZ4" + UNPACK),
    (rb"SQLite format 3\0", "an SQLite database; export the table as CSV"),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file; export the table as CSV"),
    (rb"\x93NUMPY", "a NumPy array; export it as CSV"),
    (rb"Obj\x01", "an Avro file; export it as Parquet"),
    (rb"ARROW1", "an Arrow or Feather file; export it as Parquet"),
    (rb"FEA1", "a Feather file; export it as Parquet"),
    (rb"\x7fELF", "a program"),
    (rb"version https://git-lfs.github.com/spec/", "a pointer of Git LFS; run: git lfs pull"),
    (rb"BM....\0\0\0\0", "a BMP picture"),
    (rb"RIFF....WEBP", "a WebP picture"),
    (rb"RIFF....(WAVE|AVI )", "a clip"),
    (rb"....ftyp", "a clip, or a picture in AVIF or HEIC"),
    (rb".{257}ustar(\0| +\0)", "a tar archive" + UNPACK),
    (rb"ORC[\x00-\x1f]", "an ORC file; export it as Parquet"),
    (rb"(?i)\s*<(!doctype html|html|head)", "a page in HTML; was it downloaded without a login?"),
)]  # fmt: skip
PACKED = {
    b"PK\3\4": "a zip archive", b"\x1f\x8b\x08": "compressed by gzip", b"BZh91AY&SY": "compressed by bzip2",
    b"\xfd7zXZ\0": "compressed by xz",
}  # fmt: skip
CONTROLS = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1b"))
MAX_CONTROLS = 0.05  # share of control characters, from which bytes that are no UTF-8 are no text either


def describe(start: bytes) -> str | None:
    """Return what a file is by its signature, and the fix where there is one; None where it has none."""
    return next((kind for signature, kind in SIGNATURES if signature.match(start)), None)


def describe_packed(start: bytes) -> str | None:
    """Return what packed data is, for those who do not unpack it, and the fix; None for others."""
    return next((kind + UNPACK for signature, kind in PACKED.items() if start.startswith(signature)), None)


def describe_binary(start: bytes) -> str | None:
    """Return what is wrong with bytes that are in no 8-bit encoding; None for what may be text."""
    if start and not start.strip(b"\0"):
        return "zero bytes alone"
    is_binary = len(start) - len(start.translate(None, CONTROLS)) > MAX_CONTROLS * len(start) and not _is_utf8(start)
    return "binary data" if is_binary else None


def _is_utf8(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # which may end within a character
    except UnicodeDecodeError:
        return False
    return True
