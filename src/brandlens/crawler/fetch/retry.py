"""How long to wait before a request is repeated."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def backoff(num_failures: int, initial: float) -> float:
    """Return seconds to wait after so many failures: `initial`, doubled each time, and up to half more or less.

    The jitter keeps many that were turned away together from coming back together.
    """
    return initial * 2 ** (num_failures - 1) * random.uniform(0.5, 1.5)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or a date; None for anything else.

    now: what a date is compared with; the current time by default.
    """
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
