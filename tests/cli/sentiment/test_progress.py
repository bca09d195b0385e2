"""The progress bar of reviews."""

import io
import sys

import pytest

from brandlens.cli.sentiment.progress import advance, progress_bar


def test_the_bar_estimates_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    err.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", err)
    with progress_bar() as bar:
        advance(bar, 100, 0.25, resumed=True)
        assert (bar.n, bar.total, bar.initial) == (100, 400, 100)
        advance(bar, 100, 0.4)
        assert (bar.n, bar.total, bar.initial) == (200, 500, 100)
    with progress_bar(hidden=True) as bar:
        advance(bar, 1, 0.0)  # the share of standard input is not known
