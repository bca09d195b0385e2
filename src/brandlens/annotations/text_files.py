"""Annotation files as bytes and as text, up to a limit."""

from pathlib import Path

from brandlens.annotations.issues import InvalidValueError
from brandlens.sniff import content
from brandlens.sniff.encoding import of_start

MAX_BYTES = 256 * 2**20  # of one annotation file


def read_bytes(path: Path, max_bytes: int | None = None) -> bytes:
    """Return the file's content, or its first `max_bytes` bytes.

    Raises InvalidValueError for a file that cannot be read, and for one of more than MAX_BYTES.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1 if max_bytes is None else max_bytes)
    except (OSError, ValueError) as error:
        raise InvalidValueError(
            f"cannot be read: {getattr(error, 'strerror', None) or error}", "name another file"
        ) from None
    if len(data) > MAX_BYTES:
        raise InvalidValueError(f"more than {MAX_BYTES:,} bytes are refused", "split it")
    return data


def read_text(path: Path) -> str:
    """Return the file's text. Raises InvalidValueError as `read_bytes` and `decode` do."""
    return decode(read_bytes(path))


def decode(data: bytes, truncated: bool = False) -> str:
    """Decode UTF-8, or UTF-16 and UTF-32 as the first bytes tell. truncated: data may end in the middle of a character.

    Raises InvalidValueError for another encoding.
    """
    encoding = of_start(data[:4]) or "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if truncated and error.start >= len(data) - 3:
            return data[: error.start].decode(encoding)
        check_kind(data)
        name = encoding.upper().removesuffix("-SIG")
        raise InvalidValueError(f"not {name} at byte {error.start}", "save it as UTF-8") from None


def check_kind(data: bytes) -> None:
    """Raise InvalidValueError for what is no text by its first bytes: packed, a document, a picture."""
    if kind := content.describe_packed(data) or content.describe(data[: content.START]):
        message, _, fix = kind.partition("; ")
        raise InvalidValueError(message, fix or "name the file with its annotations")
