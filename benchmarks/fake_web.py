"""A small web on the loopback address: it speaks the providers' JSON and serves pictures, with and without faults.

The benchmark of collecting and its tests share it. Addresses name how a picture is served: /pictures/{kind}/{n}.jpg.
"""

import json
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np

ROBOTS = "User-agent: *\nDisallow: /pictures/secret/\n\nUser-agent: otherbot\nDisallow: /\n"
DRIP_BYTES = 100  # of a slow stream, ten a second
ENDLESS_MEGABYTES = 400  # of a stream that is too long for everyone
GOOD_KINDS = ("good", "slow", "soon", "flaky", "moved")  # a picture is fetched in the end, for each its own
DUPLICATE_KINDS = ("copy", "smaller")  # the same picture as "good" of that number
FAULTS = {  # kind → the reason of the failure
    "missing": "missing", "forbidden": "forbidden", "later": "busy", "broken": "server", "short": "connection",
    "cut": "damaged", "page": "no-picture", "dot": "small", "huge": "pixels", "endless": "large", "drip": "timeout",
    "circle": "redirects", "onward": "redirects", "inside": "address", "loopback": "address", "secret": "robots",
    "stated": "large", "odd": "status",
}  # fmt: skip


@lru_cache(4096)
def picture(number: int, width: int = 160, quality: int = 92) -> bytes:
    """Return a JPEG of soft blobs of color, 4:3; each number's looks like no other's."""
    grid = np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)
    pixels = cv2.resize(grid, (width, width * 3 // 4), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def png(width: int, height: int) -> bytes:
    """Return a PNG with a header of this size and without pixels."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


class FakeWeb(ThreadingHTTPServer):
    """The server, to be set up by a test.

    results: the picture addresses of each query, best first, as paths or in full. api_errors: what the APIs answer next
    instead: a status, and seconds of Retry-After or None. robots: the robots.txt; None: there is none.
    request_counts: by path. max_active: pictures served at the same time, at most.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.results: dict[str, Sequence[str]] = {}
        self.request_counts: Counter[str] = Counter()
        self.user_agents: set[str] = set()
        self.api_errors: list[tuple[int, int | None]] = []
        self.robots: str | None = ROBOTS
        self.num_active, self.max_active = 0, 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Return its own address, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def url_of(self, path: str) -> str:
        """Return the address of a picture; a server that asks to wait has a host name of its own."""
        if "://" in path:
            return path
        return (self.url.replace("127.0.0.1", "localhost") if "/later/" in path else self.url) + path

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that go away: this server makes them do so."""


@contextmanager
def serve() -> Iterator[FakeWeb]:
    """Serve until the end of the block."""
    with FakeWeb() as web:
        threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True).start()
        yield web
        web.shutdown()


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection; the method _{kind} serves a picture of that kind."""

    protocol_version = "HTTP/1.1"
    server: FakeWeb

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        """Answer as an API, with robots.txt or with a picture."""
        url = urlsplit(self.path)
        params = {name: values[0] for name, values in parse_qs(url.query).items()}
        with self.server.lock:
            self.server.request_counts[url.path] += 1
            self.server.user_agents.add(self.headers.get("User-Agent", ""))
        if url.path in APIS:
            self._api(APIS[url.path], params)
        elif url.path == "/robots.txt":
            self._answer(404 if self.server.robots is None else 200, (self.server.robots or "").encode(), "text/plain")
        else:
            self._picture(url.path)

    def do_POST(self) -> None:
        """Answer with a token of Openverse."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.request_counts[self.path] += 1
        if form.get("client_secret") == ["right"]:
            self._json(200, {"access_token": "known", "expires_in": 36000, "token_type": "Bearer", "scope": "read"})
        else:
            self._json(401, {"error": "invalid_client"})

    def _api(self, answer: "Api", params: dict[str, str]) -> None:
        if self.server.api_errors:
            status, wait = self.server.api_errors.pop(0)
            self._json(status, {"detail": "Request was throttled."}, wait)
            return
        self._json(*answer(self.server, params, self.headers.get("Authorization") == "Bearer known"))

    def _picture(self, path: str) -> None:
        with self.server.lock:
            self.server.num_active += 1
            self.server.max_active = max(self.server.max_active, self.server.num_active)
        try:
            _, _, kind, name = path.split("/")
            getattr(self, f"_{kind}", self._good)(kind, int(name.split(".")[0]))
        finally:
            with self.server.lock:
                self.server.num_active -= 1

    def _json(self, status: int, content: Any, wait: int | None = None) -> None:
        headers = {} if wait is None else {"Retry-After": str(wait)}
        self._answer(status, json.dumps(content).encode(), "application/json", headers)

    def _answer(
        self, status: int, content: bytes, kind: str = "image/jpeg", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _redirect(self, location: str) -> None:
        self._answer(302, b"", headers={"Location": location})

    def _is_first_request(self) -> bool:
        return self.server.request_counts[self.path] == 1

    # Kinds of pictures

    def _good(self, kind: str, number: int) -> None:
        self._answer(200, picture(number))

    def _slow(self, kind: str, number: int) -> None:
        time.sleep(0.2)
        self._answer(200, picture(number))

    def _soon(self, kind: str, number: int) -> None:
        if self._is_first_request():
            self._answer(429, b"", headers={"Retry-After": "0"})
        else:
            self._answer(200, picture(number))

    def _shortly(self, kind: str, number: int) -> None:
        if self._is_first_request():
            self._answer(429, b"", headers={"Retry-After": "1"})
        else:
            self._answer(200, picture(number))

    def _flaky(self, kind: str, number: int) -> None:
        self._answer(500, b"") if self._is_first_request() else self._answer(200, picture(number))

    def _moved(self, kind: str, number: int) -> None:
        self._redirect(f"/pictures/good/{number}.jpg?moved")

    def _smaller(self, kind: str, number: int) -> None:
        self._answer(200, picture(number, 120, 70))

    def _missing(self, kind: str, number: int) -> None:
        self._answer(404, b"<html>gone")

    def _forbidden(self, kind: str, number: int) -> None:
        self._answer(403, b"<html>no")

    def _odd(self, kind: str, number: int) -> None:
        self._answer(418, b"")

    def _later(self, kind: str, number: int) -> None:
        self._answer(503, b"", headers={"Retry-After": "4000"})

    def _broken(self, kind: str, number: int) -> None:
        self._answer(500, b"")

    def _short(self, kind: str, number: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(picture(number))))
        self.end_headers()
        self.wfile.write(picture(number)[:-500])
        self.close_connection = True

    def _cut(self, kind: str, number: int) -> None:
        self._answer(200, picture(number)[: len(picture(number)) // 2])

    def _page(self, kind: str, number: int) -> None:
        self._answer(200, b"<!doctype html><title>A picture</title>")

    def _dot(self, kind: str, number: int) -> None:
        self._answer(200, cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1].tobytes(), "image/png")

    def _huge(self, kind: str, number: int) -> None:
        self._answer(200, png(20_000, 10_000), "image/png")

    def _stated(self, kind: str, number: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10**12))
        self.end_headers()
        self.close_connection = True

    def _endless(self, kind: str, number: int) -> None:
        self._stream([picture(number) + bytes(1 << 20)] * ENDLESS_MEGABYTES, 0)

    def _drip(self, kind: str, number: int) -> None:
        self._stream([picture(number)[index : index + 1] for index in range(DRIP_BYTES)], 0.1)

    def _stream(self, chunks: Sequence[bytes], pause: float) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(chunk)
            self.wfile.flush()
            time.sleep(pause)

    def _circle(self, kind: str, number: int) -> None:
        self._redirect(f"/pictures/circle/{number // 2 * 2 + 1 - number % 2}.jpg")

    def _onward(self, kind: str, number: int) -> None:
        self._redirect(f"/pictures/onward/{number + 1_000_000}.jpg")

    def _inside(self, kind: str, number: int) -> None:
        self._redirect(("http://10.0.0.1/a.jpg", "http://169.254.169.254/latest/meta-data/")[number % 2])

    def _loopback(self, kind: str, number: int) -> None:
        self._redirect(f"http://[::1]:{self.server.server_port}/pictures/good/{number}.jpg")


Api = Callable[[FakeWeb, dict[str, str], bool], tuple[int, Any]]  # web, parameters, registered → status, JSON


def openverse(web: FakeWeb, params: dict[str, str], registered: bool) -> tuple[int, Any]:
    """Answer GET /v1/images/."""
    number, size = int(params.get("page", 1)), int(params.get("page_size", 20))
    if size > (50 if registered else 20):
        return 401, {"detail": "page_size may not exceed 20 for anonymous requests."}
    if number > 20:
        return 400, {"detail": {"page": ["Ensure this value is less than or equal to 20."]}}
    paths = web.results.get(params.get("q", ""), ())[: 20 * size]
    results = [
        {
            "id": str(number), "title": f"Picture {path.split('/')[-1]}", "url": web.url_of(path),
            "foreign_landing_url": f"{web.url}/page", "creator": "Ada", "license": "by", "license_version": "2.0",
            "license_url": "https://creativecommons.org/licenses/by/2.0/", "provider": "flickr", "source": "flickr",
            "attribution": f'"Picture {path.split("/")[-1]}" by Ada is licensed under CC BY 2.0.',
            "width": 160, "height": 120, "filesize": None, "filetype": None, "mature": False, "tags": [],
        }
        for path in paths[(number - 1) * size : number * size]
    ]  # fmt: skip
    num_pages = -(-len(paths) // size)
    return 200, {
        "result_count": len(paths), "page_count": num_pages, "page_size": size, "page": number, "results": results
    }  # fmt: skip


def commons(web: FakeWeb, params: dict[str, str], registered: bool) -> tuple[int, Any]:
    """Answer GET /w/api.php?action=query&generator=search."""
    del registered
    query = params["gsrsearch"].removeprefix("filetype:bitmap ")
    start, size = int(params.get("gsroffset", 0)), int(params["gsrlimit"])
    paths = web.results.get(query, ())
    pages = [
        {
            "pageid": index, "ns": 6, "title": f"File:{path.split('/')[-1]}", "index": index + 1,
            "imagerepository": "local",
            "imageinfo": [{
                "url": "https://upload.example/original.tif", "thumburl": web.url_of(path), "thumbwidth": 1280,
                "thumbheight": 960, "descriptionurl": f"{web.url}/wiki", "width": 8000, "height": 6000, "size": 99,
                "extmetadata": {
                    "Artist": {"value": '<a href="/wiki/User:Ada">Ada &amp; Co</a>', "source": "commons-desc-page"},
                    "LicenseShortName": {"value": "CC BY-SA 4.0", "source": "commons-desc-page"},
                    "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"},
                },
            }],
        }
        for index, path in enumerate(paths[start : start + size], start)
    ]  # fmt: skip
    answer: dict[str, Any] = {"batchcomplete": True}
    if pages:
        answer["query"] = {"pages": pages[::-1]}  # in no order but their index
    if start + size < len(paths):
        answer["continue"] = {"gsroffset": start + size, "continue": "gsroffset||"}
    return 200, answer


APIS: dict[str, Api] = {"/v1/images/": openverse, "/w/api.php": commons}
