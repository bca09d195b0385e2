"""Requests to a JSON API: at the pace that it allows, and again when it is busy."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from brandlens.crawler.fetch import tls
from brandlens.crawler.fetch.retry import backoff, retry_after
from brandlens.crawler.providers.candidates import SearchError

MAX_TRIES = 4
MAX_RETRY_AFTER = 90.0  # seconds that a service may ask to wait; for longer the search fails
BUSY = frozenset({408, 429, 500, 502, 503, 504})


@dataclass
class JsonClient:
    """A service. interval: seconds from one request to the next. hint: what helps when it refuses, for people."""

    name: str
    user_agent: str
    interval: float
    hint: str
    _available_at: float = field(default=0.0, init=False)  # on the loop's clock

    def client(self) -> httpx.AsyncClient:
        """Return a client to send requests with; to be closed after."""
        headers = {"User-Agent": self.user_agent}
        return httpx.AsyncClient(http2=True, headers=headers, verify=tls.context(), timeout=30.0, follow_redirects=True)

    async def send(self, client: httpx.AsyncClient, request: httpx.Request) -> dict[str, Any]:
        """Send a request and return the JSON object of the answer.

        Raises SearchError, which says what went wrong and what helps.
        """
        for num_tries in range(1, MAX_TRIES + 1):
            await self._wait_for_turn()
            wait: float | None = None
            try:
                response = await client.send(request)
                content = _json_object(response)
                if response.is_success and content is not None and "error" not in content:
                    return content
                failure = _failure(response, content)
                wait = retry_after(response.headers.get("Retry-After"))
                lagging = response.is_success and wait is not None  # MediaWiki's maxlag
                transient = response.status_code in BUSY or lagging
            except httpx.HTTPError as error:
                failure, transient = str(error) or type(error).__name__, True
            if not transient or num_tries == MAX_TRIES or (wait or 0) > MAX_RETRY_AFTER:
                asks = f" (asks to wait {wait:.0f} s)" if wait else ""
                raise SearchError(f"{self.name}: {failure}{asks}; {self.hint}") from None
            await asyncio.sleep(max(wait or 0.0, backoff(num_tries, self.interval)))
        raise AssertionError("the last try returns or raises")

    async def _wait_for_turn(self) -> None:
        """Wait until the service may be requested again."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(self._available_at - clock())
        self._available_at = clock() + self.interval


def _json_object(response: httpx.Response) -> dict[str, Any] | None:
    """Return the JSON object in the answer; None for anything else."""
    try:
        content = response.json()
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _failure(response: httpx.Response, content: dict[str, Any] | None) -> str:
    """Return the service's own message of what went wrong, or the status of its answer."""
    message = (content or {}).get("detail") or (content or {}).get("error")
    if isinstance(message, dict):
        message = message.get("info")
    if isinstance(message, str) and message:
        return " ".join(message.split())[:200].rstrip(".")
    if response.is_success:
        return "the answer is not the JSON that it documents"
    return f"{response.status_code} {response.reason_phrase}"
