"""Parts marked in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.report.highlight import highlight, replace


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        pytest.param("", [], "", id="nothing"),
        pytest.param("a < b", [], "a &lt; b", id="no spans"),
        pytest.param("Not bad", [(0, 3, -0.1)], '<mark class="down" title="-0.10">Not</mark> bad', id="a word"),
        pytest.param("a good good", [(7, 11, 0.1)], 'a good <mark class="up" title="+0.10">good</mark>',
                     id="the second of two"),
        pytest.param("not bad at all", [(0, 14, 0.2)], '<mark class="up" title="+0.20">not bad at all</mark>',
                     id="several words as one"),
        pytest.param("<b>", [(1, 2, 1)], '&lt;<mark class="up" title="+1.00">b</mark>&gt;', id="escaped around a word"),
        pytest.param("abc", [(0, 2, 1), (1, 3, 1), (2, 9, 1)], '<mark class="up" title="+1.00">ab</mark>c',
                     id="overlapping, and past the end"),
    ],
)  # fmt: skip
def test_highlight(text: str, spans: list[tuple[int, int, float]], expected: str) -> None:
    assert highlight(text, spans) == expected


def test_of_more_labels_the_color_says_nothing_of_positive() -> None:
    spans = [(0, 8, 0.3), (13, 17, -0.1)]
    marked = '<mark class="toward" title="+0.30">terrible</mark> but <mark class="away" title="-0.10">good</mark>'
    assert highlight("terrible but good", spans, is_binary=False) == marked


@pytest.mark.parametrize(
    ("text", "edits", "spans", "expected"),
    [
        pytest.param("", [], [], ("", []), id="nothing"),
        pytest.param("a bad b", [], [(2, 5, 1)], ("a bad b", [(2, 5, 1)]), id="no edits"),
        pytest.param("a<br>bad<br>b", [(1, 5, " "), (8, 12, " ")], [(5, 8, 1)], ("a bad b", [(2, 5, 1)]), id="between"),
        pytest.param("so<br>bad", [(2, 6, " ")], [(0, 9, 1)], ("so bad", [(0, 6, 1)]), id="across"),
        pytest.param("abcdef", [(2, 4, ".")], [(1, 3, 1), (3, 5, 2)], ("ab.ef", [(1, 2, 1), (3, 4, 2)]), id="cut off"),
        pytest.param("abcdef", [(1, 5, "")], [(2, 4, 1), (1, 5, 2)], ("af", []), id="gone"),
        pytest.param("abc", [(0, 1, "… ")], [(1, 2, 1)], ("… bc", [(2, 3, 1)]), id="at the edge"),
    ],
)
def test_replace(
    text: str,
    edits: list[tuple[int, int, str]],
    spans: list[tuple[int, int, float]],
    expected: tuple[str, list[tuple[int, int, float]]],
) -> None:
    assert replace(text, edits, spans) == expected


@given(st.text("ab<", max_size=12), st.lists(st.integers(0, 12), max_size=6), st.integers(0, 12), st.integers(0, 12))
def test_a_span_outside_of_all_edits_keeps_its_text(text: str, places: list[int], start: int, end: int) -> None:
    ends = sorted({min(place, len(text)) for place in places})
    edits = [(first, last, "xyz") for first, last in zip(ends[::2], ends[1::2], strict=False)]
    start, end = (min(place, len(text)) for place in (start, end))
    new, spans = replace(text, edits, [(start, end, 1.0)])
    for first, last, _ in spans:
        assert 0 <= first < last <= len(new)
    if start < end and all(end <= first or last <= start for first, last, _ in edits):
        assert [new[first:last] for first, last, _ in spans] == [text[start:end]]
