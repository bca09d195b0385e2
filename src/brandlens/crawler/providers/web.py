"""General image search, through the package ddgs. It knows no licences: what it finds is its owners'."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from brandlens.crawler.fetch.retry import backoff
from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, side, text

DEEPEST = 20  # pages of a query
PACE = 2.0  # seconds from one request to the next; search engines turn away who asks faster
TRIES = 4
NOTHING = "No results found"  # how ddgs says that a page is empty

Images = Callable[..., list[dict[str, Any]]]


class Web:
    """A provider. images: called with the query and its page, as `ddgs.DDGS().images` is."""

    def __init__(self, images: Images | None = None, *, pace: float = PACE) -> None:
        self.images = images or _ddgs()
        self.pace = pace

    async def pages(self, query: str, first: int = 1) -> AsyncIterator[Candidates]:
        seen: set[str] = set()
        for number in range(first, DEEPEST + 1):
            found = [each for each in await self._page(query, number) if text(each.get("image"))]
            fresh = [each for each in found if text(each["image"]) not in seen]
            if not fresh:  # past their last page some engines give it again
                return
            seen.update(text(each["image"]) for each in fresh)
            yield tuple(_candidate(each) for each in fresh)

    async def _page(self, query: str, number: int) -> list[dict[str, Any]]:
        """One page, which engines that count requests may refuse for a while; [] past the last."""
        for tries in range(1, TRIES + 1):
            await asyncio.sleep(self.pace)
            try:
                return await asyncio.to_thread(self.images, query, page=number, max_results=None)
            except Exception as error:
                if NOTHING in str(error):
                    return []
                if tries == TRIES:
                    raise SearchError(
                        f"web: {' '.join(str(error).split())[:200] or type(error).__name__}; the search engines turn "
                        "away who asks much: run it again in an hour, or use --provider openverse"
                    ) from None
                await asyncio.sleep(backoff(tries, self.pace))
        raise AssertionError("the last try returns or raises")


def _ddgs() -> Images:
    try:
        return importlib.import_module("ddgs").DDGS(timeout=20).images
    except ModuleNotFoundError:
        raise SearchError('web: searching the web needs ddgs; run: pip install "brandlens[web]"') from None


def _candidate(found: dict[str, Any]) -> Candidate:
    return Candidate(
        url=text(found["image"]),
        page=text(found.get("url")),
        title=text(found.get("title")),
        width=side(found.get("width")),
        height=side(found.get("height")),
    )
