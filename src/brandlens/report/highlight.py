"""A text with the words marked that changed its score, as HTML."""

import re
from collections.abc import Mapping
from html import escape

PUNCTUATION = ".,;:-–'\"()"  # would be marked all over a text


def highlight(text: str, changes: Mapping[str, float]) -> str:
    """Return the text, escaped, with these words marked, in any case; each has its change of the score as a tooltip.

    changes: {word: change}, above 0 towards positive. Full stops and such are not marked.
    """
    folded = {word.casefold(): change for word, change in changes.items() if word.strip(PUNCTUATION)}
    if not folded:
        return escape(text)
    longest_first = sorted(folded, key=len, reverse=True)
    patterns = (
        rf"(?<!\w){re.escape(word)}(?!\w)" if word[-1:].isalnum() else re.escape(word) for word in longest_first
    )
    parts, last = [], 0
    for match in re.finditer("|".join(patterns), text, re.IGNORECASE):
        change = folded.get(match[0].casefold(), 0.0)
        parts += [escape(text[last : match.start()]), _mark(match[0], change)]
        last = match.end()
    return "".join([*parts, escape(text[last:])])


def _mark(word: str, change: float) -> str:
    return f'<mark class="{"up" if change > 0 else "down"}" title="{change:+.2f}">{escape(word)}</mark>'
