"""Parts marked in a text."""

import pytest

from brandlens.report.highlight import highlight


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
