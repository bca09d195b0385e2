"""Annotation files as bytes and text: only so many."""

from pathlib import Path

from brandlens.annotations.issues import InvalidValueError

LARGEST = 256 * 2**20  # bytes of one annotation file


def content(path: Path, most: int | None = None) -> bytes:
    """What is in the file, `most` bytes of it at most. Raises UnfitError for none, and for more than LARGEST."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1 if most is None else most)
    except (OSError, ValueError) as error:
        raise InvalidValueError(
            f"cannot be read: {getattr(error, 'strerror', None) or error}", "name another file"
        ) from None
    if len(data) > LARGEST:
        raise InvalidValueError(f"more than {LARGEST:,} bytes are refused", "divide it")
    return data


def text(path: Path, most: int | None = None) -> str:
    """The file's text: UTF-8, or UTF-16 with its mark. Raises UnfitError for another encoding, see also `content`."""
    data = content(path, most)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if most is not None and error.start >= len(data) - 3:  # cut in the middle of a character
            return data[: error.start].decode(encoding)
        raise InvalidValueError(
            f"not {encoding[:6].upper().rstrip('-')} at byte {error.start}", "save it as UTF-8"
        ) from None
