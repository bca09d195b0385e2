"""A review's text → its tokens: the same function before the vectors, before the training and at inference."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from brandlens.sentiment.text.normalize import align, normalize
from brandlens.writing_systems import CHARACTER, LETTERS

VERSION = 2  # of the tokens: a model is given those that it was trained on; to be raised with any change to them

LOUD = "<loud>"  # stands before a run of words in capitals; no text contains it, since it would be dropped as a tag
LINK = "<link>"  # stands for any web address

EMOJI = "[\u203c\u2049\u2122\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
# Each alternative that begins to match does match, or gives up within a few characters: time is linear in the text.
PIECE = re.compile(
    rf"""
      (?i:https?://|www\.)\S+
    | >?[:;=]['^o-]?(?: [)(\]\[|/\\@]+ | [pPdDoO](?!\w) ) | </?3+(?!\w) | \^_{{0,3}}\^ | -_{{1,3}}-  # emoticons
    | (?<![\d/])\d{{1,3}}(?:\.\d)?[ ]?/[ ]?\d{{1,3}}(?![\d/])  # 8/10, 7.5 / 10
    | \d+(?:[.,]\d+)+
    | {CHARACTER}
    | {LETTERS}(?:(?:'|\*{{1,5}}){LETTERS})*(?:(?<!\w\w\w)\*{{2,}})?  # words, sh*t and f***
    | {EMOJI}(?:[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d{EMOJI})*
    | [!?]+ | \.{{2,}} | \*+ | [.,;"%$&]
    """,
    re.VERBOSE,
)
FACE_SIGNS = str.maketrans({"=": ":", "]": ")", "[": "(", "\\": "/", "|": "/"})
CONTRACTED = re.compile(r"(.+?)((?:n't|'s|'m|'re|'ve|'ll|'d){1,2})")
ENDING = re.compile(r"n't|'\w+")
BARE_NEGATION = re.compile(r"(ai|are|ca|could|did|does|do|had|has|have|is|should|was|were|wo|would)nt")
STEMS = {"ai": "is", "ca": "can", "sha": "shall", "wo": "will"}
SMALL = re.compile(r"10|[0-9]([.,][0-9])?")  # may well be a rating
DECADE = re.compile(r"([0-9]{2,4})'?s")
EMPHASIZED = {  # words of three letters that are written in capitals for emphasis, and not as acronyms
    "all", "and", "any", "bad", "big", "but", "far", "how", "not", "now", "one", "the", "too", "was", "way",
    "why", "wow",
}  # fmt: skip
STRETCHED = re.compile(r"([^\W\d_])\1{3,}")


def tokenize(text: str) -> list[str]:
    """Split a text into lower-case words, numbers, emoji, emoticons and expressive punctuation, in their order.

    The text is normalized first (see `normalize`). Contractions are split, so that negation is a token of its own
    (don't and dont: do n't; it's: it 's). A run of words in capitals has LOUD before it; what may be an acronym (of
    three letters, or with a digit) starts no run and breaks none. A letter repeated is kept three times at most,
    !!! and ?! become two marks, emoticons lose their noses. Numbers over 10 keep only their digits' count (1987:
    0000, the 90s: 00s), ratings (8/10) and alphanumerics (mp3) are kept. Hyphens separate words; brackets, colons
    and other signs are dropped. In a script without spaces (Japanese, Chinese, Thai, Khmer, Lao, Burmese) each
    character with its marks is a token; n-grams of them stand for words. No token holds white space; an empty text has
    no tokens.
    """
    return [token for group in _group(PIECE.findall(normalize(text))) for token in group]


def locate_tokens(text: str) -> list[tuple[tuple[str, ...], int, int]]:
    """Return the tokens of each word or sign, and where it is in the text: (tokens, start, end), in characters.

    The tokens are those of `tokenize`, in its order: a contraction has several, and the first word of a run in capitals
    LOUD before its own.
    """
    aligned = align(text)
    matches = list(PIECE.finditer(aligned.text))
    groups = _group(match[0] for match in matches)
    return [(group, *aligned.span(*match.span())) for group, match in zip(groups, matches, strict=True)]


def _group(pieces: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the tokens of each piece of a text, with LOUD before a run in capitals."""
    was_loud = False
    for piece in pieces:
        parts, is_loud = _tokens_of(piece)
        if is_loud is not None:
            if is_loud and not was_loud:
                parts = (LOUD, *parts)
            was_loud = is_loud
        yield parts


@lru_cache(maxsize=1 << 16)
def _tokens_of(piece: str) -> tuple[tuple[str, ...], bool | None]:
    """Return the tokens of one piece of text, and whether it is in capitals; None where that is not known."""
    lower = piece.lower().replace("ς", "σ")  # which lower() writes at the end of a word
    if lower.startswith(("http://", "https://", "www.")):
        return (LINK,), None
    if piece[0].isdigit() and not any(map(str.isalpha, piece)):
        return (_normalize_number(piece),), None
    if not piece[0].isalnum():
        return (_normalize_mark(lower),), None
    return _split_word(STRETCHED.sub(r"\1\1\1", lower)), _is_loud(piece, lower)


def _is_loud(piece: str, lower: str) -> bool | None:
    """Return whether a word is in capitals for emphasis; None for one that may be an acronym, and for I and A."""
    if not piece.isupper():
        return False
    is_word = len(piece) > 3 and not any(map(str.isdigit, piece))
    return True if is_word or lower in EMPHASIZED else None


def _normalize_number(piece: str) -> str:
    """Return a rating without spaces, a small number as it is, and of others their digits as zeros, six at most."""
    if "/" in piece:
        return piece.replace(" ", "")
    if SMALL.fullmatch(piece):
        return piece
    return "".join("." if sign == "." else "0" for sign in piece if sign != ",")[:6]


def _normalize_mark(piece: str) -> str:
    """Return punctuation, an emoticon or an emoji without what only varies it."""
    if piece[0] in "!?":
        return piece if len(piece) == 1 else "?!" if len(set(piece)) == 2 else piece[0] * 2
    if piece[0] == ".":
        return "..." if len(piece) > 1 else piece
    if piece[0] in ":;=>" and len(piece) > 1:
        face = piece.lstrip(">").translate(FACE_SIGNS)
        return face[0] + face[-1]
    if piece[0] in "<^-*":
        return "</3" if "/" in piece else "<3" if piece[0] == "<" else "^^" if piece[0] == "^" else piece[:5]
    return {";": ",", "&": "and"}.get(piece[0], piece[0])  # of an emoji: without skin, hair and style


def _split_word(word: str) -> tuple[str, ...]:
    """Return the word, in two or three where it is a contraction."""
    if match := DECADE.fullmatch(word):
        return ("0" * len(match[1]) + "s",)
    if match := CONTRACTED.fullmatch(word):
        stem, endings = match.groups()
        return (STEMS.get(stem, stem) if endings.startswith("n't") else stem, *ENDING.findall(endings))
    if match := BARE_NEGATION.fullmatch(word):
        return STEMS.get(match[1], match[1]), "n't"
    return ("can", "not") if word == "cannot" else (word,)
