"""Texts of concurrent requests → scores: those that wait for a core are scored as one batch."""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import Record, SentimentPredictor

MAX_BATCH = 128  # texts of a batch; those of one request take turns with others from so many on


@dataclass
class Job:
    """Texts of one request."""

    texts: Sequence[str]
    result: asyncio.Future[list[Record]]


class Scorer:
    """Scores texts of concurrent requests, one batch a core at a time.

    No text waits for others to come: a batch is what has come while the cores were busy.
    """

    def __init__(self, classifier: SentimentClassifier, threads: int) -> None:
        self.classifier = replace(classifier, threads=1)
        self.plain, self.explained = SentimentPredictor(self.classifier), SentimentPredictor(self.classifier, True)
        self.pool = ThreadPoolExecutor(threads, "scorer")
        self.idle = threads
        self.waiting: deque[Job] = deque()
        self.running = set[asyncio.Task[None]]()

    async def score(self, texts: Sequence[str], explained: bool = False) -> list[Record]:
        """Return one record a text, see `SentimentPredictor.predict`."""
        if explained:  # each text is many variants of itself, and so a batch
            futures = [asyncio.wrap_future(self.pool.submit(self.explained.predict, [text])) for text in texts]
            return [record for records in await _gather(futures) for record in records]
        return [
            record
            for start in range(0, len(texts), MAX_BATCH)
            for record in await self._submit(texts[start : start + MAX_BATCH])
        ]

    def _submit(self, texts: Sequence[str]) -> asyncio.Future[list[Record]]:
        job = Job(texts, asyncio.get_running_loop().create_future())
        self.waiting.append(job)
        if self.idle:
            self.idle -= 1
            task = asyncio.create_task(self._work())
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        return job.result

    async def _work(self) -> None:
        """Score batches until nothing waits."""
        try:
            while batch := self._next_batch():
                texts = [text for job in batch for text in job.texts]
                try:
                    records = iter(await asyncio.wrap_future(self.pool.submit(self.plain.predict, texts)))
                except Exception as error:  # of any kind: each request has to be answered
                    for job in batch:
                        if not job.result.done():
                            job.result.set_exception(error)
                    continue
                for job in batch:
                    own = [next(records) for _ in job.texts]
                    if not job.result.done():
                        job.result.set_result(own)
        finally:
            self.idle += 1

    def _next_batch(self) -> list[Job]:
        """Return the next jobs whose requests still wait, of MAX_BATCH texts at most."""
        batch, count = list[Job](), 0
        while self.waiting and (not batch or count + len(self.waiting[0].texts) <= MAX_BATCH):
            job = self.waiting.popleft()
            if not job.result.done():
                batch.append(job)
                count += len(job.texts)
        return batch


async def _gather(futures: Sequence[asyncio.Future[Any]]) -> list[Any]:
    """Return the results of futures; where one fails, or the caller is cancelled, the others are cancelled."""
    try:
        return [await future for future in futures]
    finally:
        for future in futures:
            future.cancel()
