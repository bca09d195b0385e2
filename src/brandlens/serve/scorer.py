"""Texts of concurrent requests → scores: those that wait for a core are scored as one batch."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import Record, SentimentPredictor
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.serve.threads import Threads

MAX_BATCH = 128  # texts of a batch; those of one request take turns with others from so many on
MAX_EXPLAINED = 2000  # characters of a batch of texts to explain: each is as many variants of itself as it has words


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
        self.plain = SentimentPredictor(self.classifier)
        self.scorers, self.explainers = Threads(threads, "scorer"), Threads(threads, "explainer")
        self.idle = threads
        self.waiting: deque[Job] = deque()
        self.running = set[asyncio.Task[None]]()

    def close(self) -> None:
        """Begin no more work."""
        self.scorers.close()
        self.explainers.close()

    async def score(
        self, texts: Sequence[str], explained: bool = False, lexicon: Lexicon | None = None
    ) -> list[Record]:
        """Return one record a text, see `SentimentPredictor.predict`. Raises ModelError as that does."""
        batches = list(_cut(texts, MAX_EXPLAINED if explained else None))
        if explained or lexicon:  # requests do not share terms, and so no batches
            predictor = SentimentPredictor(self.classifier, explained, lexicon)
            threads = self.explainers if explained else self.scorers
            results = await threads.run_all([partial(predictor.predict, batch) for batch in batches])
        else:
            results = [await self._submit(batch) for batch in batches]
        return [record for records in results for record in records]

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
                await self._score_batch(batch)
        finally:
            self.idle += 1

    async def _score_batch(self, batch: Sequence[Job]) -> None:
        """Score a batch; where that fails, each of its jobs alone, so that none fails for another."""
        try:
            records = iter(await self.scorers.run(self.plain.predict, [text for job in batch for text in job.texts]))
        except Exception as error:  # of any kind: each request has to be answered
            if len(batch) > 1:
                for job in batch:
                    await self._score_batch([job])
            elif not batch[0].result.done():
                batch[0].result.set_exception(error)
            return
        for job in batch:
            own = [next(records) for _ in job.texts]
            if not job.result.done():
                job.result.set_result(own)

    def _next_batch(self) -> list[Job]:
        """Return the next jobs whose requests still wait, of MAX_BATCH texts at most."""
        batch, count = list[Job](), 0
        while self.waiting and (not batch or count + len(self.waiting[0].texts) <= MAX_BATCH):
            job = self.waiting.popleft()
            if not job.result.done():
                batch.append(job)
                count += len(job.texts)
        return batch


def _cut(texts: Sequence[str], max_characters: int | None = None) -> Iterator[Sequence[str]]:
    """Yield the texts in batches of MAX_BATCH at most, and of so many characters unless it is a single text."""
    start, size = 0, 0
    for index, text in enumerate(texts):
        is_long = max_characters is not None and size + len(text) > max_characters
        if index > start and (is_long or index - start == MAX_BATCH):
            yield texts[start:index]
            start, size = index, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]
