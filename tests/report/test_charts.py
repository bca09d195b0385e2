"""Charts as SVG."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.report.charts import HEIGHT, WIDTH, Axis, Line, chart


@pytest.mark.parametrize("count", [0, 1, 3, 5000])
def test_a_chart_is_well_formed_and_stays_in_its_frame(count: int) -> None:
    x = np.linspace(0, 1, count)
    drawn = chart("a < b", [Line("ours", x, x**2, dots=count < 5)], Axis("recall"), Axis("precision"), (0.5, 0.5), "c")
    root = ElementTree.fromstring(str(drawn))
    assert (root.get("role"), root.get("aria-label"), root.get("id")) == ("img", "a < b", "c")
    points = [float(each) for line in root.iter("polyline") for each in re.split("[ ,]", line.get("points") or "")]
    assert len(points) == 2 * min(count, 400)
    assert all(0 <= x <= WIDTH for x in points[::2])
    assert all(0 <= y <= HEIGHT for y in points[1::2])
    assert len(list(root.iter("circle"))) == (count if count < 5 else 0) + 1


def test_several_lines_are_named_below() -> None:
    nothing = np.zeros(0)
    drawn = chart("", [Line("<ours>", nothing, nothing), Line("theirs", nothing, nothing)], Axis("x"), Axis("y"))
    assert '<span class="key first">&lt;ours&gt;</span>' in drawn
    assert "legend" not in chart("", [Line("alone", nothing, nothing)], Axis("x"), Axis("y"))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_and_within(low: float, span: float) -> None:
    axis = Axis("", low, low + span)
    assert 2 <= len(axis.ticks) <= 8
    assert all(low - span / 100 <= tick <= low + span * 1.01 for tick in axis.ticks)
