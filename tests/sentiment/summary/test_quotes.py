"""Which reviews are quoted, and how much of them."""

import random

from brandlens.sentiment.summary.quotes import LENGTH, MAX_QUOTES, Clause, Quote, QuoteKeeper


def quote(row: int, **values: object) -> Quote:
    defaults: dict = {"text": f"this is review {row:04}", "label": "positive", "score": row / 1e4, "period": "2024-03"}
    return Quote(**{"row": row, "groups": {"shop": str(row % 300)}, **defaults, **values})


def test_none() -> None:
    assert QuoteKeeper().best() == []


def test_bounded_and_of_any_order() -> None:
    quotes = [quote(row) for row in range(2000)]
    kept = []
    for seed in (1, 2):
        random.Random(seed).shuffle(quotes)
        keeper = QuoteKeeper()
        for each in quotes:
            keeper.add(each)
        kept.append(keeper.best())
    assert kept[0] == kept[1]
    assert len(kept[0]) == MAX_QUOTES
    assert 1999 in {each.row for each in kept[0]}


def test_readable_ones_come_first() -> None:
    keeper = QuoteKeeper()
    for row in range(4):
        keeper.add(quote(row, text="ok" if row == 3 else "a text that can be read", groups={}, period=""))
    assert [each.row for each in keeper.best()] == [0, 1, 2]


def test_the_same_row_of_two_files() -> None:
    keeper = QuoteKeeper()
    for text in ("a text of the second file", "a text of the first file", "a text of the first file"):
        keeper.add(quote(7, text=text))
    assert [each.text for each in keeper.best()] == ["a text of the first file", "a text of the second file"]


def test_long_texts_are_cut_around_the_clause() -> None:
    text = "x" * 1000 + " the battery dies " + "y" * 1000
    start = text.index("the battery")
    short = quote(1, text=text, clauses=[Clause("battery", start, start + 16, "negative")]).shortened()
    (clause,) = short.clauses
    assert short.text[clause.start : clause.end] == "the battery dies"
    assert len(short.text) <= LENGTH + 4
