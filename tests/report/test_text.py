"""Sentences about numbers, and values of params."""

import pytest

from brandlens.metrics.intervals import Interval
from brandlens.report import text
from brandlens.report.render import format_percent, json_script


@pytest.mark.parametrize(
    ("ratio", "described", "formatted"),
    [
        pytest.param(0.0, "0 %", "0 %", id="none"),
        pytest.param(0.001, "less than 1 %", "0.1 %", id="nearly none is not none"),
        pytest.param(0.0001, "less than 1 %", "0.01 %", id="one of ten thousand"),
        pytest.param(0.9997, "more than 99 %", "99.97 %", id="all but three of ten thousand"),
        pytest.param(0.049, "5 %", "4.9 %", id="few"),
        pytest.param(0.5, "50 %", "50 %", id="half"),
        pytest.param(0.9951, "more than 99 %", "99.5 %", id="nearly all is not all"),
        pytest.param(1.0, "100 %", "100 %", id="all"),
    ],
)
def test_percent(ratio: float, described: str, formatted: str) -> None:
    assert text.describe_percent(ratio) == described
    assert format_percent(ratio) == formatted


@pytest.mark.parametrize(
    ("gain", "interval", "start"),
    [
        pytest.param(0.05, Interval(0.01, 0.09), "clearly better than SIFT", id="better"),
        pytest.param(-0.05, Interval(-0.09, -0.01), "clearly worse than SIFT", id="worse"),
        pytest.param(0.01, Interval(-0.01, 0.03), "not clearly different from SIFT", id="neither"),
    ],
)
def test_a_difference_is_one_only_beyond_chance(gain: float, interval: Interval, start: str) -> None:
    assert text.compare_with("SIFT", gain, interval).startswith(start)


@pytest.mark.parametrize(("seconds", "described"), [(0, "0 s"), (85, "85 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations(seconds: float, described: str) -> None:
    assert text.describe_duration(seconds) == described


@pytest.mark.parametrize(
    ("value", "formatted"),
    [
        pytest.param(None, "none", id="null"),
        pytest.param((), "none", id="an empty list"),
        pytest.param({}, "none", id="an empty mapping"),
        pytest.param(["/home/me/secret/train.xml", "val.xml"], "train.xml, val.xml", id="paths without their folders"),
        pytest.param("C:\\secret\\train.xml", "train.xml", id="a Windows path"),
        pytest.param(0.10, "0.1", id="a float"),
        pytest.param(True, "True", id="a flag"),
    ],
)
def test_format_param(value: object, formatted: str) -> None:
    assert text.format_param(value) == formatted


def test_json_in_a_page_cannot_end_its_element() -> None:
    assert "</script>" not in json_script({"name": "</script><script>alert(1)</script>"})
