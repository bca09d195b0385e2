"""What is wrong in an annotation file, where, and how to mend it; and what a reader does on finding it.

Every reader takes a `tell`: `strict` stops at the first finding, `list.append` collects them all while the reader goes
on with the next box or picture.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from brandlens.errors import AnnotationError


@dataclass(frozen=True)
class Issue:
    """place: the file and the place in it. hint: may well be as it should. safe: mended by leaving the thing out."""

    place: str
    what: str
    mend: str
    hint: bool = False
    safe: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.what}; {self.mend}"


OnIssue = Callable[[Issue], None]


class InvalidValueError(Exception):
    """A value that makes no sense where it stands; whoever knows the place turns it into a finding."""

    def __init__(self, what: str, mend: str, safe: bool = False) -> None:
        super().__init__(what)
        self.what, self.mend, self.safe = what, mend, safe


def raise_issue(finding: Issue) -> None:
    """Raise the finding as an AnnotationError, one line."""
    raise AnnotationError(str(finding))


@contextmanager
def reporting(tell: OnIssue, place: str) -> Iterator[None]:
    """Tell of an UnfitError in the block, which stood at this place; what the block was making is left out."""
    try:
        yield
    except InvalidValueError as error:
        found = Issue(place, error.what, error.mend, safe=error.safe)
    else:
        return
    tell(found)
