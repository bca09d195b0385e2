"""A text with parts of it marked, as HTML, and one that is shortened before."""

from collections.abc import Iterable, Sequence
from html import escape

Span = tuple[int, int, float]  # start and end in characters, and a change of the score
STYLES = {True: ("up", "down"), False: ("toward", "away")}  # of a change above 0 and below, by `is_binary`
Edit = tuple[int, int, str]  # start and end in characters, and what stands there instead


def highlight(text: str, spans: Iterable[Span], *, is_binary: bool = True) -> str:
    """Return the text, escaped, with these parts marked; each has its change of the score as a tooltip.

    spans: start and end in characters, and the change. Of two that overlap the first is kept. is_binary: whether the
    score is that of positive, so that a change above 0 is green; else it is that of the label that was given, which may
    be negative, and has a color of its own.
    """
    up, down = STYLES[is_binary]
    return mark(text, ((start, end, up if change > 0 else down, f"{change:+.2f}") for start, end, change in spans))


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


def replace(text: str, edits: Sequence[Edit], spans: Iterable[Span]) -> tuple[str, list[Span]]:
    """Return the text with parts of it replaced, and its spans at their new places; without those that are gone.

    edits: in order, and none within another. Of a span that is cut off the rest stays.
    """
    pieces, last = list[str](), 0
    for start, end, new in edits:
        pieces += [text[last:start], new]
        last = end
    moved = (
        (_move(start, edits, is_end=False), _move(end, edits, is_end=True), change) for start, end, change in spans
    )
    return "".join([*pieces, text[last:]]), [span for span in moved if span[0] < span[1]]


def _move(offset: int, edits: Sequence[Edit], *, is_end: bool) -> int:
    """Return the new place of a span's start or end: of one in a part that is replaced, on the side of the rest."""
    shift = 0
    for start, end, new in edits:
        if offset <= start:
            break
        if offset < end:
            return start + shift + (0 if is_end else len(new))
        shift += len(new) - (end - start)
    return offset + shift
