"""A text with parts of it marked, as HTML."""

from collections.abc import Iterable
from html import escape


def highlight(text: str, spans: Iterable[tuple[int, int, float]]) -> str:
    """Return the text, escaped, with these parts marked; each has its change of the score as a tooltip.

    spans: start and end in characters, and the change, above 0 towards positive. Of two that overlap the first is kept.
    """
    return mark(text, ((start, end, "up" if change > 0 else "down", f"{change:+.2f}") for start, end, change in spans))


def mark(text: str, parts: Iterable[tuple[int, int, str, str]]) -> str:
    """Return the text, escaped, with these parts marked, of two that overlap the first.

    parts: start and end in characters, the class of the style sheet, and the tooltip.
    """
    pieces, last = [], 0
    for start, end, style, title in sorted(parts, key=lambda part: (part[0], -part[1])):
        if last <= start < end <= len(text):
            marked = f'<mark class="{style}" title="{escape(title)}">{escape(text[start:end])}</mark>'
            pieces += [escape(text[last:start]), marked]
            last = end
    return "".join([*pieces, escape(text[last:])])
