"""A review's text → its clauses, as (start, end) character offsets."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

SENTENCE_END = r"[.!?…]+[\"')\]]*(?=\s|$)|[。！？]+|[;\n]+|\s[-–—]+\s|(?i:<br\s*/?>)"
CONJUNCTION = r"(?i:(?:,\s*|\s+)(?=(?:but|although|though|however|whereas|except|yet|aber|pero|mais|ma)\s))"
CLAUSE_END = re.compile(f"{SENTENCE_END}|{CONJUNCTION}")
COMMA = re.compile(r"(?<!\d),(?!\d)|[，、،]")
WORD = re.compile(r"\w+")


def split_clauses(text: str) -> list[Span]:
    """Return the clauses, in order: what stands between ends of sentences, semicolons, dashes and contrasts (but ...).

    They cover all that is no white space. A text without any gives [].
    """
    return list(_split(text, CLAUSE_END, (0, len(text))))


def split_at_commas(text: str, clause: Span) -> list[Span]:
    """Return the parts of a clause between its commas; those of a single word belong to a list, and stay together."""
    parts = list(_split(text, COMMA, clause))
    if any(len(WORD.findall(text, *part)) < 2 for part in parts):
        return [clause]
    return parts


def _split(text: str, separator: re.Pattern[str], span: Span) -> Iterator[Span]:
    start, end = span
    for match in separator.finditer(text, start, end):
        yield from _stripped(text, start, match.end())
        start = match.end()
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the span without white space around it, if there is anything else."""
    part = text[start:end]
    if stripped := part.strip():
        first = start + len(part) - len(part.lstrip())
        yield first, first + len(stripped)
