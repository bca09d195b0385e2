"""A review → its clauses, by punctuation and conjunctions alone: one may praise a thing, and the next blame another."""

import re

Span = tuple[int, int]

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
COMMA = re.compile(r"(?<!\d),(?!\d)|[，、،]")
WORD = re.compile(r"[^\W_]+")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")  # Thai, Lao, kana, Chinese characters


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
        if begin == end:
            continue
        last = text[slice(*clauses[-1])] if clauses else ""
        if last and not _is_sentence(last) and not (_is_clause(last) and _is_clause(text[begin:end])):
            clauses[-1] = clauses[-1][0], end
        else:
            clauses.append((begin, end))
    return clauses


def split_at_commas(text: str, clause: Span) -> list[Span]:
    """Return the parts of a clause between its commas; those of a single word belong to a list, and stay together."""
    ends = [match.end() for match in COMMA.finditer(text, *clause)]
    pieces = zip([clause[0], *ends], [*ends, clause[1]], strict=True)
    parts = [(begin, end) for begin, end in (_strip(text, *piece) for piece in pieces) if begin < end]
    return parts if all(_is_clause(text[begin:end]) for begin, end in parts) else [clause]


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), max(start, end - len(part) + len(part.rstrip()))


def _is_clause(part: str) -> bool:
    """Return whether a part says something by itself: two words, or signs of a script without spaces."""
    return len(WORD.findall(part)) > 1 or len(UNSPACED.findall(part)) > 1


def _is_sentence(part: str) -> bool:
    """Return whether a part ends as a sentence does."""
    return part.rstrip("\"'”’)]").endswith((".", "!", "?", "…", "。", "！", "？"))
