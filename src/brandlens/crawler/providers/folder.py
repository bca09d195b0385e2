"""Pictures that lie on this machine already, so that they too are proven, deduplicated and listed."""

from collections.abc import AsyncIterator

from brandlens import images
from brandlens.crawler.providers.candidates import Candidate, Candidates, SearchError, text
from brandlens.errors import PictureError

SIZE = 100  # pictures a page


class Folder:
    """A provider whose queries are folders, files or patterns; its addresses begin with file:."""

    async def pages(self, query: str, first: int = 1) -> AsyncIterator[Candidates]:
        try:
            paths = images.list_files([query])
        except PictureError as error:
            raise SearchError(str(error)) from None
        for start in range(SIZE * (first - 1), len(paths), SIZE):
            some = paths[start : start + SIZE]
            yield tuple(Candidate(path.resolve().as_uri(), title=text(path.stem)) for path in some)
