from datetime import UTC, datetime

import pytest

from brandlens.crawler.fetch.retry import backoff, retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param(None, None, id="no header"),
        pytest.param("", None, id="empty"),
        pytest.param("soon", None, id="not a time"),
        pytest.param("-5", None, id="negative"),
        pytest.param("0", 0, id="immediately"),
        pytest.param(" 120 ", 120, id="seconds"),
        pytest.param("Sun, 01 Mar 2026 12:01:30 GMT", 90, id="date"),
        pytest.param("Sun, 01 Mar 2026 11:00:00 GMT", 0, id="past date"),
        pytest.param("Sun, 01 Mar 2026 13:00:10 -0000", 3610, id="date without a zone"),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after(value, NOW) == seconds


def test_backoff_doubles_with_jitter():
    for num_failures in range(1, 6):
        waits = [backoff(num_failures, 2.0) for _ in range(50)]
        assert 2.0 ** (num_failures - 1) <= min(waits) < max(waits) <= 3 * 2.0 ** (num_failures - 1)
