"""A choice as a line, and how exact a test split is."""

import pytest

from brandlens.project.choices import Choice, describe_interval, listed


def test_a_choice_is_a_line() -> None:
    assert str(Choice("a.b", ["x"], "why")) == 'a.b: ["x"]  # why'
    assert str(Choice("a.b", "x", "why")) == "a.b: x  # why"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        pytest.param(0, "no logo, so that nothing can be measured", id="none"),
        pytest.param(20, "0.70 to 0.97: too few to compare", id="few"),
        pytest.param(1000, "0.88 to 0.92", id="many"),
    ],
)
def test_describe_interval(count: int, words: str) -> None:
    assert words in describe_interval("logo", count)


def test_names() -> None:
    assert listed([]) == ""
    assert listed(list("abcdefg"), 5) == "a, b, c, d, e and 2 more"
