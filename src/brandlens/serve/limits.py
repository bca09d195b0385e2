"""Bodies of requests: read no further than is allowed, and no slower."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from brandlens.serve.problems import Problem, busy
from brandlens.serve.settings import Settings

MIN_RATE = 16 * 2**10  # bytes a second of a body, on average, beside Settings.body_seconds
MAX_PENDING = 2**30  # bytes of all bodies that have begun to arrive and are not answered yet, tables aside
TABLE_PATHS = ("/sentiment/score/file",)


class Bodies:
    """Watches over the bodies of all requests of a service."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pending = 0

    def limit(self, path: str) -> int:
        """Return how many bytes a body may have."""
        return self.settings.max_table if path in TABLE_PATHS else self.settings.max_body

    def check_headers(self, path: str, headers: Headers) -> None:
        """Raise Problem for a body that is announced as too large, or compressed."""
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.limit(path):
            raise self._too_large(path)
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "compressed_body",
                "the body is compressed; send it as it is",
                "Content-Encoding",
            )

    def watch(self, path: str, receive: Receive, on_read: Callable[[float], None]) -> tuple[Receive, "Reading"]:
        """Return what takes the place of `receive`: it raises Problem where the body is too large, or too slow.

        on_read: called with the seconds that the body took.
        """
        reading = Reading(self, path, receive, on_read)
        return reading, reading

    def _too_large(self, path: str) -> Problem:
        flag = "--max-table" if path in TABLE_PATHS else "--max-body"
        return Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "body_too_large",
            f"the body has more than {self.limit(path):,} bytes; send less at a time ({flag} of the service)",
            "body",
            headers={"Connection": "close"},
        )


class Reading:
    """One request's body on its way."""

    def __init__(self, bodies: Bodies, path: str, receive: Receive, on_read: Callable[[float], None]) -> None:
        self.bodies, self.path, self.receive, self.on_read = bodies, path, receive, on_read
        self.start: float | None = None  # of its reading
        self.num_bytes = 0
        self.is_whole = False

    async def __call__(self) -> Message:
        """Return the next message, as ASGI has it."""
        if self.is_whole:
            return await self.receive()
        settings, now = self.bodies.settings, time.monotonic()
        start = self.start = now if self.start is None else self.start
        left = start + settings.body_seconds + self.num_bytes / MIN_RATE - now
        try:
            async with asyncio.timeout(max(0.0, min(left, settings.body_seconds))):
                message = await self.receive()
        except TimeoutError:
            raise Problem(
                HTTPStatus.REQUEST_TIMEOUT,
                "body_too_slow",
                f"the body came too slowly: {self.num_bytes:,} bytes in {time.monotonic() - start:.0f} seconds",
                "body",
                headers={"Connection": "close"},
            ) from None
        if message["type"] == "http.disconnect":
            raise Problem(HTTPStatus.BAD_REQUEST, "body_cut_short", "the connection was closed within the body", "body")
        self._count(len(message.get("body", b"")))
        if not message.get("more_body"):
            self.is_whole = True
            self.on_read(time.monotonic() - start)
        return message

    def _count(self, size: int) -> None:
        self.num_bytes += size
        if self.num_bytes > self.bodies.limit(self.path):
            raise self.bodies._too_large(self.path)
        if self.path not in TABLE_PATHS:
            self.bodies.pending += size
            if self.bodies.pending > MAX_PENDING:
                raise busy("too many requests are being sent at once; send this one again later")

    def close(self) -> None:
        """Count the body no longer."""
        if self.path not in TABLE_PATHS:
            self.bodies.pending -= self.num_bytes


def is_http(scope: Scope) -> bool:
    """Return whether a connection is a request, and no web socket or the start of the service."""
    return scope["type"] == "http"
