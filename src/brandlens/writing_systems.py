"""What differs between writing systems: scripts without spaces, marks on letters, spellings of one letter."""

import re
import unicodedata
from collections.abc import Iterable

# Blocks with marks that belong to a letter: vowel signs of Indic scripts, accents, Hebrew and Arabic points.
_MARKED = ((0x300, 0x1E00), (0x3099, 0x309B), (0xA800, 0xAC00), (0x11000, 0x11B00))
# Blocks of scripts without spaces between words: Thai, Lao, Burmese, Khmer, New Tai Lue; kana and Han.
_SPACELESS = (
    (0x0E00, 0x0F00), (0x1000, 0x10A0), (0x1780, 0x1800), (0x1950, 0x1AB0), (0x3005, 0x3008), (0x3031, 0x3036),
    (0x3041, 0x3100), (0x31F0, 0x3200), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xA9E0, 0xAA00), (0xAA60, 0xAAE0),
    (0xF900, 0xFB00), (0x20000, 0x323B0),
)  # fmt: skip
_LARGE = 0x1000  # code points; a block from this size on has letters only


def _ranges(points: Iterable[int]) -> str:
    """Return ascending code points as the inside of a regular expression's set."""
    runs: list[list[int]] = []
    for point in points:
        if runs and point == runs[-1][1] + 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


def _spaceless() -> str:
    sets = []
    for start, end in _SPACELESS:
        large = end - start >= _LARGE
        sets.append(
            f"{chr(start)}-{chr(end - 1)}"
            if large
            else _ranges(point for point in range(start, end) if unicodedata.category(chr(point))[0] == "L")
        )
    return "".join(sets)


MARK = _ranges(
    point for start, end in _MARKED for point in range(start, end) if unicodedata.category(chr(point))[0] == "M"
)  # the inside of a set: combining marks, which `\w` leaves out
SPACELESS = _spaceless()  # the inside of a set: letters of scripts without spaces
SPACELESS_LETTER = re.compile(f"[{SPACELESS}]")
# One letter of such a script with its marks; in Khmer and Burmese a letter stacked below it belongs to it.
CHARACTER = rf"[{SPACELESS}](?:[{MARK}]|(?<=[\u17d2\u1039])[{SPACELESS}])*"
LETTERS = rf"[^\W_{SPACELESS}]+(?:[{MARK}]+[^\W_{SPACELESS}]*)*"  # letters and digits of other scripts, with marks
WORD = re.compile(f"{CHARACTER}|{LETTERS}")  # a character of a script without spaces is a word

_REMOVED = [
    0x640,  # tatweel, which lengthens an Arabic word
    *range(0x64B, 0x660), 0x670, *range(0x6D6, 0x6DD),  # Arabic vowel points, mostly left out
    *range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7,  # Hebrew points
    0x200C, 0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A),  # joiners, directions
]  # fmt: skip
_SPELLINGS = {
    **dict(zip("أإآٱىیکة", "اااايي" + "كه", strict=True)),  # as Lucene's Arabic and Persian normalizers
    **dict(zip("İı", "ii", strict=True)),  # Turkish ILIK is ılık, but Python lowers it to ilik
    **dict(zip("ςάέήίόύώϊϋΐΰΆΈΉΊΌΎΏΪΫ", "σαεηιουωιυιυΑΕΗΙΟΥΩΙΥ", strict=True)),  # Greek capitals have no accents
    **dict(zip("ёЁ", "еЕ", strict=True)),
    **dict(zip("。、।؟،؛۔", ".,.?,;.", strict=True)),
}
_ZEROS = (
    0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0x1040, 0x17E0,
)  # fmt: skip
_DIGITS = {zero + digit: str(digit) for zero in _ZEROS for digit in range(10)}
_TABLE = dict.fromkeys(_REMOVED) | str.maketrans(_SPELLINGS) | _DIGITS
_CHANGED = re.compile(f"[{re.escape(''.join(map(chr, _TABLE)))}]")
_LENGTHENED = re.compile(rf"([{SPACELESS}])\1{{3,}}")


def normalize(text: str) -> str:
    """Return a text with one spelling of each letter, where a script has several; English stays as it is.

    text: in form NFKC. Arabic and Hebrew lose points and tatweel, alef, yeh and teh marbuta have one form; Turkish i
    and dotless i are one letter, so are Greek letters with and without accent, and Cyrillic е and ё; digits and full
    stops of other scripts become ASCII. A letter of a script without spaces is kept three times in a row at most.
    """
    if _CHANGED.search(text):
        text = text.translate(_TABLE)
    return _LENGTHENED.sub(r"\1\1\1", text)
