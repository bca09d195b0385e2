"""A small web on the loopback address: it speaks the providers' JSON and serves pictures, good ones and all faults.

The benchmark of collecting and its tests share it. A picture's address says what comes of it: /pictures/{kind}/{n}.jpg.
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
DRIPS = 100  # bytes of a stream that drips, at most, ten a second
FLOOD = 400  # megabytes of a stream that does not end, at most
GOOD = ("good", "slow", "soon", "flaky", "moved")  # kinds of which a picture comes in the end, each its own
AGAIN = ("copy", "smaller")  # kinds that show the same as "good" of that number
FAULTS = {  # kind → the reason of the refusal
    "missing": "missing", "forbidden": "forbidden", "later": "busy", "broken": "server", "short": "connection",
    "cut": "damaged", "page": "no-picture", "dot": "small", "huge": "pixels", "endless": "large", "drip": "timeout",
    "circle": "redirects", "onward": "redirects", "inside": "address", "loopback": "address", "secret": "robots",
    "stated": "large", "odd": "status",
}  # fmt: skip


@lru_cache(4096)
def picture(number: int, width: int = 160, quality: int = 92) -> bytes:
    """A JPEG of soft blobs of colour, 4:3; each number's looks like no other's."""
    grid = np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)
    pixels = cv2.resize(grid, (width, width * 3 // 4), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def png(width: int, height: int) -> bytes:
    """A PNG whose header says so; it has no pixels."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


class Web(ThreadingHTTPServer):
    """results: the picture addresses of each query, best first, as paths or whole. asked: requests by path.

    refusals: what the next answers of the APIs are instead: a status, and seconds of Retry-After or None.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.results: dict[str, Sequence[str]] = {}
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.refusals: list[tuple[int, int | None]] = []
        self.robots: str | None = ROBOTS
        self.now, self.most = 0, 0  # pictures being asked for at this moment, and at the busiest one
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Its own address, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def whole(self, path: str) -> str:
        """The address of one of its pictures; a server that wants to be left alone has a name of its own."""
        if "://" in path:
            return path
        return (self.url.replace("127.0.0.1", "localhost") if "/later/" in path else self.url) + path

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what this is for."""


@contextmanager
def serving() -> Iterator[Web]:
    """A web that runs until the end of the block."""
    with Web() as web:
        threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True).start()
        yield web
        web.shutdown()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Web

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on standard error."""

    def do_GET(self) -> None:
        """An API, robots.txt or a picture."""
        place = urlsplit(self.path)
        wish = {name: values[0] for name, values in parse_qs(place.query).items()}
        with self.server.lock:
            self.server.asked[place.path] += 1
            self.server.agents.add(self.headers.get("User-Agent", ""))
        if place.path in APIS:
            self._api(APIS[place.path], wish)
        elif place.path == "/robots.txt":
            self._answer(404 if self.server.robots is None else 200, (self.server.robots or "").encode(), "text/plain")
        else:
            self._counted(place.path)

    def do_POST(self) -> None:
        """A token of Openverse."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked[self.path] += 1
        if form.get("client_secret") == ["right"]:
            self._json(200, {"access_token": "known", "expires_in": 36000, "token_type": "Bearer", "scope": "read"})
        else:
            self._json(401, {"error": "invalid_client"})

    def _api(self, made: Callable[[Web, dict[str, str], bool], tuple[int, Any]], wish: dict[str, str]) -> None:
        if self.server.refusals:
            status, wait = self.server.refusals.pop(0)
            self._json(status, {"detail": "Request was throttled."}, wait)
            return
        self._json(*made(self.server, wish, self.headers.get("Authorization") == "Bearer known"))

    def _counted(self, path: str) -> None:
        with self.server.lock:
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        try:
            _, _, kind, name = path.split("/")
            getattr(self, f"_{kind}", self._good)(kind, int(name.split(".")[0]))
        finally:
            with self.server.lock:
                self.server.now -= 1

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

    def _lead(self, where: str) -> None:
        self._answer(302, b"", headers={"Location": where})

    def _first(self) -> bool:
        return self.server.asked[self.path] == 1

    # Kinds of pictures

    def _good(self, kind: str, number: int) -> None:
        self._answer(200, picture(number))

    def _slow(self, kind: str, number: int) -> None:
        time.sleep(0.2)
        self._answer(200, picture(number))

    def _soon(self, kind: str, number: int) -> None:
        if self._first():
            self._answer(429, b"", headers={"Retry-After": "0"})
        else:
            self._answer(200, picture(number))

    def _shortly(self, kind: str, number: int) -> None:
        if self._first():
            self._answer(429, b"", headers={"Retry-After": "1"})
        else:
            self._answer(200, picture(number))

    def _flaky(self, kind: str, number: int) -> None:
        self._answer(500, b"") if self._first() else self._answer(200, picture(number))

    def _moved(self, kind: str, number: int) -> None:
        self._lead(f"/pictures/good/{number}.jpg?moved")

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
        self._stream([picture(number) + bytes(1 << 20)] * FLOOD, 0)

    def _drip(self, kind: str, number: int) -> None:
        self._stream([picture(number)[at : at + 1] for at in range(DRIPS)], 0.1)

    def _stream(self, parts: Sequence[bytes], pause: float) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(pause)

    def _circle(self, kind: str, number: int) -> None:
        self._lead(f"/pictures/circle/{number // 2 * 2 + 1 - number % 2}.jpg")

    def _onward(self, kind: str, number: int) -> None:
        self._lead(f"/pictures/onward/{number + 1_000_000}.jpg")

    def _inside(self, kind: str, number: int) -> None:
        self._lead(("http://10.0.0.1/a.jpg", "http://169.254.169.254/latest/meta-data/")[number % 2])

    def _loopback(self, kind: str, number: int) -> None:
        self._lead(f"http://[::1]:{self.server.server_port}/pictures/good/{number}.jpg")


def openverse(web: Web, wish: dict[str, str], known: bool) -> tuple[int, Any]:
    """A page of GET /v1/images/."""
    number, size = int(wish.get("page", 1)), int(wish.get("page_size", 20))
    if size > (50 if known else 20):
        return 401, {"detail": "page_size may not exceed 20 for anonymous requests."}
    if number > 20:
        return 400, {"detail": {"page": ["Ensure this value is less than or equal to 20."]}}
    found = web.results.get(wish.get("q", ""), ())[: 20 * size]
    some = found[(number - 1) * size : number * size]
    results = [
        {
            "id": str(number), "title": f"Picture {path.split('/')[-1]}", "url": web.whole(path),
            "foreign_landing_url": f"{web.url}/page", "creator": "Ada", "license": "by", "license_version": "2.0",
            "license_url": "https://creativecommons.org/licenses/by/2.0/", "provider": "flickr", "source": "flickr",
            "attribution": f'"Picture {path.split("/")[-1]}" by Ada is licensed under CC BY 2.0.',
            "width": 160, "height": 120, "filesize": None, "filetype": None, "mature": False, "tags": [],
        }
        for path in some
    ]  # fmt: skip
    pages = -(-len(found) // size)
    return 200, {
        "result_count": len(found), "page_count": pages, "page_size": size, "page": number, "results": results
    }  # fmt: skip


def commons(web: Web, wish: dict[str, str], known: bool) -> tuple[int, Any]:
    """A page of GET /w/api.php?action=query&generator=search."""
    del known
    query = wish["gsrsearch"].removeprefix("filetype:bitmap ")
    start, size = int(wish.get("gsroffset", 0)), int(wish["gsrlimit"])
    found = web.results.get(query, ())
    some = found[start : start + size]
    pages = [
        {
            "pageid": start + at, "ns": 6, "title": f"File:{path.split('/')[-1]}", "index": start + at + 1,
            "imagerepository": "local",
            "imageinfo": [{
                "url": "https://upload.example/original.tif", "thumburl": web.whole(path), "thumbwidth": 1280,
                "thumbheight": 960, "descriptionurl": f"{web.url}/wiki", "width": 8000, "height": 6000, "size": 99,
                "extmetadata": {
                    "Artist": {"value": '<a href="/wiki/User:Ada">Ada &amp; Co</a>', "source": "commons-desc-page"},
                    "LicenseShortName": {"value": "CC BY-SA 4.0", "source": "commons-desc-page"},
                    "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"},
                },
            }],
        }
        for at, path in enumerate(some)
    ]  # fmt: skip
    answer: dict[str, Any] = {"batchcomplete": True}
    if pages:
        answer["query"] = {"pages": pages[::-1]}  # in no order but their index
    if start + size < len(found):
        answer["continue"] = {"gsroffset": start + size, "continue": "gsroffset||"}
    return 200, answer


APIS = {"/v1/images/": openverse, "/w/api.php": commons}
