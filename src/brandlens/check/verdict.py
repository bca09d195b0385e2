"""Answer whether a dataset is safe to train on, of what was found in it.

An issue breaks a training or teaches it something wrong; a hint is worth a look, and may be as it should.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from brandlens.annotations.issues import Issue
from brandlens.errors import plural


@dataclass(frozen=True)
class Verdict:
    """Whether a dataset is safe to train on as it is, and a line that says so, or what must be done first."""

    safe: bool
    text: str


def judge(issues: Sequence[Issue], *, fixed: bool = False, fix_command: str | None = None) -> Verdict:
    """Return the verdict on what was found.

    fixed: what is safe to fix has been fixed. fix_command: fixes what is safe to fix; None where there is none.
    """
    left = [issue for issue in issues if not issue.hint and not (fixed and issue.safe)]
    hints = sum(issue.hint for issue in issues)
    if not left:
        look = f" Worth a look: {plural(hints, 'hint')} above." if hints else ""
        return Verdict(True, f"Safe to train on.{look}")
    if fix_command and all(issue.safe for issue in left):
        return Verdict(False, f"Safe to train on after: {fix_command} (it fixes {plural(len(left), 'finding')} above).")
    return Verdict(False, f"Not safe to train on: {plural(len(left), 'finding')} above must be fixed first.")
