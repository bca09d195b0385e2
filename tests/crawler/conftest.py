"""What the tests of collecting from the network share."""

import pytest

from brandlens.crawler.fetch.fetcher import Limits
from brandlens.crawler.fetch.network import Network, parse_networks


@pytest.fixture(scope="session")
def quick() -> Limits:
    """Return limits that end quickly."""
    return Limits(initial_backoff=0.01, read_timeout=0.5, total_timeout=0.8, max_bytes=1 << 20)


@pytest.fixture(scope="session")
def loopback() -> tuple[Network, ...]:
    """Return the network of the fake web; no other private network is allowed."""
    return parse_networks(["127.0.0.0/8"])
