"""Where clauses begin and end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.sentiment.terms.clauses import split_clauses


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", []),
        (" \n ", []),
        ("battery", ["battery"]),
        ("Great idea, terrible execution.", ["Great idea,", "terrible execution."]),
        ("The battery dies but the screen is fine", ["The battery dies", "but the screen is fine"]),
        ("Quick, light and cheap.", ["Quick, light and cheap."]),
        ("It has 3.5 stars and costs 1,000 euros.", ["It has 3.5 stars and costs 1,000 euros."]),
        ("Works. Battery: awful!", ["Works.", "Battery: awful!"]),
        ("A butter knife, nothing more", ["A butter knife,", "nothing more"]),
        ("电池很差，屏幕很好。", ["电池很差，", "屏幕很好。"]),
    ],
)
def test_clauses(text: str, clauses: list[str]) -> None:
    assert [text[start:end] for start, end in split_clauses(text)] == clauses


@given(st.text(alphabet="ab ,.!?;\n-but", max_size=40) | st.text(max_size=40))
def test_clauses_cover_all_but_white_space_in_order(text: str) -> None:
    clauses = split_clauses(text)
    assert all(start < end for start, end in clauses)
    assert all(first[1] <= second[0] for first, second in pairwise(clauses))
    covered = "".join(text[start:end] for start, end in clauses)
    assert "".join(covered.split()) == "".join(text.split())
