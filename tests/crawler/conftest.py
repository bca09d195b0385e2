"""What the tests of collecting from the network share."""

import pytest

from brandlens.crawler.fetch.fetcher import Limits
from brandlens.crawler.fetch.network import Network, networks


@pytest.fixture(scope="session")
def quick() -> Limits:
    """Limits that a test has the patience for."""
    return Limits(pause=0.01, silence=0.5, whole=0.8, size=1 << 20)


@pytest.fixture(scope="session")
def loopback() -> tuple[Network, ...]:
    """Where the web of the tests is; no other private network is allowed."""
    return networks(["127.0.0.0/8"])
