"""What a run says: counts, speed, errors by reason, and the time left."""

import io

import pytest

from brandlens.bulk import progress
from brandlens.bulk.output import Counts, reason
from brandlens.bulk.progress import Progress
from tests.bulk.conftest import blocks_of


def test_nothing_done() -> None:
    assert Progress("review").line(0.0) == "0 reviews (0.0%), 0 a second"
    assert Progress("review").summary() == "0 reviews"


def test_an_earlier_run_does_not_count_for_the_speed() -> None:
    shown = Progress("review", io.StringIO())
    first, second, third, _ = shown.watch(blocks_of(*"abcdefgh", size=2))
    shown.add(first, Counts(rows=2), resumed=True)
    shown.add(third, Counts({"rows": 2, "no such file": 1}))
    assert shown.line(10.0) == "4 reviews (50.0%), 0.2 a second, 0:00:20 left; 1 error: 1 no such file"
    shown.add(second, Counts({"rows": 2}))
    assert "(75.0%), 0.4 a second, 0:00:05 left" in shown.line(10.0)
    assert shown.summary().startswith("6 reviews, 2 of them by an earlier run; 0:00:0")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_lines(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    monkeypatch.setattr(progress, "SHORT", 0.0)
    monkeypatch.setattr(progress, "LONG", 0.0)
    out = io.StringIO()
    monkeypatch.setattr(out, "isatty", lambda: is_terminal, raising=False)
    shown = Progress("review", out)
    for block in shown.watch(blocks_of("a", "b", size=1)):
        shown.add(block, Counts(rows=1))
    shown.close()
    lines = [line.split(" (")[0] for line in out.getvalue().replace("\r", "\n").split("\n") if line]
    assert lines == ["1 reviews", "2 reviews", *(["2 reviews"] if is_terminal else [])]
    assert out.getvalue().count("\n") == (1 if is_terminal else 2)


def test_the_last_line_has_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """However soon after the one before it."""
    monkeypatch.setattr(progress, "SHORT", 0.0)
    out = io.StringIO()
    monkeypatch.setattr(out, "isatty", lambda: True, raising=False)
    shown = Progress("review", out)
    for block in shown.watch(blocks_of("a", "b", size=1)):
        shown.add(block, Counts(rows=1))
        monkeypatch.setattr(progress, "SHORT", 60.0)
    shown.close()
    last = out.getvalue().split("\r")[-1]
    assert last.startswith("2 reviews (100.0%)")
    assert last.endswith("\n")


@pytest.mark.parametrize(
    ("error", "name", "kind"),
    [
        ("a.png: no such file", "a.png", "no such file"),
        ("a.png: 9x9 pixels are more than 1,000; shrink it", "a.png", "NxN pixels are more than N"),
        ("r.csv, row 12: not JSON: x", None, "not JSON: x"),
        ("empty", None, "empty"),
    ],
)
def test_errors_are_counted_by_reason(error: str, name: str | None, kind: str) -> None:
    assert reason(error, name) == kind
