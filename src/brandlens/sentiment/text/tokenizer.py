"""A review's text → its tokens: the same function before the vectors, before the training and at inference."""

import html
import re
import unicodedata
from functools import lru_cache

LOUD = "<loud>"  # stands before a run of words in capitals; no text can hold it, since what looks like a tag is dropped
LINK = "<link>"  # stands for any web address

EMOJI = "[\u203c\u2049\u2122\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
# Each alternative that begins to match does match, or gives up within a few characters: time is linear in the text.
PIECE = re.compile(
    rf"""
      (?i:https?://|www\.)\S+
    | >?[:;=]['^o-]?(?: [)(\]\[|/\\@]+ | [pPdDoO](?!\w) ) | </?3+(?!\w) | \^_{{0,3}}\^ | -_{{1,3}}-  # emoticons
    | (?<![\d/])\d{{1,3}}(?:\.\d)?[ ]?/[ ]?\d{{1,3}}(?![\d/])  # 8/10, 7.5 / 10
    | \d+(?:[.,]\d+)+
    | [^\W_]+(?:(?:'|\*{{1,5}})[^\W_]+)*(?:(?<!\w\w\w)\*{{2,}})?  # words, sh*t and f***
    | {EMOJI}(?:[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d{EMOJI})*
    | [!?]+ | \.{{2,}} | \*+ | [.,;"%$&]
    """,
    re.VERBOSE,
)
TAG = re.compile(r"<[A-Za-z/!][^<>]{0,500}>")
QUOTES = str.maketrans(dict.fromkeys("’‘ʼ´`′＇", "'") | dict.fromkeys("“”„«»″", '"'))
FACE = str.maketrans({"=": ":", "]": ")", "[": "(", "\\": "/", "|": "/"})
CONTRACTED = re.compile(r"(.+?)((?:n't|'s|'m|'re|'ve|'ll|'d){1,2})")
ENDING = re.compile(r"n't|'\w+")
HASTY = re.compile(r"(ai|are|ca|could|did|does|do|had|has|have|is|should|was|were|wo|would)nt")
STEMS = {"ai": "is", "ca": "can", "sha": "shall", "wo": "will"}
SMALL = re.compile(r"10|[0-9]([.,][0-9])?")  # may well be a rating
DECADE = re.compile(r"([0-9]{2,4})'?s")
SHOUTED = {  # words of three letters that are written in capitals for emphasis, and not as acronyms
    "all", "and", "any", "bad", "big", "but", "far", "how", "not", "now", "one", "the", "too", "was", "way",
    "why", "wow",
}  # fmt: skip
SPACED = re.compile(r"(?<=\w) (?=(?:n't|'(?:s|m|re|ve|ll|d))(?!\w))", re.IGNORECASE)  # as some corpora write: do n't
STRETCHED = re.compile(r"([^\W\d_])\1{3,}")


def tokenize(text: str) -> list[str]:
    """Lower-case words, numbers, emoji, emoticons and telling punctuation, in their order; an empty text has none.

    HTML tags are dropped and entities read. Contractions are split, so that negation is a token of its own (don't and
    dont: do n't; it's: it 's). A run of words in capitals has LOUD before it; what may be an acronym (of three letters,
    or with a digit) starts no run and breaks none. A letter repeated is kept three times at most, !!! and ?! become two
    marks, emoticons lose their noses. Numbers over 10 keep only their digits' count (1987: 0000, the 90s: 00s), ratings
    (8/10) and alphanumerics (mp3) are kept. Hyphens part words; brackets, colons and other signs are dropped. No token
    holds white space.
    """
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = TAG.sub(" ", text)
    text = text.replace("`", "'") if text.isascii() else unicodedata.normalize("NFKC", text.translate(QUOTES))
    if " '" in text or " n't" in text:
        text = SPACED.sub("", text)
    found: list[str] = []
    was_loud = False
    for piece in PIECE.findall(text):
        parts, loud = _parts(piece)
        if loud is not None:
            if loud and not was_loud:
                found.append(LOUD)
            was_loud = loud
        found += parts
    return found


@lru_cache(maxsize=1 << 16)
def _parts(piece: str) -> tuple[tuple[str, ...], bool | None]:
    """The tokens of one piece of text, and whether it is in capitals; None: it does not say."""
    lower = piece.lower()
    if lower.startswith(("http://", "https://", "www.")):
        return (LINK,), None
    if piece[0].isdigit() and not any(map(str.isalpha, piece)):
        return (_number(piece),), None
    if not piece[0].isalnum():
        return (_mark(lower),), None
    return _word(STRETCHED.sub(r"\1\1\1", lower)), _loud(piece, lower)


def _loud(piece: str, lower: str) -> bool | None:
    """Whether a word is in capitals for emphasis; None for one that may be an acronym, and for I and A."""
    if not piece.isupper():
        return False
    word = len(piece) > 3 and not any(map(str.isdigit, piece))
    return True if word or lower in SHOUTED else None


def _number(piece: str) -> str:
    if "/" in piece:
        return piece.replace(" ", "")
    return (
        piece if SMALL.fullmatch(piece) else "".join("." if sign == "." else "0" for sign in piece if sign != ",")[:6]
    )


def _mark(piece: str) -> str:
    """Punctuation, an emoticon or an emoji, without what only varies it."""
    if piece[0] in "!?":
        return piece if len(piece) == 1 else "?!" if len(set(piece)) == 2 else piece[0] * 2
    if piece[0] == ".":
        return "..." if len(piece) > 1 else piece
    if piece[0] in ":;=>" and len(piece) > 1:
        face = piece.lstrip(">").translate(FACE)
        return face[0] + face[-1]
    if piece[0] in "<^-*":
        return "</3" if "/" in piece else "<3" if piece[0] == "<" else "^^" if piece[0] == "^" else piece[:5]
    return {";": ",", "&": "and"}.get(piece[0], piece[0])  # of an emoji: without skin, hair and style


def _word(word: str) -> tuple[str, ...]:
    """The word, in two or three where it is a contraction."""
    if match := DECADE.fullmatch(word):
        return ("0" * len(match[1]) + "s",)
    if match := CONTRACTED.fullmatch(word):
        stem, endings = match.groups()
        return (STEMS.get(stem, stem) if endings.startswith("n't") else stem, *ENDING.findall(endings))
    if match := HASTY.fullmatch(word):
        return STEMS.get(match[1], match[1]), "n't"
    return ("can", "not") if word == "cannot" else (word,)
