"""Pictures that are on this machine already, so that they too are validated, deduplicated and listed."""

from collections.abc import AsyncGenerator

from brandlens import media_files
from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, to_line
from brandlens.errors import PictureError

PAGE_SIZE = 100  # pictures


class Folder:
    """A provider whose queries are folders, files or patterns; its addresses begin with file:."""

    async def pages(self, query: str, first_page: int = 1) -> AsyncGenerator[Candidates, None]:
        try:
            listing = media_files.list_files([query])
        except PictureError as error:
            raise SearchError(str(error)) from None
        for start in range(PAGE_SIZE * (first_page - 1), len(listing.files), PAGE_SIZE):
            page = listing.files[start : start + PAGE_SIZE]
            yield tuple(Candidate(path.resolve().as_uri(), title=to_line(path.stem)) for path in page)
        if listing.skipped:
            raise SearchError(f"{query}: {listing.describe_skipped()}")
