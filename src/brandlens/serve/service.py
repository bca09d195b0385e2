"""The models of a service, and the threads that run them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from http import HTTPStatus
from typing import ParamSpec, Self, TypeVar

from brandlens import onnx_runtime
from brandlens.logo.predictor import LogoPredictor
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.serve.metrics import Metrics
from brandlens.serve.problems import Problem
from brandlens.serve.scorer import Scorer
from brandlens.serve.settings import Settings
from brandlens.serve.threads import Threads

MAX_TABLES = 8  # at once: each lies on the disk meanwhile

P = ParamSpec("P")
T = TypeVar("T")


class Service:
    """The models of a service, and the threads that run them.

    logo, sentiment: None where that model is not offered. on_close: what is to be let go of when the service ends.
    """

    def __init__(self, settings: Settings, logo: LogoPredictor | None, sentiment: SentimentClassifier | None) -> None:
        self.settings, self.logo = settings, logo
        self.metrics = Metrics()
        count = settings.threads or onnx_runtime.cores()
        self.threads = Threads(count, "worker")
        self.sentiment = Scorer(sentiment, count) if sentiment else None
        self.num_requests = 0  # that run or wait
        self.tables = asyncio.Semaphore(MAX_TABLES)
        self.on_close = ExitStack()
        for kind, model in (("logo", logo.detector if logo else None), ("sentiment", sentiment)):
            if model:
                self.metrics.set_model(kind, model.provenance)

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """Load the models of a service. Raises ModelError."""
        logo = LogoPredictor.load(settings.logo, threads=1, max_pixels=settings.max_pixels) if settings.logo else None
        sentiment = SentimentClassifier.load(settings.sentiment, threads=1) if settings.sentiment else None
        return cls(settings, logo, sentiment)

    @asynccontextmanager
    async def admit(self, seconds: float | None = None) -> AsyncIterator[None]:
        """Count a request while its work waits and runs.

        seconds: that it may take; None for any. Raises Problem where too many wait, or this one takes too long.
        """
        if self.num_requests >= self.settings.max_queue:
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "queue_full",
                f"{self.num_requests} requests are in progress; send this one again later",
                retry_after=1,
            )
        self.num_requests += 1
        self.metrics.queue.set(self.num_requests)
        try:
            async with asyncio.timeout(seconds) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "took_too_long",
                f"not done in {seconds:g} seconds; send less at a time, or send this again later",
                retry_after=5,
            ) from None
        finally:
            self.num_requests -= 1
            self.metrics.queue.set(self.num_requests)

    @asynccontextmanager
    async def admit_table(self) -> AsyncIterator[None]:
        """Wait until fewer than MAX_TABLES others arrive and are scored. Raises Problem as `admit` does."""
        async with self.admit(self.settings.max_seconds):
            await self.tables.acquire()
        try:
            yield
        finally:
            self.tables.release()

    async def run(self, function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Return what a function returns that runs in one of the threads, of which there is one a core."""
        return await self.threads.run(function, *args, **options)

    def close(self) -> None:
        """Begin no more work, and let go of what routes have registered."""
        self.threads.close()
        if self.sentiment:
            self.sentiment.close()
        self.on_close.close()
