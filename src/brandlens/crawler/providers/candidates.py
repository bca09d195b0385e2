"""What every provider turns a query into."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from brandlens.errors import UserError

Candidates = tuple["Candidate", ...]
USER_LISTS = frozenset({"urls", "folder"})  # providers of a user's own lists: taken whole, and read again in each run


class SearchError(UserError):
    """A search that fails or has no result; the message names the provider, and what to do."""


@dataclass(frozen=True)
class Candidate:
    """A picture that a provider names, not fetched yet; "" and None for what it does not say.

    url: of the picture itself. page: where it is shown to people. licence: its usual short name, such as CC BY 2.0.
    attribution: one line as the provider wants it. width, height: in pixels, as stated.
    """

    url: str
    page: str = ""
    title: str = ""
    licence: str = ""
    licence_url: str = ""
    creator: str = ""
    attribution: str = ""
    width: int | None = None
    height: int | None = None


class Provider(Protocol):
    """A source of candidates."""

    def pages(self, query: str, first_page: int = 1) -> AsyncGenerator[Candidates, None]:
        """Yield pages of candidates, best first, from page number `first_page` on, until there are no more.

        Raises SearchError when the search fails.
        """


def to_line(value: object) -> str:
    """Return a field of an answer as one line of text that UTF-8 can hold; "" for none."""
    line = " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
    return line.encode("utf-8", "replace").decode()


def to_positive_int(value: object) -> int | None:
    """Return a count, or a width or height in pixels, from a number or its digits; None for anything else."""
    try:
        number = int(value) if isinstance(value, str | int | float) else 0
    except (ValueError, OverflowError):
        return None
    return number if number > 0 else None
