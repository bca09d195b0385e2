"""How well logos are found by their size: which group each belongs to, and what a group tells."""

import numpy as np
import pytest

from brandlens.metrics.sizes import EDGES, by_size

Row = tuple[str, float, float]  # outcome, score, side


def groups(*rows: Row, threshold: float = 0.5) -> list[tuple[str, int, int, float]]:
    outcome = np.array([row[0] for row in rows], str)
    score, size = (np.array([row[at] for row in rows], np.float64) for at in (1, 2))
    found = by_size(outcome, np.zeros(len(rows), np.int64), score, size, 1, threshold)
    return [(each.name, each.labelled, each.found, round(each.ap50, 3)) for each in found]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([("false_positive", 0.9, 30)], [], id="nothing labelled"),
        pytest.param([("false_negative", 0, 23.9)], [("0-23", 1, 0, 0.0)], id="just under an edge"),
        pytest.param([("false_negative", 0, 24)], [("24-31", 1, 0, 0.0)], id="an edge"),
        pytest.param([("true_positive", 0.9, 5000)], [("256+", 1, 1, 1.0)], id="huge"),
        pytest.param([("true_positive", 0.5, 40)], [("32-47", 1, 1, 1.0)], id="the threshold itself counts"),
        pytest.param([("true_positive", 0.4, 40)], [("32-47", 1, 0, 1.0)], id="under it: no recall, but precision"),
        pytest.param(
            [("false_positive", 0.9, 40), ("true_positive", 0.8, 40)], [("32-47", 1, 1, 0.5)], id="an alarm before it"
        ),
        pytest.param(
            [("false_positive", 0.9, 60), ("true_positive", 0.8, 40)],
            [("32-47", 1, 1, 1.0)],
            id="an alarm of another size",
        ),
        pytest.param([("ignored", 0.9, 40), ("true_positive", 0.8, 40)], [("32-47", 1, 1, 1.0)], id="what is ignored"),
        pytest.param(
            [("true_positive", 0.8, 300), ("false_negative", 0, 10)],
            [("0-23", 1, 0, 0.0), ("256+", 1, 1, 1.0)],
            id="two",
        ),
    ],
)
def test_groups(rows: list[Row], expected: list[tuple[str, int, int, float]]) -> None:
    assert groups(*rows) == expected


def test_the_groups_cover_all_sizes() -> None:
    assert EDGES[0] == 0
    assert EDGES[-1] == float("inf")
    assert list(EDGES) == sorted(EDGES)
