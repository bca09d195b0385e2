"""Against a real server: what a client sends byte by byte, or half."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from brandlens.serve import limits
from brandlens.serve.settings import Settings

from .conftest import running

SLOW = 0.25  # seconds that the server waits
HEAD = b"POST /sentiment/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BODY = json.dumps({"texts": ["good film"]}).encode()


@pytest.fixture(scope="module")
def port(model_folder: Path, sentiment_folder: Path) -> Iterator[int]:
    """Of a service with small limits."""
    settings = Settings(
        model_folder, sentiment_folder, port=0, body_seconds=SLOW, max_body=20_000, max_table=30_000, max_connections=40
    )
    with running(settings) as number:
        yield number


@contextmanager
def connect(port: int, data: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        yield connection


def answer(connection: socket.socket) -> tuple[int, str]:
    """Return the status and the problem's code (its message below /v2) until the server closes; (0, "") for nothing."""
    data = b""
    try:
        while chunk := connection.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    head, _, body = data.partition(b"\r\n\r\n")
    error = json.loads(body)["error"] if data else ""
    return (int(head.split()[1]) if data else 0), error if isinstance(error, str) else error["code"]


@pytest.mark.parametrize("begun", [b"", b"POST", HEAD])
def test_a_header_that_does_not_end(port: int, begun: bytes) -> None:
    start = time.monotonic()
    with connect(port, begun) as connection:
        while connection.recv(65536):
            pass
    assert SLOW * 0.9 < time.monotonic() - start < 3


def test_a_header_byte_by_byte(port: int) -> None:
    start = time.monotonic()
    with connect(port) as connection, pytest.raises(OSError):
        for byte in HEAD * 10:
            connection.sendall(bytes([byte]))
            time.sleep(SLOW / 20)
    assert time.monotonic() - start < 3


KINDS = {
    b"/sentiment/score": b"application/json", b"/sentiment/score/file": b"text/csv", b"/logo/detect": b"image/png",
    b"/v2/models/logo/infer": b"application/json",
}  # fmt: skip
UNENDED = [
    b"Content-Length: 100\r\n\r\n",
    b"Content-Length: 100\r\n\r\n" + BODY,
    b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",  # half a chunk
    b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",  # no last chunk
]


def test_bodies_that_do_not_end(port: int) -> None:
    """All at once, as each takes as long as the server waits."""
    head = b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: %b\r\n%b"
    with ExitStack() as stack:
        connections = [
            stack.enter_context(connect(port, head % (path, kind, body)))
            for path, kind in KINDS.items()
            for body in UNENDED
        ]
        for connection in connections:
            status, code = answer(connection)
            assert status == 408
            assert re.match("body_too_slow|the body came too slowly", code)


def test_slow_clients_stop_no_other(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(connect(port, HEAD + b"Content-Length: 100\r\n\r\n{"))
        reply = httpx.post(f"http://127.0.0.1:{port}/sentiment/score", json={"texts": ["good"]}, timeout=5)
    assert reply.status_code == 200


def test_too_many_connections(port: int) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(port)) for _ in range(45)]
        with suppress(ConnectionError):  # closed already
            connections[-1].sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer(connections[-1]) == (0, "")
    time.sleep(SLOW / 5)
    assert httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200


@pytest.mark.parametrize("path", KINDS)
def test_a_large_body(port: int, path: bytes) -> None:
    """Announced, it is refused before it is read; in chunks, where it gets too large."""
    size = 40_000
    head = b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: %b\r\n" % (path, KINDS[path])
    with connect(port, head + b"Content-Length: %d\r\n\r\n" % size) as connection:
        assert answer(connection)[0] == 413
    chunk = b"%x\r\n%b\r\n" % (1000, b"[" * 1000)
    with connect(port, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * (size // 1000)) as connection:
        assert answer(connection)[0] == 413


def test_the_client_goes_away(port: int) -> None:
    with connect(port, HEAD + b"Content-Length: 100\r\n\r\n{"):
        pass
    assert httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200


def test_compressed(client: TestClient) -> None:
    reply = client.post("/sentiment/score", content=b"x", headers={"content-encoding": "gzip"})
    assert (reply.status_code, reply.json()["error"]["field"]) == (415, "Content-Encoding")


def test_pending_bytes_are_given_back(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PENDING", 100)
    for _ in range(5):
        assert client.post("/sentiment/score", json={"texts": ["good"]}).status_code == 200
    reply = client.post("/sentiment/score", json={"texts": ["good"] * 100})
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert client.post("/sentiment/score", json={"texts": ["good"]}).status_code == 200


def test_full_queue(client: TestClient) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]  # of TestClient.app
    before, service.num_requests = service.num_requests, 256
    reply = client.post("/sentiment/score", json={"texts": []})
    service.num_requests = before
    assert (reply.status_code, reply.json()["error"]["code"], reply.headers["retry-after"]) == (429, "queue_full", "1")
    assert client.post("/sentiment/score", json={"texts": []}).status_code == 200


def test_too_long(make_client: Callable[..., TestClient], picture: bytes) -> None:
    client = make_client(max_seconds=1e-9)
    for reply in (
        client.post("/sentiment/score", json={"texts": ["good"]}),
        client.post("/logo/detect", content=picture, headers={"content-type": "image/png"}),
    ):
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "took_too_long")
