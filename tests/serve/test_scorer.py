import asyncio
import threading
from collections.abc import Sequence

import pytest

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import Record
from brandlens.serve.scorer import MAX_BATCH, Scorer, _cut


class Predictor:
    """Notes its batches; scores when it may."""

    def __init__(self) -> None:
        self.may_score = threading.Event()
        self.batches = list[list[str]]()

    def predict(self, texts: Sequence[str]) -> list[Record]:
        self.batches.append(list(texts))
        self.may_score.wait(5)
        if "fails" in texts:
            raise RuntimeError
        return [{"text": text} for text in texts]


@pytest.fixture
def scorer(classifier: SentimentClassifier) -> Scorer:
    scorer = Scorer(classifier, 1)
    scorer.plain = Predictor()  # type: ignore[assignment]  # instead
    return scorer


def test_those_that_wait_are_one_batch(scorer: Scorer) -> None:
    async def ask() -> list[list[Record]]:
        requests = [asyncio.create_task(scorer.score(["a"]))]
        await asyncio.sleep(0.01)
        requests += [asyncio.create_task(scorer.score(texts)) for texts in (["b", "c"], [], ["d"])]
        await asyncio.sleep(0.01)
        scorer.plain.may_score.set()
        return await asyncio.gather(*requests)

    answers = asyncio.run(ask())
    assert [[record["text"] for record in answer] for answer in answers] == [["a"], ["b", "c"], [], ["d"]]
    assert scorer.plain.batches == [["a"], ["b", "c", "d"]]


def test_a_long_request_takes_turns(scorer: Scorer) -> None:
    async def ask() -> None:
        long = asyncio.create_task(scorer.score(["long"] * (3 * MAX_BATCH)))
        await asyncio.sleep(0.01)
        short = asyncio.create_task(scorer.score(["short"]))
        await asyncio.sleep(0.01)
        scorer.plain.may_score.set()
        await short
        assert not long.done()
        assert len(await long) == 3 * MAX_BATCH

    asyncio.run(ask())
    assert max(map(len, scorer.plain.batches)) <= MAX_BATCH


def test_one_that_gives_up_and_one_that_fails(scorer: Scorer) -> None:
    async def ask() -> None:
        first = asyncio.create_task(scorer.score(["a"]))
        await asyncio.sleep(0.01)
        gone, bad, good = (asyncio.create_task(scorer.score([text])) for text in ("gone", "fails", "b"))
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.sleep(0)
        scorer.plain.may_score.set()
        results = await asyncio.gather(first, gone, bad, good, return_exceptions=True)
        assert [type(result).__name__ for result in results] == ["list", "CancelledError", "RuntimeError", "list"]
        assert await scorer.score(["c"]) == [{"text": "c"}]

    asyncio.run(ask())
    assert scorer.plain.batches == [["a"], ["fails", "b"], ["fails"], ["b"], ["c"]]


@pytest.mark.parametrize(
    ("lengths", "max_characters", "sizes"),
    [
        pytest.param([], None, [], id="nothing"),
        pytest.param([1] * (MAX_BATCH + 1), None, [MAX_BATCH, 1], id="so many"),
        pytest.param([2, 2, 2, 9, 1], 4, [2, 1, 1, 1], id="so many characters, and a long one alone"),
        pytest.param([0] * (MAX_BATCH + 1), 4, [MAX_BATCH, 1], id="empty ones"),
    ],
)
def test_batches(lengths: list[int], max_characters: int | None, sizes: list[int]) -> None:
    texts = ["x" * length for length in lengths]
    batches = list(_cut(texts, max_characters))
    assert [len(batch) for batch in batches] == sizes
    assert [text for batch in batches for text in batch] == texts
