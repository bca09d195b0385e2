"""Openverse: openly licensed pictures of Flickr, Wikimedia, museums and many others (API v1)."""

import os
from collections.abc import AsyncGenerator
from typing import Any

import httpx

from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, to_line, to_positive_int
from brandlens.crawler.providers.json_client import JsonClient

BASE_URL = "https://api.openverse.org"
PAGE_SIZE = 20  # pictures: the most that it gives to anyone
MAX_PAGES = 20  # of a query; its terms forbid to harvest more, and it refuses them
REQUEST_INTERVAL = 1.0  # seconds from one request to the next
REQUEST_INTERVAL_REGISTERED = 0.6  # the same with credentials: 100 requests a minute
ID, SECRET = "OPENVERSE_CLIENT_ID", "OPENVERSE_CLIENT_SECRET"  # credentials, in the environment


class Openverse:
    """A provider. credentials: client id and secret; without them it allows fewer requests a minute and a day."""

    def __init__(
        self,
        user_agent: str,
        *,
        base_url: str = BASE_URL,
        credentials: tuple[str, str] | None = None,
        interval: float | None = None,
    ) -> None:
        self.base_url, self.credentials = base_url, credentials
        interval = interval or (REQUEST_INTERVAL_REGISTERED if credentials else REQUEST_INTERVAL)
        hint = f"rerun later, or {'check' if credentials else 'set'} {ID} and {SECRET} in the environment"
        self.api = JsonClient("openverse", user_agent, interval, hint)
        self._token: str | None = None

    @classmethod
    def from_environment(cls, user_agent: str) -> "Openverse":
        """Return one with the credentials of the environment, if any. Raises SearchError for half of them."""
        client_id, secret = os.environ.get(ID, ""), os.environ.get(SECRET, "")
        if bool(client_id) != bool(secret):
            raise SearchError(f"openverse: of {ID} and {SECRET} one is not set; set both, or none")
        return cls(user_agent, credentials=(client_id, secret) if client_id else None)

    async def pages(self, query: str, first_page: int = 1) -> AsyncGenerator[Candidates, None]:
        async with self.api.client() as client:
            for number in range(first_page, MAX_PAGES + 1):
                params: dict[str, str | int] = {"q": query, "page": number, "page_size": PAGE_SIZE}
                headers = await self._authorization(client)
                request = client.build_request("GET", f"{self.base_url}/v1/images/", params=params, headers=headers)
                answer = await self.api.send(client, request)
                results = answer.get("results")
                if not isinstance(results, list) or not results:
                    return
                images = [result for result in results if isinstance(result, dict) and to_line(result.get("url"))]
                yield tuple(map(_candidate, images))
                if number >= (to_positive_int(answer.get("page_count")) or 1):
                    return

    async def _authorization(self, client: httpx.AsyncClient) -> dict[str, str]:
        """Return the headers of a request: with a token, requested once, where there are credentials."""
        if self.credentials is None:
            return {}
        if self._token is None:
            client_id, secret = self.credentials
            form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
            request = client.build_request("POST", f"{self.base_url}/v1/auth_tokens/token/", data=form)
            self._token = to_line((await self.api.send(client, request)).get("access_token"))
        return {"Authorization": f"Bearer {self._token}"}


def _candidate(result: dict[str, Any]) -> Candidate:
    return Candidate(
        url=to_line(result["url"]),
        page=to_line(result.get("foreign_landing_url")),
        title=to_line(result.get("title")),
        licence=_licence(to_line(result.get("license")), to_line(result.get("license_version"))),
        licence_url=to_line(result.get("license_url")),
        creator=to_line(result.get("creator")),
        attribution=to_line(result.get("attribution")),
        width=to_positive_int(result.get("width")),
        height=to_positive_int(result.get("height")),
    )


def _licence(code: str, version: str) -> str:
    """Return the usual short name: "by-sa" and "2.0" are CC BY-SA 2.0, "pdm" is the public domain mark."""
    if not code:
        return ""
    name = {"pdm": "Public Domain Mark", "cc0": "CC0"}.get(code, f"CC {code.upper()}")
    return f"{name} {version}".strip()
