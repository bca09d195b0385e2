"""Words marked in a text."""

import pytest

from brandlens.report.highlight import highlight


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        pytest.param("", {}, "", id="nothing"),
        pytest.param("a < b", {}, "a &lt; b", id="no changes"),
        pytest.param("Not bad", {"not": -0.1}, '<mark class="down" title="-0.10">Not</mark> bad', id="in any case"),
        pytest.param("nothing", {"not": -0.1}, "nothing", id="no part of a word"),
        pytest.param("Wow!", {"!": 0.2}, 'Wow<mark class="up" title="+0.20">!</mark>', id="a sign"),
        pytest.param("One. Two.", {".": -0.1}, "One. Two.", id="full stops are not marked"),
        pytest.param("<b>", {"b": 1}, '&lt;<mark class="up" title="+1.00">b</mark>&gt;', id="escaped around a word"),
    ],
)
def test_highlight(text: str, changes: dict[str, float], expected: str) -> None:
    assert highlight(text, changes) == expected
