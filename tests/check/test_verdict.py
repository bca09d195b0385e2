"""Is this safe to train on? The answer follows from what was found."""

import pytest

from brandlens.annotations.issues import Issue
from brandlens.check import verdict

HINT = Issue("a", "b", "c", hint=True)
SAFE_HINT = Issue("a", "b", "c", hint=True, safe=True)
SAFE = Issue("a", "b", "c", safe=True)
ISSUE = Issue("a", "b", "c")
FIRST = "must be fixed first."
FIX = "brandlens logo check a.xml --fix"


@pytest.mark.parametrize(
    ("issues", "fixed", "fix_command", "safe", "text"),
    [
        pytest.param([], False, FIX, True, "Safe to train on.", id="nothing found"),
        pytest.param([HINT], False, FIX, True, "Safe to train on. Worth a look: 1 hint above.", id="a hint"),
        pytest.param([HINT, SAFE_HINT], False, None, True, "Safe to train on. Worth a look: 2 hints above.", id="two"),
        pytest.param([SAFE], False, FIX, False, f"Safe to train on after: {FIX} (it fixes 1 finding above).", id="fix"),
        pytest.param([SAFE, HINT], True, FIX, True, "Safe to train on. Worth a look: 1 hint above.", id="fixed"),
        pytest.param(
            [SAFE], False, None, False, f"Not safe to train on: 1 finding above {FIRST}", id="no --fix"
        ),
        pytest.param(
            [SAFE, ISSUE], False, FIX, False, f"Not safe to train on: 2 findings above {FIRST}", id="not safe"
        ),
        pytest.param(
            [SAFE, ISSUE], True, FIX, False, f"Not safe to train on: 1 finding above {FIRST}", id="one left"
        ),
    ],
)  # fmt: skip
def test_judge(issues, fixed, fix_command, safe, text):
    assert verdict.judge(issues, fixed=fixed, fix_command=fix_command) == verdict.Verdict(safe, text)
