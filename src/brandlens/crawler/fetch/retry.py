"""How long to wait before asking a server again."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def backoff(tries: int, pause: float) -> float:
    """Seconds after so many tries in vain: `pause`, doubled each time, and up to half more or less.

    The jitter keeps many that were turned away together from coming back together.
    """
    return pause * 2 ** (tries - 1) * random.uniform(0.5, 1.5)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, given in seconds or as a date; None where it says nothing."""
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
