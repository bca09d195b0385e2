"""Sentences about numbers, and params that are not at their defaults."""

import pytest

from brandlens.metrics.intervals import Interval
from brandlens.report import text
from brandlens.report.render import hundredths, json_script


@pytest.mark.parametrize(
    ("share", "whole", "tenths"),
    [
        pytest.param(0.0, "0", "0", id="none"),
        pytest.param(0.001, "fewer than one", "0.1", id="nearly none is not none"),
        pytest.param(0.0001, "fewer than one", "0.01", id="one of ten thousand"),
        pytest.param(0.9997, "more than 99", "99.97", id="all but three of ten thousand"),
        pytest.param(0.049, "5", "4.9", id="few"),
        pytest.param(0.5, "50", "50", id="half"),
        pytest.param(0.9951, "more than 99", "99.5", id="nearly all is not all"),
        pytest.param(1.0, "100", "100", id="all"),
    ],
)
def test_shares_of_a_hundred(share: float, whole: str, tenths: str) -> None:
    assert text.whole(share) == whole
    assert hundredths(share) == tenths


@pytest.mark.parametrize(
    ("gain", "interval", "start"),
    [
        pytest.param(0.05, Interval(0.01, 0.09), "clearly ahead of SIFT", id="ahead"),
        pytest.param(-0.05, Interval(-0.09, -0.01), "clearly behind SIFT", id="behind"),
        pytest.param(0.01, Interval(-0.01, 0.03), "no clear difference to SIFT", id="neither"),
    ],
)
def test_a_difference_is_one_only_beyond_chance(gain: float, interval: Interval, start: str) -> None:
    assert text.against("SIFT", gain, interval).startswith(start)


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0 s"), (85, "85 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations(seconds: float, shown: str) -> None:
    assert text.minutes(seconds) == shown


def test_changed() -> None:
    section = {"a": {"files": ["/home/me/secret/train.xml"], "rate": 0.1, "same": 1}, "new": 5}
    defaults = {"logo.a.files": [], "logo.a.rate": 0.2, "logo.a.same": 1}
    assert text.changed(text.flat(section, "logo"), defaults) == [
        ("logo.a.files", "train.xml", "none"),
        ("logo.a.rate", "0.1", "0.2"),
    ]


def test_json_in_a_page_cannot_end_its_element() -> None:
    assert "</script>" not in json_script({"name": "</script><script>alert(1)</script>"})
