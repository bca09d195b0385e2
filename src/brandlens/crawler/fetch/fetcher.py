"""One address of the web → a file: politely, within limits, and never from a private network."""

import asyncio
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
from brandlens.io import file_digest

CRAWLER = "brandlens"  # our name in robots.txt
MAX_URL_LENGTH = 4096  # characters
REDIRECTS = frozenset({301, 302, 303, 307, 308})
STATUS_REASONS = {401: "forbidden", 402: "forbidden", 403: "forbidden", 404: "missing", 408: "server", 410: "missing"}
STATUS_REASONS |= {425: "server", 429: "busy", 451: "forbidden", 503: "busy"}


def make_user_agent(contact: str | None) -> str:
    """Return the User-Agent header: what this is, and whom to contact.

    Raises UserError for a contact that a header cannot hold.
    """
    if contact and not (contact.isascii() and contact.isprintable()):
        raise UserError(f"--contact {contact!r}: cannot be sent; give an e-mail or web address in plain ASCII letters")
    return f"{CRAWLER}/{__version__} (collects pictures to train a logo detector{f'; {contact}' if contact else ''})"


@dataclass(frozen=True)
class Limits:
    """What one run may take of the network and of this machine. Times are in seconds."""

    max_connections: int = 16
    max_connections_per_host: int = 4
    max_tries: int = 3  # of one request, while the failures are transient
    initial_backoff: float = 1.0  # before the second try, doubled from try to try
    connect_timeout: float = 10.0
    read_timeout: float = 15.0  # without a byte
    total_timeout: float = 60.0  # for an answer from its beginning to its end
    max_retry_after: float = 60.0  # that a server may ask to wait; for longer the address fails
    max_redirects: int = 5
    max_bytes: int = 25 << 20  # of a picture


@dataclass(frozen=True)
class Download:
    """What was fetched. sha256: in hexadecimal."""

    sha256: str
    num_bytes: int


class _Host:
    """The limits of a host: how many connections at once, and from when on."""

    def __init__(self, max_connections: int) -> None:
        self.slots = asyncio.Semaphore(max_connections)
        self.available_at = 0.0  # on the loop's clock: the host asked not to be requested before

    @asynccontextmanager
    async def available(self, max_wait: float) -> AsyncIterator[None]:
        """Wait until it may be requested again. Raises FetchError when that takes more than `max_wait` seconds."""
        clock = asyncio.get_running_loop().time
        while (wait := self.available_at - clock()) > 0:
            if wait > max_wait:
                raise FetchError("busy", f"asks to wait {wait:.0f} s", wait)
            await asyncio.sleep(wait)
        yield


class _Origin:
    """The robots.txt of a server: requested once, whatever the answer."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.rules: Rules | FetchError | None = None


class Fetcher:
    """Fetches addresses; an async context manager. allowed_networks: may be connected to though not public."""

    def __init__(self, user_agent: str, limits: Limits, allowed_networks: Sequence[Network] = ()) -> None:
        self.limits = limits
        # servers that compress pictures are rare, and what is not decompressed cannot grow
        self._headers = [("User-Agent", user_agent), ("Accept", "image/*,*/*;q=0.1"), ("Accept-Encoding", "identity")]
        self._hosts: defaultdict[str, _Host] = defaultdict(lambda: _Host(limits.max_connections_per_host))
        self._origins: defaultdict[str, _Origin] = defaultdict(_Origin)
        self._slots = asyncio.Semaphore(limits.max_connections)
        # the engine of httpx, as httpx itself takes no network backend
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls.context(),
            http2=True,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_connections,
            keepalive_expiry=10,
            network_backend=PublicOnlyBackend(allowed_networks),
        )

    async def __aenter__(self) -> "Fetcher":
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def fetch(self, url: str, path: Path) -> Download:
        """Fetch `url` into a file, which is on the disk when this returns. Raises FetchError; a part may be left then.

        Transient failures are tried again, after a backoff or as long as the server asks to wait.
        """

        async def attempt() -> None:
            with path.open("wb") as file:
                await self._follow(url, file, self.limits.max_bytes, check_robots=True)
                file.flush()
                os.fsync(file.fileno())

        await self._with_retries(attempt)
        return Download(file_digest(path), path.stat().st_size)

    async def _with_retries(self, attempt: Callable[[], Awaitable[None]]) -> None:
        for num_tries in range(1, self.limits.max_tries + 1):
            try:
                return await attempt()
            except FetchError as error:
                wait = error.retry_after or 0.0
                if not error.transient or num_tries == self.limits.max_tries or wait > self.limits.max_retry_after:
                    raise
                await asyncio.sleep(max(wait, backoff(num_tries, self.limits.initial_backoff)))
        return None

    async def _follow(self, url: str, out: BinaryIO, max_bytes: int, *, check_robots: bool) -> None:
        """Write what is at `url`, or where it redirects to. check_robots: obey each server's robots.txt."""
        visited: set[httpx.URL] = set()
        current = parse_url(url)
        while current not in visited:
            visited.add(current)
            if len(visited) > self.limits.max_redirects + 1:
                raise FetchError("redirects", f"more than {self.limits.max_redirects}")
            if check_robots and not (await self._rules(current)).can_fetch(current.raw_path.decode("ascii")):
                raise FetchError("robots", f"{current.host} asks not to fetch it")
            location = await self._request(current, out, max_bytes)
            if location is None:
                return
            current = parse_url(location, current)
        raise FetchError("redirects", f"leads back to {current}")

    async def _rules(self, url: httpx.URL) -> Rules:
        """Return the rules of the server's robots.txt. Raises FetchError where that fails: then nothing is fetched."""
        robots_url = str(url.copy_with(raw_path=b"/robots.txt"))
        origin = self._origins[robots_url]
        async with origin.lock:
            if origin.rules is None:
                try:
                    origin.rules = await self._fetch_robots(robots_url)
                except FetchError as error:
                    origin.rules = error
        if isinstance(origin.rules, FetchError):
            raise FetchError(origin.rules.reason, origin.rules.detail, origin.rules.retry_after, final=True)
        return origin.rules

    async def _fetch_robots(self, url: str) -> Rules:
        text = io.BytesIO()

        async def attempt() -> None:
            text.seek(0)
            text.truncate()
            await self._follow(url, text, robots.MAX_BYTES, check_robots=False)

        try:
            await self._with_retries(attempt)
        except FetchError as error:
            if error.reason in ("missing", "forbidden", "status", "redirects", "url"):
                return robots.ALLOW_ALL
            if error.reason in ("server", "busy"):
                raise FetchError("robots", f"{url}: {error.detail}") from None
            if error.reason != "large":
                raise
        return robots.parse(text.getvalue().decode("utf-8", "replace"), CRAWLER)

    async def _request(self, url: httpx.URL, out: BinaryIO, max_bytes: int) -> str | None:
        """Write the body of the answer; return the location of a redirect instead."""
        host = self._hosts[url.host]
        async with host.slots, host.available(self.limits.max_retry_after), self._slots:
            try:
                async with asyncio.timeout(self.limits.total_timeout), self._pool.stream(
                    "GET", str(url), headers=self._headers, extensions={"timeout": self._timeouts()}
                ) as response:  # fmt: skip
                    headers = httpx.Headers(response.headers)
                    if response.status in REDIRECTS and "Location" in headers:
                        return headers["Location"]
                    if response.status not in (200, 203):
                        raise self._status_error(response.status, headers, host)
                    await _write_body(response, headers, out, max_bytes)
            except TimeoutError:
                raise FetchError("timeout", f"took more than {self.limits.total_timeout:g} s") from None
            except httpcore.TimeoutException:
                raise FetchError("timeout", "the server is silent") from None
            except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
                raise FetchError("connection", str(error) or type(error).__name__) from None
            except (FetchError, OSError):  # OSError: the disk is full
                raise
            except Exception as error:  # what a stranger sends may trigger bugs in the parsers below
                raise FetchError("connection", f"{type(error).__name__}: {error}", final=True) from error
        return None

    def _status_error(self, status: int, headers: httpx.Headers, host: _Host) -> FetchError:
        """Return the error that a status means; note for the host how long it asks to wait."""
        wait = retry_after(headers.get("Retry-After"))
        reason = STATUS_REASONS.get(status, "server" if status >= 500 else "status")
        if wait and reason in TRANSIENT:
            host.available_at = max(host.available_at, asyncio.get_running_loop().time() + wait)
        return FetchError(reason, f"{status} {httpx.codes.get_reason_phrase(status)}".strip(), wait)

    def _timeouts(self) -> dict[str, float]:
        limits = self.limits
        return {
            "connect": limits.connect_timeout, "read": limits.read_timeout, "write": limits.read_timeout,
            "pool": limits.total_timeout,
        }  # fmt: skip


async def _write_body(response: httpcore.Response, headers: httpx.Headers, out: BinaryIO, max_bytes: int) -> None:
    """Write the body's bytes as they are. Raises FetchError when they are more than `max_bytes`."""
    stated = headers.get("Content-Length", "")
    if stated.isdecimal() and int(stated) > max_bytes:
        raise FetchError("large", f"{int(stated):,} bytes are more than {max_bytes:,}")
    num_bytes = 0
    async for chunk in response.aiter_stream():
        num_bytes += len(chunk)
        if num_bytes > max_bytes:
            raise FetchError("large", f"more than {max_bytes:,} bytes")
        out.write(chunk)


def parse_url(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Parse an address, relative to `base`. Raises FetchError when it is not an address of the web."""
    try:
        parsed = httpx.URL(url) if base is None else base.join(url)
        # a name, a password or a fragment is no part of what is fetched
        parsed = parsed.copy_with(username=None, password=None, fragment=None)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise FetchError("url", str(error)) from None
    valid_port = parsed.port is None or 0 < parsed.port < 1 << 16
    if parsed.scheme not in ("http", "https") or not parsed.host or not valid_port or len(str(parsed)) > MAX_URL_LENGTH:
        raise FetchError("url", "not an address that starts with http:// or https://")
    return parsed
