"""Asking a service for JSON: at the pace that it allows, and again when it is busy."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from brandlens.crawler.fetch import tls
from brandlens.crawler.fetch.retry import backoff, retry_after
from brandlens.crawler.providers.candidates import SearchError

TRIES = 4
LONGEST = 90.0  # seconds that a service may ask to wait; for longer it is given up
BUSY = frozenset({408, 429, 500, 502, 503, 504})


@dataclass
class JsonClient:
    """A service. pace: seconds from one request to the next. hint: what helps when it refuses, for people."""

    name: str
    user_agent: str
    pace: float
    hint: str
    _free: float = field(default=0.0, init=False)  # time on the loop's clock when it may be asked again

    def client(self) -> httpx.AsyncClient:
        """A client to ask with; to be closed after."""
        headers = {"User-Agent": self.user_agent}
        return httpx.AsyncClient(http2=True, headers=headers, verify=tls.context(), timeout=30.0, follow_redirects=True)

    async def ask(self, client: httpx.AsyncClient, request: httpx.Request) -> dict[str, Any]:
        """The answer. Raises SearchError, which says what went wrong and what helps."""
        for tries in range(1, TRIES + 1):
            await self._turn()
            wait: float | None = None
            try:
                answer = await client.send(request)
                found = _json(answer)
                if answer.is_success and found is not None and "error" not in found:
                    return found
                failure = _failure(answer, found)
                wait = retry_after(answer.headers.get("Retry-After"))
                passing = answer.status_code in BUSY or (answer.is_success and wait is not None)  # MediaWiki's maxlag
            except httpx.HTTPError as error:
                failure, passing = str(error) or type(error).__name__, True
            if not passing or tries == TRIES or (wait or 0) > LONGEST:
                raise SearchError(f"{self.name}: {failure}{_asked(wait)}; {self.hint}") from None
            await asyncio.sleep(max(wait or 0.0, backoff(tries, self.pace)))
        raise AssertionError("the last try returns or raises")

    async def _turn(self) -> None:
        """Wait until the service may be asked again."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(self._free - clock())
        self._free = clock() + self.pace


def _json(answer: httpx.Response) -> dict[str, Any] | None:
    """The object in the answer, if it is one."""
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _failure(answer: httpx.Response, found: dict[str, Any] | None) -> str:
    """What the service says went wrong, or the status that it answered with."""
    said = (found or {}).get("detail") or (found or {}).get("error")
    if isinstance(said, dict):
        said = said.get("info")
    if isinstance(said, str) and said:
        return " ".join(said.split())[:200].rstrip(".")
    if answer.is_success:
        return "the answer is not the JSON that it documents"
    return f"{answer.status_code} {answer.reason_phrase}"


def _asked(wait: float | None) -> str:
    return f" (asks to wait {wait:.0f} s)" if wait else ""
