"""A review → its clauses, by punctuation and conjunctions alone: one may be positive and the next negative."""

import re

from brandlens.writing_systems import SPACELESS_LETTER

# Words that turn to the other side of a matter; after them begins a clause even without a comma.
CONTRAST = (
    "but", "however", "although", "though", "whereas", "while", "yet", "except", "unfortunately", "nevertheless",
    "pero", "aber", "mais",
)  # fmt: skip
BOUNDARY = re.compile(
    rf"""
      [.!?…]+(?=["'”’)\]]*(?:\s|$))["'”’)\]]*  # the end of a sentence, and not the point of 3.5
    | [。！？；，、]+ | [;\n\r]+ | :(?=\s) | \s[-–—]+\s | — | ,(?!\d)
    | (?<!\w)(?=(?:{"|".join(CONTRAST)})(?!\w))  # stands at the head of its clause
    """,
    re.VERBOSE | re.IGNORECASE,
)
WORD = re.compile(r"[^\W_]+")


def split_clauses(text: str) -> list[tuple[int, int]]:
    """Return (start, end) offsets, in characters, of the clauses of a text, in order; they cover all but white space.

    Clauses end where sentences do, at semicolons, colons, dashes, commas and line ends, and before words of contrast
    such as "but". One word between commas is none by itself, and stays with its neighbor in the sentence: "quick, light
    and cheap" is one clause. A text without a word is one; an empty text has none.
    """
    pieces, start = list[tuple[int, int]](), 0
    for match in BOUNDARY.finditer(text):
        if match.end() > start:
            pieces.append((start, match.end()))
            start = match.end()
    pieces.append((start, len(text)))
    clauses = list[tuple[int, int]]()
    for piece in pieces:
        begin, end = _strip(text, *piece)
        if begin >= end:
            continue
        last = text[slice(*clauses[-1])] if clauses else ""
        if last and not _is_sentence(last) and not (_is_clause(last) and _is_clause(text[begin:end])):
            clauses[-1] = clauses[-1][0], end
        else:
            clauses.append((begin, end))
    return clauses


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), max(start, end - len(part) + len(part.rstrip()))


def _is_clause(part: str) -> bool:
    """Return whether a part says something by itself: two words, or signs of a script without spaces."""
    return len(WORD.findall(part)) > 1 or len(SPACELESS_LETTER.findall(part)) > 1


def _is_sentence(part: str) -> bool:
    """Return whether a part ends as a sentence does."""
    return part.rstrip("\"'”’)]").endswith((".", "!", "?", "…", "。", "！", "？"))
