"""Connections of clients, which get only so long to send a request's header, and to take the answer."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from brandlens.serve.settings import Settings


class Connection(H11Protocol):
    """uvicorn's, closed where a header is not whole, or no part of an answer taken, after `body_seconds`.

    And where there are `max_connections` others.

    uvicorn has a limit of its own for a connection that is kept open between two requests.
    """

    settings: ClassVar[Settings]
    _timer: asyncio.TimerHandle | None = None
    _reader_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first header."""
        super().connection_made(transport)
        if len(self.connections) > self.settings.max_connections:
            transport.abort()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        if self._is_between():
            self._wait()
        else:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up."""
        self._stop()
        self._stop_reader_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for a client that does not take what is sent."""
        super().pause_writing()
        self._reader_timer = self.loop.call_later(self.settings.body_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on with a client that has taken some of it."""
        self._stop_reader_timer()
        super().resume_writing()

    def _is_between(self) -> bool:
        """Return whether no request is in progress."""
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.settings.body_seconds, self._close)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_reader_timer(self) -> None:
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    def _close(self) -> None:
        self._timer = None
        if self._is_between() and not self.transport.is_closing():
            self.transport.abort()
