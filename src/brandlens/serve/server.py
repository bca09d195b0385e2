"""An application → a process that listens, and ends on a signal, after what is in progress."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn

from brandlens.errors import UserError
from brandlens.serve.app import create_app
from brandlens.serve.connection import Connection
from brandlens.serve.settings import Settings

BACKLOG = 2048  # connections that the system keeps while the process is busy


def run(settings: Settings, tell: Callable[[str], object]) -> None:
    """Serve until SIGTERM or SIGINT. Raises UserError for an address that cannot be had, ModelError for a model.

    tell: called with the line that names the address.
    """
    listener = listen(settings)
    with listener:
        app = create_app(settings)
        host, port = listener.getsockname()[:2]
        address = f"[{host}]" if ":" in host else host
        tell(f"brandlens: http://{address}:{port} (stop with Ctrl-C)")
        with end_quietly():
            try:
                server(app, settings).run(sockets=[listener])
            finally:
                app.state.service.close()


@contextmanager
def end_quietly() -> Iterator[None]:
    """Make SIGTERM and SIGINT the normal end: uvicorn, which waits for requests in progress, raises them again."""
    names = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(name, _stop) for name in names]
    try:
        with suppress(_Stopped):
            yield
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


class _Stopped(BaseException):
    """A signal that ends the service."""


def _stop(*_: object) -> None:
    raise _Stopped


def server(app: object, settings: Settings) -> uvicorn.Server:
    """Return the server of an application, see `Settings`."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # of uvicorn's own types
        http=type("LimitedConnection", (Connection,), {"settings": settings}),
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=round(settings.drain_seconds),
    )
    return uvicorn.Server(config)


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens at the address of the settings. Raises UserError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio switches Nagle's algorithm off for sockets that say they are TCP; with it a small answer waits 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise UserError(
            f"--host {settings.host} --port {settings.port}: {error.strerror or error}; choose another"
        ) from None
    return listener
