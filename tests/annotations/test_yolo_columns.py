"""What the columns of YOLO's labels are: all lines and data.yaml decide, and what they leave open is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.annotations.issues import InvalidValueError
from brandlens.annotations.yolo_columns import Columns, decide

NUM_LINES = 12


def box(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the centre and the sides of a box inside the picture."""
    sides = rng.uniform(0.05, 0.5, 2)
    return rng.uniform(sides / 2, 1 - sides / 2), sides


def line(kind: str, count: int, size: int, rng: np.random.Generator) -> tuple[list[float], tuple[float, ...]]:
    """Return what Ultralytics writes of an object after its class, and the edges of its upright box."""
    centre, sides = box(rng)
    edges = (*(centre - sides / 2), *(centre + sides / 2))
    if kind == "box":
        return [*centre, *sides], edges
    if kind == "keypoints":
        points = np.hstack([rng.uniform(edges[:2], edges[2:], (count, 2)), rng.integers(0, 3, (count, 1))])[:, :size]
        return [*centre, *sides, *points.ravel()], edges
    angles = np.sort(rng.uniform(0, 2 * np.pi, count if kind == "polygon" else rng.integers(3, 20)))
    corners = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * rng.uniform(0.5, 1, (len(angles), 1)) * sides / 2
    if kind == "oriented":
        turn = np.array([np.cos(angles[0]), np.sin(angles[0])]) * sides.min() / 2
        corners = centre + np.array([turn, turn[::-1] * [-1, 1], -turn, turn[::-1] * [1, -1]])
    return [*corners.ravel()], (*corners.min(0), *corners.max(0))


@settings(max_examples=40)
@given(
    kind=st.sampled_from(["box", "keypoints", "polygon", "polygons", "oriented"]),
    count=st.integers(2, 17),
    size=st.sampled_from([2, 3]),
    extras=st.sampled_from(["", "confidence", "track", "confidence and track"]),
    tracks=st.integers(1, 9),
    has_kpt_shape=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_right_box_or_none(kind, count, size, extras, tracks, has_kpt_shape, seed):
    rng = np.random.default_rng(seed)
    lines, edges = [], []
    for _ in range(NUM_LINES):
        values, upright = line(kind, max(count, 3) if kind == "polygon" else count, size, rng)
        values += [rng.uniform(0.25, 1)] * ("confidence" in extras) + [rng.integers(1, tracks + 1)] * (
            "track" in extras
        )
        lines.append([float(f"{value:g}") for value in values])
        edges.append(upright)
    columns = decide(
        [line for line in lines if len(line) > 4], count * size if kind == "keypoints" and has_kpt_shape else None
    )
    for values, upright in zip(lines, edges, strict=True):
        try:
            assert columns.edges(values) == pytest.approx(upright, abs=1e-4)
        except InvalidValueError:
            assert kind in ("polygon", "polygons") or (kind == "keypoints" and not has_kpt_shape)


def test_no_lines():
    assert decide([]) == Columns()


@pytest.mark.parametrize("values", [[], [0.1], [0.1, 0.1, 0.1]])
def test_too_few_values(values):
    with pytest.raises(InvalidValueError, match="values"):
        Columns().edges(values)


def test_keypoints_that_are_not_as_many_as_data_yaml_says():
    with pytest.raises(InvalidValueError) as caught:
        decide([[0.4, 0.35, 0.3, 0.3, 0.3, 0.2]], 51).edges([0.4, 0.35, 0.3, 0.3, 0.3, 0.2])
    assert caught.value.message == "7 values, where kpt_shape asks for 56"
