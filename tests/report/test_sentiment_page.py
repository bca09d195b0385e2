"""Terms on the page of reviews."""

import csv
import json
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
    assert sentiment_page.terms(SimpleNamespace(folder=tmp_path, is_binary=True)) == {}


def test_terms_have_their_quotes(tmp_path: Path) -> None:
    _write(tmp_path / "terms.csv", {"term": "film", "side": "negative"})
    _write(tmp_path / "term_quotes.csv", QUOTE)
    (row,) = sentiment_page.terms(SimpleNamespace(folder=tmp_path, is_binary=True))["negative"]
    assert row["quotes"] == ['the <mark class="down" title="-0.50">&lt;b&gt;x</mark> but &amp; more']


def test_of_a_long_review_what_is_near() -> None:
    text = "a" * 500 + " awful " + "b" * 500
    marked = sentiment_page.mark_clause(QUOTE | {"start": "501", "end": "506", "text": text})
    assert marked.startswith("… aaa")
    assert marked.endswith("bbb …")
    assert 'title="-0.50">awful</mark>' in marked
    assert len(marked) < 300


def test_spans_of_mistakes_stay_in_their_places(tmp_path: Path) -> None:
    """Also in a long text, which is shortened, and where the same word stands before."""
    text = f"bad <br><br>film, bad film{' x' * 400} awful"
    start, end = text.rindex("bad"), len(text)
    spans = [[start, start + 3, -0.2], [500, 502, 0.1], [end - 5, end, -0.4]]
    _write(tmp_path / "mistakes.csv", {"id": "a", "text": text, "spans": json.dumps(spans)})
    (row,) = sentiment_page.mistakes(SimpleNamespace(folder=tmp_path, is_binary=True))
    assert row["marked"].startswith('bad  film, <mark class="down" title="-0.20">bad</mark> film x')
    assert row["marked"].endswith('<mark class="down" title="-0.40">awful</mark>')
    assert row["marked"].count("<mark") == 2 and " […] " in row["marked"]
    (row,) = sentiment_page.mistakes(SimpleNamespace(folder=tmp_path, is_binary=False))
    assert row["marked"].endswith('<mark class="away" title="-0.40">awful</mark>')  # from its label, which may be any


def test_mistakes_of_an_older_run(tmp_path: Path) -> None:
    _write(tmp_path / "mistakes.csv", {"id": "a", "text": "bad <film>", "words": "bad -0.20"})
    (row,) = sentiment_page.mistakes(SimpleNamespace(folder=tmp_path, is_binary=True))
    assert row["marked"] == "bad &lt;film&gt;"
