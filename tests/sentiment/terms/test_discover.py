"""Terms that set positive and negative reviews apart."""

from collections.abc import Sequence

from brandlens.sentiment.terms.discover import Discovery, Found


def discover(texts: Sequence[str], sides: Sequence[int]) -> list[Found]:
    discovery = Discovery()
    for text, side in zip(texts, sides, strict=True):
        discovery.add(text, side)
    return discovery.terms()


def test_no_reviews() -> None:
    assert discover([], []) == []
    assert discover(["the battery is fine"], [0]) == []


def test_things_are_found_and_opinions_are_not() -> None:
    positive = ["The screen is very good and bright", "I love the screen", "the box is here", "very good box"] * 15
    negative = ["The battery is awful", "An awful battery, so awful", "my battery has died", "the box is here"] * 15
    found = discover(positive + negative, [1] * 60 + [-1] * 60)
    assert [term.term for term in found if term.z > 0] == ["screen"]
    assert [term.term for term in found if term.z < 0] == ["battery"]
    assert (found[0].num_positive, found[0].num_negative) == (30, 0)
