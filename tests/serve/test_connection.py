"""A client that does not take its answer; the others are in test_limits."""

import asyncio
from types import SimpleNamespace

import pytest
import uvicorn
from uvicorn.server import ServerState

from brandlens.serve.connection import Connection
from brandlens.serve.settings import Settings


@pytest.mark.parametrize("taken", [False, True])
def test_an_answer_that_is_not_taken(taken: bool) -> None:
    async def wait() -> int:
        kind = type("Limited", (Connection,), {"settings": Settings(body_seconds=0.02)})
        connection = kind(uvicorn.Config(lambda *_: None), ServerState(), {})
        aborted = list[int]()
        connection.transport = SimpleNamespace(abort=lambda: aborted.append(1))
        connection.flow = SimpleNamespace(pause_writing=lambda: None, resume_writing=lambda: None)
        connection.pause_writing()
        if taken:
            connection.resume_writing()
        await asyncio.sleep(0.04)
        return len(aborted)

    assert asyncio.run(wait()) == (not taken)
