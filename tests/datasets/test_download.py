import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from brandlens.datasets.download import download, verify
from brandlens.errors import UserError

CONTENT = np.random.default_rng(1).bytes(700_000)
SUM = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT as a test sets it up, and records the ranges that were requested."""

    content = CONTENT
    ranges = True  # whether it serves ranges
    breaks: list[int]  # after how many bytes each of the next responses breaks off
    codes: list[int]  # status codes of the next responses instead
    requested: list[str | None]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Server = self.server
        requested_range = self.headers.get("Range")
        server.requested.append(requested_range)
        if server.codes:
            self.send_error(server.codes.pop(0))
            return
        start = int(requested_range.removeprefix("bytes=").rstrip("-")) if requested_range and server.ranges else 0
        if start >= len(server.content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        part = server.content[start:]
        self.wfile.write(part[: server.breaks.pop(0)] if server.breaks else part)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as made:
        made.breaks, made.codes, made.requested = [], [], []
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def fetch(server, tmp_path):
    def fetched(size: int = len(CONTENT), sha256: str = SUM):
        url = f"http://127.0.0.1:{server.server_port}/archive.gz"
        return download(url, tmp_path / "deep" / "archive.gz", size=size, sha256=sha256, delay=0.0)

    return fetched


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "deep").iterdir())


def test_the_file_and_nothing_else(server, fetch, tmp_path):
    assert fetch().read_bytes() == CONTENT
    assert left(tmp_path) == ["archive.gz"]
    fetch()
    assert server.requested == [None]  # what is there is not fetched again


def test_a_broken_connection_is_resumed(server, fetch):
    server.breaks = [1000, 300_000]
    assert fetch().read_bytes() == CONTENT
    assert server.requested == [None, "bytes=1000-", "bytes=301000-"]


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "a server without ranges"])
@pytest.mark.parametrize("size", [0, 1, 400_000, len(CONTENT) - 1])
def test_the_next_call_resumes(server, fetch, tmp_path, ranges, size):
    server.ranges = ranges
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "archive.gz.part").write_bytes(CONTENT[:size])
    assert fetch().read_bytes() == CONTENT
    assert server.requested == [f"bytes={size}-" if size else None]
    assert left(tmp_path) == ["archive.gz"]


def test_a_whole_part_needs_no_server(server, fetch, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "archive.gz.part").write_bytes(CONTENT)
    assert fetch().read_bytes() == CONTENT
    assert server.requested == []


def test_a_server_that_gives_up_is_asked_five_times(server, fetch, tmp_path):
    server.breaks = [1000] + [0] * 20
    with pytest.raises(UserError, match=r"archive\.gz: .*rerun to resume"):
        fetch()
    assert len(server.requested) == 6
    server.breaks = []
    assert fetch().read_bytes() == CONTENT
    assert server.requested[-1] == "bytes=1000-"


@pytest.mark.parametrize(
    ("codes", "tries", "message"),
    [
        pytest.param([503, 429], 3, None, id="busy for a while"),
        pytest.param([503] * 9, 5, "503", id="busy"),
        pytest.param([404] * 9, 1, "404 Not Found; download it elsewhere", id="gone"),
        pytest.param([403] * 9, 1, "403 Forbidden", id="forbidden"),
        pytest.param([416] * 9, 1, "not the file that was published", id="shorter than what is here"),
    ],
)
def test_refusals(server, fetch, codes, tries, message):
    server.codes = codes
    if message:
        with pytest.raises(UserError, match=message):
            fetch()
    else:
        assert fetch().read_bytes() == CONTENT
    assert len(server.requested) == tries


def test_no_server(tmp_path):
    with pytest.raises(UserError, match=r"refused.*rerun"):
        download("http://127.0.0.1:9/a", tmp_path / "a", size=5, sha256=SUM, delay=0.0)


@pytest.mark.parametrize(
    "content", [CONTENT[:-1] + b"x", CONTENT + b"more"], ids=["another content", "more than was published"]
)
def test_another_file_is_not_kept(server, fetch, tmp_path, content):
    server.content = content
    if len(content) == len(CONTENT):
        with pytest.raises(UserError, match=r"700,000 bytes with SHA-256 .* not the 700,000 bytes"):
            fetch()
        assert left(tmp_path) == []
    else:  # no more than the published size is read, and that much is right
        assert fetch().read_bytes() == CONTENT


def test_a_wrong_file_in_its_place(fetch, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "archive.gz").write_bytes(b"mine")
    with pytest.raises(UserError, match=r"archive\.gz: 4 bytes .*remove it and download it again"):
        fetch()
    assert (tmp_path / "deep" / "archive.gz").read_bytes() == b"mine"


def test_a_folder_that_cannot_be_made(fetch, tmp_path):
    (tmp_path / "deep").write_text("a file")
    with pytest.raises(UserError, match=r"archive\.gz: cannot be"):
        fetch()


def test_progress_is_shown_on_stderr(fetch, capsys):
    fetch()
    output = capsys.readouterr()
    assert "archive.gz" in output.err
    assert output.out == ""


def test_verify(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"")
    assert verify(path, 0, hashlib.sha256().hexdigest()) == path
    with pytest.raises(UserError, match="0 bytes"):
        verify(path, 1, hashlib.sha256().hexdigest())
