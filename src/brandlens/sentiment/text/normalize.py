"""A review's text without what says nothing of its opinion: markup, invisible characters, a web shop's own lines."""

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from brandlens import writing_systems

TAG = re.compile(r"<[A-Za-z/!][^<>]{0,500}>")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")
QUOTES = str.maketrans(dict.fromkeys("’‘ʼ´`′＇", "'") | dict.fromkeys("“”„«»″", '"'))
INVISIBLE = re.compile(
    "[\u00ad\u200b\u2060\ufeff]|(?<=[A-Za-z])[\u200c\u200d](?=[A-Za-z])"
)  # others join letters, emoji
STRAY_ACCENTS = re.compile("(?<=[A-Za-z])[\u0300-\u036f]+")  # that no letter has, in NFKC
WIDE = re.compile(r"[A-Za-z]?[^\x00-\x7f]+")
SPACED = re.compile(r"(?<=\w) (?=(?:n't|'(?:s|m|re|ve|ll|d))(?!\w))", re.IGNORECASE)  # as some corpora write: do n't
# Lines that web shops and mail programs add, whole lines only: no review consists of one
SHOP_LINE = re.compile(
    r"""(?imx)^[ \t]*(?:
      (?:my\ )?review:? | verified\ (?:purchase|buyer) | reviewed\ in\ .{2,40}\ on\ .{4,30}
    | helpful | report(?:\ abuse)?
    | (?:\d[\d,]*|one)\ (?:of\ \d[\d,]*\ )?(?:people|person|customers?|users?)\ found\ this\ (?:review\ )?helpful\.?
    | was\ this\ review\ helpful\b.{0,30} | (?:read|show)\ (?:more|less) | translate\ (?:this\ )?review(?:\ to\ \w+)?
    | sent\ (?:from|via)\ (?:my\ )?.{1,40} | get\ outlook\ for\ \w+
    )[ \t]*\r?$"""
)
SIGNATURE = re.compile(r"\n--[ \t]*\r?\n(?:.{0,80}\r?\n?){0,4}\Z")  # RFC 3676, section 4.3
MARKDOWN_LINE = re.compile(r"(?m)^[ \t]{0,3}(?:>(?=[\s>\w*\"]|\Z)[ \t]?|\#{1,6}[ \t]+|[*+-][ \t]+(?=[\w*\[]))+")
MARKDOWN_LINK = re.compile(r"\[([^\[\]\n]{1,200})\]\((?:https?://|/|www\.)[^()\s]{0,500}\)")
EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|~~|__)(?=[\w\"'])([^*~\n]{1,200}?)(?<=[\w.!?,\"'])\1(?![\w*])")
ENCLOSING, QUOTE, BACKTICK = re.compile(r"\s*\"[^\"]+\"\s*"), re.compile('"'), re.compile("`")
RUN = re.compile(r"\S+")
MIN_SHOUTED_WORDS = 4  # of a text all in capitals, from which they are a way of writing and emphasize nothing


@dataclass(frozen=True)
class Aligned:
    """A changed text, and which characters of the original each of its characters stands for: [start, end)."""

    text: str
    starts: list[int]
    ends: list[int]

    @classmethod
    def of(cls, text: str) -> "Aligned":
        """Return a text that is not changed yet."""
        return cls(text, list(range(len(text))), list(range(1, len(text) + 1)))

    def sub(self, pattern: re.Pattern[str], replace: "Replace") -> "Aligned":
        """Return what `pattern.sub` makes of it; characters put in stand for all that they replace."""
        parts, starts, ends, last = list[str](), list[int](), list[int](), 0
        for match in pattern.finditer(self.text):
            new = match.expand(replace) if isinstance(replace, str) else replace(match)
            parts += [self.text[last : match.start()], new]
            starts += self.starts[last : match.start()]
            ends += self.ends[last : match.start()]
            if match.end() > match.start():
                for start, end in _pieces(match, new):
                    starts.append(self.starts[start])
                    ends.append(self.ends[end - 1])
            last = match.end()
        parts.append(self.text[last:])
        return Aligned("".join(parts), starts + self.starts[last:], ends + self.ends[last:])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the original text these characters are."""
        return min(self.starts[start:end]), max(self.ends[start:end])


Replace = str | Callable[[re.Match[str]], str]
Substitute = Callable[[Any, re.Pattern[str], Replace], Any]


def normalize(text: str) -> str:
    """Return the text that the tokens are taken from.

    HTML tags and Markdown's signs are dropped and entities read; invisible characters are dropped, quotes straight, and
    every letter is spelled in one way (NFKC). Whole lines that web shops and mail programs add ("Verified Purchase"), a
    signature, and quotes around the whole text are dropped. A text of several words all in capitals is lower-cased.
    """
    return _steps(text, text, lambda current, pattern, replace: pattern.sub(replace, current), str)


def align(text: str) -> Aligned:
    """Return what `normalize` does, with the place of each character in the text; slower."""
    return _steps(Aligned.of(text), text, Aligned.sub, lambda current: current.text)


def _steps(current: Any, text: str, sub: Substitute, read: Callable[[Any], str]) -> Any:
    """Apply all substitutions, those that can change something."""
    if "&" in text:
        current = sub(current, ENTITY, lambda match: html.unescape(match[0]))
    if "<" in read(current):
        current = sub(current, TAG, " ")
    text = read(current)
    if not text.isascii():
        current = sub(current, INVISIBLE, "")
        current = sub(current, WIDE, _spell)
        current = sub(current, STRAY_ACCENTS, "")
    if "`" in text:
        current = sub(current, BACKTICK, "'")
    text = read(current)
    if "\n" in text:
        current = sub(current, SIGNATURE, "\n")
        text = read(current)
    if ">" in text or "#" in text or "*" in text or "\n" in text:
        current = sub(current, MARKDOWN_LINE, "")
    if "](" in text:
        current = sub(current, MARKDOWN_LINK, r"\1")
    if "*" in text or "~~" in text or "__" in text:
        current = sub(current, EMPHASIS, r"\2")
    if "\n" in text:
        current = sub(current, SHOP_LINE, "")
    text = read(current)
    if text.count('"') == 2 and ENCLOSING.fullmatch(text):
        current = sub(current, QUOTE, "")
    if " '" in text or " n't" in text:
        current = sub(current, SPACED, "")
    text = read(current)
    if text.isupper() and len(text.split()) >= MIN_SHOUTED_WORDS:
        current = sub(current, RUN, lambda match: match[0].lower())
    return current


def _spell(match: re.Match[str]) -> str:
    """Return letters and signs in one spelling, see `writing_systems.normalize`."""
    return writing_systems.normalize(unicodedata.normalize("NFKC", match[0].translate(QUOTES)))


def _pieces(match: re.Match[str], new: str) -> list[tuple[int, int]]:
    """Return [start, end) in the text that was searched for each character of what was put in."""
    start, end = match.span()
    if new and len(new) == end - start:
        return [(start + i, start + i + 1) for i in range(len(new))]
    inside = match[0].find(new) if new else -1
    if inside >= 0:
        return [(start + inside + i, start + inside + i + 1) for i in range(len(new))]
    return [(start, end)] * len(new)
