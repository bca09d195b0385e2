"""What the ladder of sentiment_transfer.py keeps where a few of its rungs are measured again."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def transfer(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Import the benchmark as it runs: with its folder on the path."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module("sentiment_transfer")
    for name in ("sentiment_transfer", "scratch"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("known", "measured", "expected"),
    [
        pytest.param({}, {}, [], id="nothing"),
        pytest.param({}, {"movies": 0.8}, [("movies", 0.8)], id="the first"),
        pytest.param({"movies": 0.8}, {"movies": 0.7}, [("movies", 0.7)], id="measured again"),
        pytest.param(
            {"sentences": 0.9, "GloVe": 0.6}, {"movies": 0.7},
            [("GloVe", 0.6), ("movies", 0.7), ("sentences", 0.9)], id="one more, in its place",
        ),
        pytest.param({"no rung": 0.9}, {"movies": 0.7}, [("movies", 0.7)], id="what is no longer a rung"),
    ],
)  # fmt: skip
def test_rungs_that_are_not_measured_are_kept(
    transfer: ModuleType, known: dict[str, float], measured: dict[str, float], expected: list[tuple[str, float]]
) -> None:
    assert list(transfer.merge_rungs(known, measured).items()) == expected
