"""Wikimedia Commons, through the API of MediaWiki."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, side, text
from brandlens.crawler.providers.json_client import JsonClient

BASE = "https://commons.wikimedia.org"
SIZE = 50  # files a page: the most that imageinfo is given for
DEEPEST = 200  # pages: no search goes further than 10,000 files
PACE = 1.0  # seconds from one request to the next
WIDTH = 1280  # pixels: Wikimedia keeps pictures of this width ready; the originals are often ten times larger
TAG = re.compile(r"<[^>]*>")


class Commons:
    """A provider. Wikimedia wants programs to say whom it can write to, so it takes a contact."""

    def __init__(self, user_agent: str, contact: str | None, *, base: str = BASE, pace: float = PACE) -> None:
        if not contact:
            raise SearchError("commons: Wikimedia wants to know whom to write to; name your e-mail address: --contact")
        self.base = base
        self.api = JsonClient("commons", user_agent, pace, "run it again later")

    async def pages(self, query: str, first: int = 1) -> AsyncIterator[Candidates]:
        async with self.api.client() as client:
            for number in range(first, DEEPEST + 1):
                wish = {
                    "action": "query", "format": "json", "formatversion": 2, "maxlag": 5,
                    "generator": "search", "gsrsearch": f"filetype:bitmap {query}", "gsrnamespace": 6,
                    "gsrlimit": SIZE, "gsroffset": SIZE * (number - 1),
                    "prop": "imageinfo", "iiprop": "url|size|extmetadata", "iiurlwidth": WIDTH,
                    "iiextmetadatafilter": "Artist|LicenseShortName|LicenseUrl|UsageTerms|Attribution",
                }  # fmt: skip
                answer = await self.api.ask(client, client.build_request("GET", f"{self.base}/w/api.php", params=wish))
                yield tuple(_candidates(answer))
                if not isinstance(answer.get("continue"), dict) or "gsroffset" not in answer["continue"]:
                    return


def _candidates(answer: dict[str, Any]) -> list[Candidate]:
    """The files of an answer, best first; no files, no "query"."""
    query = answer.get("query")
    pages = query.get("pages") if isinstance(query, dict) else None
    files = [page for page in pages if isinstance(page, dict)] if isinstance(pages, list) else []
    found = []
    for page in sorted(files, key=lambda page: side(page.get("index")) or 0):
        info = page.get("imageinfo")
        if isinstance(info, list) and info and isinstance(info[0], dict) and text(info[0].get("url")):
            found.append(_candidate(text(page.get("title")), info[0]))
    return found


def _candidate(title: str, info: dict[str, Any]) -> Candidate:
    meta = info.get("extmetadata")
    shrunk = bool(info.get("thumburl"))  # which is the original where that is no wider

    def said(name: str) -> str:
        value = meta.get(name) if isinstance(meta, dict) else None
        return _plain(text(value.get("value"))) if isinstance(value, dict) else ""

    return Candidate(
        url=text(info.get("thumburl")) or text(info.get("url")),
        page=text(info.get("descriptionurl")),
        title=re.sub(r"\.\w+$", "", title.removeprefix("File:")),
        licence=said("LicenseShortName") or said("UsageTerms"),
        licence_url=said("LicenseUrl"),
        creator=said("Artist"),
        attribution=said("Attribution"),
        width=side(info.get("thumbwidth" if shrunk else "width")),
        height=side(info.get("thumbheight" if shrunk else "height")),
    )


def _plain(html: str) -> str:
    """HTML, which the metadata is written in, as a line of text."""
    return " ".join(unescape(TAG.sub(" ", html)).split())
