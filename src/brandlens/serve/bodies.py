"""Bodies: of requests as files that are gone when the request is, of answers as JSON."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from fastapi import Request
from fastapi.responses import Response

BINARY = {"schema": {"type": "string", "format": "binary"}}  # of a body, in the OpenAPI
IN_MEMORY = 2**20  # bytes; a longer body is a temporary file without a name


@asynccontextmanager
async def spool(request: Request) -> AsyncIterator[IO[bytes]]:
    """Read the body of a request into a file, from whose start it can be read. Raises Problem, see `limits.Reading`."""
    with SpooledTemporaryFile(IN_MEMORY) as file:
        async for chunk in request.stream():
            file.write(chunk)
        file.seek(0)
        yield file


def json_response(content: Any) -> Response:
    """Return an answer of plain values, which FastAPI need not check against a model again."""
    body = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return Response(body, media_type="application/json")
