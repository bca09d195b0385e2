"""One address of the web → a file: as a good guest, within limits, and never to a place that is off limits."""

import asyncio
import hashlib
import io
import os
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import httpcore
import httpx

from brandlens import __version__
from brandlens.crawler.fetch import robots, tls
from brandlens.crawler.fetch.network import Network, PublicOnlyBackend
from brandlens.crawler.fetch.reasons import TRANSIENT, FetchError
from brandlens.crawler.fetch.retry import backoff, retry_after
from brandlens.crawler.fetch.robots import Rules
from brandlens.errors import UserError

NAME = "brandlens"  # what robots.txt knows us by
LONGEST = 4096  # characters of an address
REDIRECTS = frozenset({301, 302, 303, 307, 308})
STATUSES = {401: "forbidden", 402: "forbidden", 403: "forbidden", 404: "missing", 408: "server", 410: "missing"}
STATUSES |= {425: "server", 429: "busy", 451: "forbidden", 503: "busy"}


def agent(contact: str | None) -> str:
    """The User-Agent: what this is, and whom to write to. Raises UserError for a contact that no header can hold."""
    if contact and not (contact.isascii() and contact.isprintable()):
        raise UserError(f"--contact {contact!r}: cannot be sent; give an e-mail or web address in plain ASCII letters")
    return f"{NAME}/{__version__} (collects pictures to train a logo detector{f'; {contact}' if contact else ''})"


@dataclass(frozen=True)
class Limits:
    """What one run may ask of the network and of this machine."""

    together: int = 16  # connections at once
    host: int = 4  # of these, to one host
    tries: int = 3  # for what may go right the next time
    pause: float = 1.0  # seconds before the second try, doubled from try to try
    connect: float = 10.0  # seconds for a connection to be made
    silence: float = 15.0  # seconds without a byte
    whole: float = 60.0  # seconds for an answer from its beginning to its end
    wait: float = 60.0  # seconds that a server may ask to be left alone; for longer it is given up
    hops: int = 5  # redirects followed
    size: int = 25 << 20  # bytes of a picture


@dataclass(frozen=True)
class Download:
    """What was fetched: its SHA-256 in hexadecimal, and its bytes."""

    sha256: str
    size: int


class _Host:
    """What is to be known of a host so as not to burden it."""

    def __init__(self, limit: int) -> None:
        self.slots = asyncio.Semaphore(limit)
        self.resume = 0.0  # time on the loop's clock before which it wants to be left alone

    @asynccontextmanager
    async def turn(self, patience: float) -> AsyncIterator[None]:
        """Wait until it may be asked again. Raises Refused when that takes more than `patience` seconds."""
        clock = asyncio.get_running_loop().time
        while (wait := self.resume - clock()) > 0:
            if wait > patience:
                raise FetchError("busy", f"asked to be left alone for {wait:.0f} s", wait)
            await asyncio.sleep(wait)
        yield


class _Origin:
    """A server's robots.txt: asked for once, whatever comes of it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.rules: Rules | FetchError | None = None


class Fetcher:
    """Fetches; to be used as an async context manager. allowed: networks that may be talked to though not public."""

    def __init__(self, user_agent: str, limits: Limits, allowed: Sequence[Network] = ()) -> None:
        self.limits = limits
        # servers that compress pictures are rare, and what is not decompressed cannot grow
        self._headers = {"User-Agent": user_agent, "Accept": "image/*,*/*;q=0.1", "Accept-Encoding": "identity"}
        self._hosts: defaultdict[str, _Host] = defaultdict(lambda: _Host(limits.host))
        self._origins: defaultdict[str, _Origin] = defaultdict(_Origin)
        self._slots = asyncio.Semaphore(limits.together)
        # httpx's own engine, as httpx itself takes no guard
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls.context(),
            http2=True,
            max_connections=limits.together,
            max_keepalive_connections=limits.together,
            keepalive_expiry=10,
            network_backend=PublicOnlyBackend(allowed),
        )

    async def __aenter__(self) -> "Fetcher":
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def fetch(self, url: str, into: Path) -> Download:
        """Fetch `url` into the file, which is then on the disk for sure. Raises Refused; the file may be left in part.

        What may go right the next time is tried again, after a pause or as long as the server asks for.
        """

        async def once() -> None:
            with into.open("wb") as file:
                await self._follow(url, file, self.limits.size, mannered=True)
                file.flush()
                os.fsync(file.fileno())

        await self._patiently(once)
        with into.open("rb") as file:
            return Download(hashlib.file_digest(file, "sha256").hexdigest(), file.tell())

    async def _patiently(self, once: Callable[[], Awaitable[None]]) -> None:
        """Do it, and again while that may help."""
        for tries in range(1, self.limits.tries + 1):
            try:
                return await once()
            except FetchError as refusal:
                wait = refusal.wait or 0.0
                if not refusal.passing or tries == self.limits.tries or wait > self.limits.wait:
                    raise
                await asyncio.sleep(max(wait, backoff(tries, self.limits.pause)))
        return None

    async def _follow(self, url: str, out: BinaryIO, most: int, *, mannered: bool) -> None:
        """Write what is at `url`, or where it leads in the end. mannered: ask each server's robots.txt first."""
        seen: set[httpx.URL] = set()
        place = parsed(url)
        while place not in seen:
            seen.add(place)
            if len(seen) > self.limits.hops + 1:
                raise FetchError("redirects", f"more than {self.limits.hops}")
            if mannered and not (await self._rules(place)).allow(place.raw_path.decode("ascii")):
                raise FetchError("robots", f"{place.host} asks not to fetch it")
            location = await self._ask(place, out, most)
            if location is None:
                return
            place = parsed(location, place)
        raise FetchError("redirects", f"leads back to {place}")

    async def _rules(self, place: httpx.URL) -> Rules:
        """What the robots.txt of the place's server says; a server that fails at it may not be asked for more."""
        home = place.copy_with(raw_path=b"/robots.txt")
        origin = self._origins[str(home)]
        async with origin.lock:
            if origin.rules is None:
                try:
                    origin.rules = await self._robots(str(home))
                except FetchError as refusal:
                    origin.rules = refusal
        if isinstance(origin.rules, FetchError):
            raise FetchError(origin.rules.reason, origin.rules.detail, origin.rules.wait, final=True)
        return origin.rules

    async def _robots(self, url: str) -> Rules:
        text = io.BytesIO()

        async def once() -> None:
            text.seek(0)
            text.truncate()
            await self._follow(url, text, robots.LARGEST, mannered=False)

        try:
            await self._patiently(once)
        except FetchError as refusal:
            if refusal.reason in ("missing", "forbidden", "status", "redirects", "url"):
                return robots.EVERYTHING
            if refusal.reason in ("server", "busy"):
                raise FetchError("robots", f"{url}: {refusal.detail}") from None
            if refusal.reason != "large":
                raise
        return robots.parse(text.getvalue().decode("utf-8", "replace"), NAME)

    async def _ask(self, place: httpx.URL, out: BinaryIO, most: int) -> str | None:
        """Write the answer; of a redirect return where it leads instead."""
        host = self._hosts[place.host]
        async with host.slots, host.turn(self.limits.wait), self._slots:
            try:
                async with asyncio.timeout(self.limits.whole), self._pool.stream(
                    "GET", str(place), headers=self._headers, extensions={"timeout": self._timeouts()}
                ) as answer:  # fmt: skip
                    headers = httpx.Headers(answer.headers)
                    if answer.status in REDIRECTS and "Location" in headers:
                        return headers["Location"]
                    if answer.status not in (200, 203):
                        raise self._refusal(answer.status, headers, host)
                    await _write(answer, headers, out, most)
            except TimeoutError:
                raise FetchError("timeout", f"took more than {self.limits.whole:g} s") from None
            except httpcore.TimeoutException:
                raise FetchError("timeout", "the server is silent") from None
            except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
                raise FetchError("connection", str(error) or type(error).__name__) from None
            except (FetchError, OSError):  # OSError: the disk does not take it
                raise
            except Exception as error:  # what a stranger sends may find bugs in the parsers under this
                raise FetchError("connection", f"{type(error).__name__}: {error}", final=True) from error
        return None

    def _refusal(self, status: int, headers: httpx.Headers, host: _Host) -> FetchError:
        """What a status means; a host that asks to be left alone is."""
        wait = retry_after(headers.get("Retry-After"))
        reason = STATUSES.get(status, "server" if status >= 500 else "status")
        if wait and reason in TRANSIENT:
            host.resume = max(host.resume, asyncio.get_running_loop().time() + wait)
        return FetchError(reason, f"{status} {httpx.codes.get_reason_phrase(status)}".strip(), wait)

    def _timeouts(self) -> dict[str, float]:
        limits = self.limits
        return {"connect": limits.connect, "read": limits.silence, "write": limits.silence, "pool": limits.whole}


async def _write(answer: httpcore.Response, headers: httpx.Headers, out: BinaryIO, most: int) -> None:
    """The answer's bytes as they are, up to `most`."""
    stated = headers.get("Content-Length", "")
    if stated.isdecimal() and int(stated) > most:
        raise FetchError("large", f"{int(stated):,} bytes are more than {most:,}")
    size = 0
    async for chunk in answer.aiter_stream():
        size += len(chunk)
        if size > most:
            raise FetchError("large", f"more than {most:,} bytes")
        out.write(chunk)


def parsed(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """The parts of an address, taken relative to `base`. Raises Refused when it is none of the web's."""
    try:
        found = httpx.URL(url) if base is None else base.join(url)
        # a name, a password or a fragment is no part of what is fetched
        found = found.copy_with(username=None, password=None, fragment=None)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise FetchError("url", str(error)) from None
    odd = len(str(found)) > LONGEST or not (found.port is None or 0 < found.port < 1 << 16)
    if found.scheme not in ("http", "https") or not found.host or odd:
        raise FetchError("url", "not an address that starts with http:// or https://")
    return found
