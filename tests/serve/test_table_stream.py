"""A client that goes away while its table is scored; the rest is in test_table_routes."""

import logging
import socket
import tempfile
import time
from pathlib import Path

import pytest


def test_the_client_goes_away(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    body = b"text\n" + b"good film\n" * 40_000
    head = b"POST /sentiment/score/file HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
    with caplog.at_level(logging.WARNING), socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert list(tmp_path.iterdir())
        connection.close()
        end = time.monotonic() + 5
        while list(tmp_path.iterdir()) and time.monotonic() < end:
            time.sleep(0.01)
    assert list(tmp_path.iterdir()) == []
    assert not caplog.records
