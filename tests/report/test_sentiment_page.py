"""Terms on the page of reviews."""

import csv
from pathlib import Path
from types import SimpleNamespace

from brandlens.report import sentiment_page

QUOTE = {"term": "film", "start": "4", "end": "8", "sentiment": "-0.5", "text": "the <b>x but & more"}


def _write(path: Path, row: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)


def test_no_terms(tmp_path: Path) -> None:
    assert sentiment_page.terms(SimpleNamespace(folder=tmp_path)) == {}


def test_terms_have_their_quotes(tmp_path: Path) -> None:
    _write(tmp_path / "terms.csv", {"term": "film", "side": "negative"})
    _write(tmp_path / "term_quotes.csv", QUOTE)
    (row,) = sentiment_page.terms(SimpleNamespace(folder=tmp_path))["negative"]
    assert row["quotes"] == ['the <mark class="down" title="-0.50">&lt;b&gt;x</mark> but &amp; more']


def test_of_a_long_review_what_is_near() -> None:
    text = "a" * 500 + " awful " + "b" * 500
    marked = sentiment_page.mark_clause(QUOTE | {"start": "501", "end": "506", "text": text})
    assert marked.startswith("… aaa")
    assert marked.endswith("bbb …")
    assert 'title="-0.50">awful</mark>' in marked
    assert len(marked) < 300
