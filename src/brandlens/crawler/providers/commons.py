"""Wikimedia Commons, through the API of MediaWiki."""

import re
from collections.abc import AsyncGenerator
from html import unescape
from typing import Any

from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, to_line, to_positive_int
from brandlens.crawler.providers.json_client import JsonClient

BASE_URL = "https://commons.wikimedia.org"
PAGE_SIZE = 50  # files: the most that imageinfo is given for
MAX_PAGES = 200  # no search goes further than 10,000 files
REQUEST_INTERVAL = 1.0  # seconds from one request to the next
WIDTH = 1280  # pixels: Wikimedia keeps pictures of this width ready; the originals are often ten times larger
HTML_TAG = re.compile(r"<[^>]*>")


class Commons:
    """A provider. Wikimedia asks programs to name a contact, so it takes one."""

    def __init__(
        self, user_agent: str, contact: str | None, *, base_url: str = BASE_URL, interval: float = REQUEST_INTERVAL
    ) -> None:
        if not contact:
            raise SearchError("commons: Wikimedia wants to know whom to contact; name your e-mail address: --contact")
        self.base_url = base_url
        self.api = JsonClient("commons", user_agent, interval, "rerun later")

    async def pages(self, query: str, first_page: int = 1) -> AsyncGenerator[Candidates, None]:
        async with self.api.client() as client:
            for number in range(first_page, MAX_PAGES + 1):
                params: dict[str, str | int] = {
                    "action": "query", "format": "json", "formatversion": 2, "maxlag": 5,
                    "generator": "search", "gsrsearch": f"filetype:bitmap {query}", "gsrnamespace": 6,
                    "gsrlimit": PAGE_SIZE, "gsroffset": PAGE_SIZE * (number - 1),
                    "prop": "imageinfo", "iiprop": "url|size|extmetadata", "iiurlwidth": WIDTH,
                    "iiextmetadatafilter": "Artist|LicenseShortName|LicenseUrl|UsageTerms|Attribution",
                }  # fmt: skip
                request = client.build_request("GET", f"{self.base_url}/w/api.php", params=params)
                answer = await self.api.send(client, request)
                yield tuple(_candidates(answer))
                if not isinstance(answer.get("continue"), dict) or "gsroffset" not in answer["continue"]:
                    return


def _candidates(answer: dict[str, Any]) -> list[Candidate]:
    """Return the files of an answer, best first; an answer without files has no "query"."""
    query = answer.get("query")
    pages = query.get("pages") if isinstance(query, dict) else None
    files = [page for page in pages if isinstance(page, dict)] if isinstance(pages, list) else []
    candidates = []
    for page in sorted(files, key=lambda page: to_positive_int(page.get("index")) or 0):
        info = page.get("imageinfo")
        if isinstance(info, list) and info and isinstance(info[0], dict) and to_line(info[0].get("url")):
            candidates.append(_candidate(to_line(page.get("title")), info[0]))
    return candidates


def _candidate(title: str, info: dict[str, Any]) -> Candidate:
    metadata = info.get("extmetadata")
    shrunk = bool(info.get("thumburl"))  # which is the original where that is no wider

    def value_of(name: str) -> str:
        entry = metadata.get(name) if isinstance(metadata, dict) else None
        return _strip_html(to_line(entry.get("value"))) if isinstance(entry, dict) else ""

    return Candidate(
        url=to_line(info.get("thumburl")) or to_line(info.get("url")),
        page=to_line(info.get("descriptionurl")),
        title=re.sub(r"\.\w+$", "", title.removeprefix("File:")),
        licence=value_of("LicenseShortName") or value_of("UsageTerms"),
        licence_url=value_of("LicenseUrl"),
        creator=value_of("Artist"),
        attribution=value_of("Attribution"),
        width=to_positive_int(info.get("thumbwidth" if shrunk else "width")),
        height=to_positive_int(info.get("thumbheight" if shrunk else "height")),
    )


def _strip_html(html: str) -> str:
    """Return HTML, which the metadata is written in, as a line of text."""
    return " ".join(unescape(HTML_TAG.sub(" ", html)).split())
