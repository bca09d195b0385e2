"""What every provider turns a query into."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from brandlens.errors import UserError

Candidates = tuple["Candidate", ...]
LISTS = frozenset({"urls", "folder"})  # providers that are a user's own: taken whole, and read anew each time


class SearchError(UserError):
    """A provider that cannot be asked, or has nothing; the message names it, and what to do."""


@dataclass(frozen=True)
class Candidate:
    """A picture that a provider names, before anyone has looked at it; "" and None for what it does not say.

    url: the picture itself. page: where it is shown to people. licence: its usual short name, such as CC BY 2.0.
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
    """Someone to ask for pictures."""

    def pages(self, query: str, first: int = 1) -> AsyncIterator[Candidates]:
        """Its answers from page number `first` on, a page at a time, best first; ends where it has no more.

        Raises SearchError when it cannot be asked.
        """


def text(value: object) -> str:
    """A field of an answer as one line of text that UTF-8 can hold; "" for none."""
    line = " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
    return line.encode("utf-8", "replace").decode()


def side(value: object) -> int | None:
    """A width or height in pixels, from a number or its digits; None for anything else."""
    try:
        found = int(value) if isinstance(value, str | int | float) else 0
    except (ValueError, OverflowError):
        return None
    return found if found > 0 else None
