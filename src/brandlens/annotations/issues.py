"""What is wrong in an annotation file, where, and how to fix it; and what a reader does about it.

Every reader takes an `on_issue`: `raise_issue` stops at the first issue; `list.append` collects all of them while the
reader goes on with the next box or picture.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from brandlens.errors import AnnotationError


@dataclass(frozen=True)
class Issue:
    """What is wrong at one place.

    place: the file and the place in it, such as "drinks.xml, line 41".
    hint: it may well be as it should.
    safe: leaving the thing out, or writing it as `fix` says, loses nothing, so a program may do it.
    """

    place: str
    message: str
    fix: str
    hint: bool = False
    safe: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.message}; {self.fix}"


OnIssue = Callable[[Issue], None]


class InvalidValueError(Exception):
    """A value that makes no sense; whoever knows its place turns it into an issue."""

    def __init__(self, message: str, fix: str, safe: bool = False) -> None:
        super().__init__(message)
        self.message, self.fix, self.safe = message, fix, safe


def raise_issue(issue: Issue) -> None:
    """Raise the issue as an AnnotationError, one line; nothing for a hint."""
    if not issue.hint:
        raise AnnotationError(str(issue))


@contextmanager
def reporting(on_issue: OnIssue, place: str) -> Iterator[None]:
    """Report an InvalidValueError that the block raises as an issue at this place, and go on after the block."""
    try:
        yield
    except InvalidValueError as error:
        issue = Issue(place, error.message, error.fix, safe=error.safe)
    else:
        return
    on_issue(issue)
