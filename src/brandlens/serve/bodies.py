"""Bodies of requests → files that lie in memory while they are small, and are gone when the request is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO

from fastapi import Request

IN_MEMORY = 2**20  # bytes; a longer body is a temporary file without a name


@asynccontextmanager
async def spool(request: Request) -> AsyncIterator[IO[bytes]]:
    """Read the body of a request into a file, from whose start it can be read. Raises Problem, see `limits.Reading`."""
    with SpooledTemporaryFile(IN_MEMORY) as file:
        async for chunk in request.stream():
            file.write(chunk)
        file.seek(0)
        yield file
