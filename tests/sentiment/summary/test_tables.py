"""The tables of a summary and what its lines say of them, on simulated reviews."""

from collections import Counter

import numpy as np
import pytest

from brandlens.sentiment.summary import answer, tables
from brandlens.sentiment.summary.collect import Summary, TermTallies

LABELS = ("negative", "positive")
NO_TERM = "Terms: none that is above or below by more than chance."


def simulated(rng: np.random.Generator, num_terms: int, shift: float = 0.0) -> Summary:
    """Return a summary of 400 reviews, each of which mentions one term; those of the first one are moved by `shift`."""
    summary = Summary(LABELS, "month", terms={f"term{number}": TermTallies() for number in range(num_terms)})
    for review in range(400):
        number = review % num_terms
        sentiment = float(np.clip(rng.uniform(-1, 1) + shift * (number == 0), -1, 1))
        label = LABELS[sentiment > 0]
        summary.all.add(label, sentiment)
        summary.terms[f"term{number}"].add(label, sentiment, [(label, sentiment)])
    return summary


def test_no_term_is_mentioned() -> None:
    summary = Summary(LABELS, "month", terms={"film": TermTallies()})
    assert tables.term_rows(summary) == []
    assert answer.terms([]) == "Terms: no review mentions one."


@pytest.mark.parametrize("num_terms", [1, 20])
def test_of_terms_alike_hardly_one_is_named(num_terms: int) -> None:
    rng, named = np.random.default_rng(1), Counter[str]()
    for _ in range(100):
        rows = tables.term_rows(simulated(rng, num_terms))
        named["praised or blamed"] += answer.terms(rows) != NO_TERM
        named["different"] += any(
            not row["difference_low"] <= 0 <= row["difference_high"]
            for row in rows
            if row["difference_low"] is not None
        )
    assert max(named.values()) <= 12, named


def test_a_term_that_is_liked_is_named_among_many() -> None:
    rng = np.random.default_rng(1)
    lines = [answer.terms(tables.term_rows(simulated(rng, 20, shift=1.0))) for _ in range(20)]
    assert sum(line.startswith("Terms: praised term0") for line in lines) >= 18
