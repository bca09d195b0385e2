"""Decode XML of unknown origin: in the encoding it declares, unless its bytes say otherwise.

expat knows four encodings; Python's codecs know those that East Asian and Cyrillic tools declare. dlib's imglab
declares ISO-8859-1 and writes bytes as they were typed, on most systems UTF-8.
"""

import codecs
import re

from brandlens.annotations.issues import InvalidValueError

DECLARED = re.compile(rb"^\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")
MARKS = (  # the longest first, for UTF-32's begins as UTF-16's does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
NO_CHARSETS = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf_7", "undefined", "mbcs", "oem")
UTF_8_CHARACTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
LATIN = ("cp1252", "iso8859-1")
WESTERN = ("iso8859-1", "ascii", "cp1252")  # what tools declare without a thought


def decode(data: bytes, truncated: bool = False) -> str:
    """Return the text. truncated: the data may end in the middle of a character.

    A mark decides; else UTF-8, where the bytes are that, unless an encoding of several bytes a character is declared;
    else what is declared, ISO-8859-1 as Windows-1252, as browsers take it. Raises InvalidValueError for bytes that are
    in none of these, and for what is UTF-8 in part and declared as Western European.
    """
    encodings = _encodings(data)
    if encodings[1:] == LATIN and UTF_8_CHARACTER.search(data):
        encodings = encodings[:1]  # what is UTF-8 in part is nothing else
    for encoding in encodings:
        try:
            return _decode(data, encoding, truncated)
        except UnicodeError:
            continue
    name = encodings[0]
    try:
        return _decode(data, name, truncated)
    except UnicodeDecodeError as error:
        kind = "UTF-8" if name == "utf-8-sig" else name
        line = data.count(b"\n", 0, error.start) + 1
        message = f"not {kind}, as it should be, at byte {error.start:,} in line {line}"
    except UnicodeError as error:  # such as UTF-16 without its mark
        message = f"not {name}: {error}"
    raise InvalidValueError(message, "save it as UTF-8")


def _decode(data: bytes, encoding: str, truncated: bool) -> str:
    return codecs.getincrementaldecoder(encoding)("strict").decode(data, final=not truncated)


def _encodings(data: bytes) -> tuple[str, ...]:
    """Return the encodings to try, by Python's names.

    Raises InvalidValueError for a declared one that is unknown.
    """
    if marked := next((encoding for mark, encoding in MARKS if data.startswith(mark)), None):
        return (marked,)
    declared = DECLARED.match(data[:1024])
    if not declared:
        return ("utf-8-sig",)
    name = declared[1].decode("ascii")
    try:
        codec = codecs.lookup(name)
        if codec.name.replace("-", "_") in NO_CHARSETS or b"<?xml".decode(codec.name) != "<?xml":
            raise LookupError
    except (LookupError, UnicodeError):
        raise InvalidValueError(f"not well-formed XML: unknown encoding {name}", "save it as UTF-8") from None
    if codec.name in ("utf-8", "utf-8-sig"):
        return ("utf-8-sig",)
    if codec.name in WESTERN:
        return ("utf-8-sig", *LATIN)
    is_one_byte = len(bytes(range(256)).decode(codec.name, "replace")) == 256
    return ("utf-8-sig", codec.name) if is_one_byte else (codec.name, "utf-8-sig")
