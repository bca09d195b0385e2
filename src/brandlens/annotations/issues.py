"""What is wrong in an annotation file, where, and how to fix it; and what a reader does about it.

Every reader takes an `on_issue`: `raise_issue` stops at the first issue; `list.append` collects all of them while the
reader goes on with the next box or picture.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from brandlens.errors import AnnotationError

MAX_PRINTED = 10  # lines on what was tolerated


@dataclass(frozen=True)
class Issue:
    """What is wrong at one place.

    place: the file and the place in it, such as "drinks.xml, line 41".
    hint: it may well be as it should; a reader has read it, and says how.
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


def quoted(path: Path) -> str:
    """Return a path as it stands in a command line."""
    return f'"{path}"' if " " in str(path) else str(path)


def raise_issue(issue: Issue) -> None:
    """Raise the issue as an AnnotationError, one line; nothing for a hint."""
    if not issue.hint:
        raise AnnotationError(str(issue))


@dataclass
class Tolerated:
    """An `on_issue` that raises all but hints, and unless `strict` but what is safe to leave out; both are kept."""

    strict: bool = True
    issues: list[Issue] = field(default_factory=list)

    def __call__(self, issue: Issue) -> None:
        if not issue.hint and (self.strict or not issue.safe):
            raise_issue(issue)
        self.issues.append(issue)

    def print(self) -> None:
        """Print what was tolerated on stderr, a line each up to MAX_PRINTED."""
        for issue in self.issues[:MAX_PRINTED]:
            what = "" if issue.hint else "left out: "
            print(f"{what}{issue.place}: {issue.message}{'' if what else f'; {issue.fix}'}", file=sys.stderr)
        if len(self.issues) > MAX_PRINTED:
            more = len(self.issues) - MAX_PRINTED
            print(f"and {more:,} more, which `brandlens logo check` lists", file=sys.stderr)


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
