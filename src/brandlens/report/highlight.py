"""A text with the parts marked that changed its score, as HTML."""

from collections.abc import Iterable
from html import escape


def highlight(text: str, spans: Iterable[tuple[int, int, float]]) -> str:
    """Return the text, escaped, with these parts marked; each has its change of the score as a tooltip.

    spans: start and end in characters, and the change, above 0 towards positive. One that overlaps another before it is
    left out.
    """
    parts, last = [], 0
    for start, end, change in sorted(spans):
        if last <= start < end <= len(text):
            direction = "up" if change > 0 else "down"
            mark = f'<mark class="{direction}" title="{change:+.2f}">{escape(text[start:end])}</mark>'
            parts += [escape(text[last:start]), mark]
            last = end
    return "".join([*parts, escape(text[last:])])
