"""A small web on the loopback address, which the benchmark of collecting uses too."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from brandlens.collect.fetch.addresses import Network, networks
from brandlens.collect.fetch.fetcher import Limits

SERVER = Path(__file__).parents[2] / "benchmarks" / "faulty.py"


@pytest.fixture(scope="session")
def faulty() -> ModuleType:
    """The module that serves pictures, good ones and all faults."""
    spec = importlib.util.spec_from_file_location("faulty", SERVER)
    module = importlib.util.module_from_spec(spec)
    sys.modules["faulty"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def web(faulty: ModuleType) -> Iterator:
    """A web that is up for a test."""
    with faulty.serving() as made:
        yield made


@pytest.fixture(scope="session")
def quick() -> Limits:
    """Limits that a test has the patience for."""
    return Limits(pause=0.01, silence=0.5, whole=0.8, size=1 << 20)


@pytest.fixture(scope="session")
def loopback() -> tuple[Network, ...]:
    """Where the web of the tests is; no other private network is allowed."""
    return networks(["127.0.0.0/8"])
