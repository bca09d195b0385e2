"""What a service counts, for Prometheus."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)  # of histograms


class Metrics:
    """What a service counts. Routes are those of the OpenAPI, so that no request makes a new series."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "brandlens_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.errors = Counter(
            "brandlens_errors", "Requests refused or failed, by code of the problem", ["route", "code"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "brandlens_request_seconds", "From the request's header to the answer's last byte", ["route"],
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.stages = Histogram(
            "brandlens_stage_seconds", "By stage: read (the body arrives), work (the model runs, or waits to)",
            ["route", "stage"], buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.items = Counter("brandlens_items", "Pictures and texts answered", ["kind"], registry=self.registry)
        self.queue = Gauge("brandlens_queue", "Requests whose work runs or waits", registry=self.registry)
        self.models = Gauge(
            "brandlens_model", "1 for each model, with its network and the git revision of its training",
            ["kind", "model", "revision"], registry=self.registry,
        )  # fmt: skip

    def set_model(self, kind: str, provenance: Mapping[str, Any]) -> None:
        """Name a model that is offered."""
        self.models.labels(kind, str(provenance.get("model")), str(provenance.get("revision"))).set(1)

    @contextmanager
    def measure_work(self, route: str) -> Iterator[None]:
        """Measure how long a request's work takes, or waits to run."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.stages.labels(route, "work").observe(time.perf_counter() - start)

    def text(self) -> bytes:
        """Return all in the text format of Prometheus."""
        return generate_latest(self.registry)
