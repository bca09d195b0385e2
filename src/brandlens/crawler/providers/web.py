"""General image search, through the package ddgs. It knows no licences: the pictures are their owners'."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

from brandlens.crawler.fetch.retry import backoff
from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, to_line, to_positive_int

MAX_PAGES = 20  # of a query
REQUEST_INTERVAL = 2.0  # seconds from one request to the next; search engines block clients that are faster
MAX_TRIES = 4
NO_RESULTS = "No results found"  # how ddgs says that a page is empty

ImageSearch = Callable[..., list[dict[str, Any]]]


class Web:
    """A provider. search_images: called with the query and its page, as `ddgs.DDGS().images` is."""

    def __init__(self, search_images: ImageSearch | None = None, *, interval: float = REQUEST_INTERVAL) -> None:
        self.search_images = search_images or _import_ddgs()
        self.interval = interval

    async def pages(self, query: str, first_page: int = 1) -> AsyncGenerator[Candidates, None]:
        seen: set[str] = set()
        for number in range(first_page, MAX_PAGES + 1):
            results = [result for result in await self._page(query, number) if to_line(result.get("image"))]
            new = [result for result in results if to_line(result["image"]) not in seen]
            if not new:  # past their last page some engines repeat it
                return
            seen.update(to_line(result["image"]) for result in new)
            yield tuple(map(_candidate, new))

    async def _page(self, query: str, number: int) -> list[dict[str, Any]]:
        """Return the results of one page; [] past the last. Engines that count requests may refuse for a while."""
        for num_tries in range(1, MAX_TRIES + 1):
            await asyncio.sleep(self.interval)
            try:
                return await asyncio.to_thread(self.search_images, query, page=number, max_results=None)
            except Exception as error:
                if NO_RESULTS in str(error):
                    return []
                if num_tries == MAX_TRIES:
                    raise SearchError(
                        f"web: {' '.join(str(error).split())[:200] or type(error).__name__}; the search engines block "
                        "clients with many requests: rerun in an hour, or use --provider openverse"
                    ) from None
                await asyncio.sleep(backoff(num_tries, self.interval))
        raise AssertionError("the last try returns or raises")


def _import_ddgs() -> ImageSearch:
    try:
        return importlib.import_module("ddgs").DDGS(timeout=20).images
    except ModuleNotFoundError:
        raise SearchError('web: searching the web needs ddgs; run: pip install "brandlens[web]"') from None


def _candidate(result: dict[str, Any]) -> Candidate:
    return Candidate(
        url=to_line(result["image"]),
        page=to_line(result.get("url")),
        title=to_line(result.get("title")),
        width=to_positive_int(result.get("width")),
        height=to_positive_int(result.get("height")),
    )
