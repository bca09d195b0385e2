"""Openverse: openly licensed pictures of Flickr, Wikimedia, museums and many others (API v1)."""

import os
from collections.abc import AsyncIterator
from typing import Any

import httpx

from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, side, text
from brandlens.crawler.providers.json_client import JsonClient

BASE = "https://api.openverse.org"
SIZE = 20  # pictures a page: the most that it gives to anyone
DEEPEST = 20  # pages of a query; its terms forbid to harvest more, and it refuses them
PACE = 1.0  # seconds from one request to the next
PACE_KNOWN = 0.6  # the same for those it knows: 100 requests a minute
ID, SECRET = "OPENVERSE_CLIENT_ID", "OPENVERSE_CLIENT_SECRET"  # in the environment, of those it knows


class Openverse:
    """A provider. credentials: client id and secret; without them it answers more slowly, and not so often a day."""

    def __init__(
        self,
        user_agent: str,
        *,
        base: str = BASE,
        credentials: tuple[str, str] | None = None,
        pace: float | None = None,
    ) -> None:
        self.base, self.credentials = base, credentials
        hint = f"run it again later, or {'check' if credentials else 'set'} {ID} and {SECRET} in the environment"
        self.api = JsonClient("openverse", user_agent, pace or (PACE_KNOWN if credentials else PACE), hint)
        self._token: str | None = None

    @classmethod
    def of_environment(cls, user_agent: str) -> "Openverse":
        """With the credentials that the environment holds, if any. Raises SearchError for half of them."""
        known, secret = os.environ.get(ID, ""), os.environ.get(SECRET, "")
        if bool(known) != bool(secret):
            raise SearchError(f"openverse: of {ID} and {SECRET} one is not set; set both, or none")
        return cls(user_agent, credentials=(known, secret) if known else None)

    async def pages(self, query: str, first: int = 1) -> AsyncIterator[Candidates]:
        async with self.api.client() as client:
            for number in range(first, DEEPEST + 1):
                wish = {"q": query, "page": number, "page_size": SIZE}
                headers = await self._authorised(client)
                request = client.build_request("GET", f"{self.base}/v1/images/", params=wish, headers=headers)
                answer = await self.api.ask(client, request)
                results = answer.get("results")
                if not isinstance(results, list) or not results:
                    return
                yield tuple(_candidate(each) for each in results if isinstance(each, dict) and text(each.get("url")))
                if number >= (side(answer.get("page_count")) or 1):
                    return

    async def _authorised(self, client: httpx.AsyncClient) -> dict[str, str]:
        """The headers of a request: with a token, asked for once, where there are credentials."""
        if self.credentials is None:
            return {}
        if self._token is None:
            known, secret = self.credentials
            form = {"grant_type": "client_credentials", "client_id": known, "client_secret": secret}
            request = client.build_request("POST", f"{self.base}/v1/auth_tokens/token/", data=form)
            self._token = text((await self.api.ask(client, request)).get("access_token"))
        return {"Authorization": f"Bearer {self._token}"}


def _candidate(found: dict[str, Any]) -> Candidate:
    return Candidate(
        url=text(found["url"]),
        page=text(found.get("foreign_landing_url")),
        title=text(found.get("title")),
        licence=_licence(text(found.get("license")), text(found.get("license_version"))),
        licence_url=text(found.get("license_url")),
        creator=text(found.get("creator")),
        attribution=text(found.get("attribution")),
        width=side(found.get("width")),
        height=side(found.get("height")),
    )


def _licence(code: str, version: str) -> str:
    """The usual short name: "by-sa" and "2.0" are CC BY-SA 2.0, "pdm" is the public domain mark."""
    if not code:
        return ""
    name = {"pdm": "Public Domain Mark", "cc0": "CC0"}.get(code, f"CC {code.upper()}")
    return f"{name} {version}".strip()
