"""A text with the words marked that moved its score, as HTML."""

import re
from collections.abc import Mapping
from html import escape

PAUSES = ".,;:-–'\"()"  # signs that would be marked all over a text


def highlight(text: str, moved: Mapping[str, float]) -> str:
    """The text, escaped, with these words marked, whatever their case; each says by how much it moved the score.

    moved: a word → its change, towards positive above 0. Full stops and such are not marked.
    """
    folded = {word.casefold(): change for word, change in moved.items() if word.strip(PAUSES)}
    if not folded:
        return escape(text)
    longest_first = sorted(folded, key=len, reverse=True)
    edges = (rf"(?<!\w){re.escape(word)}(?!\w)" if word[-1:].isalnum() else re.escape(word) for word in longest_first)
    parts, last = [], 0
    for match in re.finditer("|".join(edges), text, re.IGNORECASE):
        change = folded.get(match[0].casefold(), 0.0)
        parts += [escape(text[last : match.start()]), _mark(match[0], change)]
        last = match.end()
    return "".join([*parts, escape(text[last:])])


def _mark(word: str, change: float) -> str:
    return f'<mark class="{"up" if change > 0 else "down"}" title="{change:+.2f}">{escape(word)}</mark>'
