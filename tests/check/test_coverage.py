"""What a dataset lacks as a whole."""

from pathlib import Path

import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.check import coverage

COLA, TINY = Box(1, 2, 30, 40, "cola"), Box(1, 2, 7, 40, "cola")
IGNORED = Box(1, 2, 3, 4, "cola", True)


@pytest.mark.parametrize(
    ("boxes", "others_have_boxes", "message", "hint"),
    [
        pytest.param([], False, "no pictures", False, id="no pictures"),
        pytest.param(
            [[], [IGNORED]], False, "no boxes at all: every picture would be background", False, id="no boxes"
        ),
        pytest.param([[]], True, "no boxes at all: every picture would be background", True, id="a file of background"),
        pytest.param([[], [], [COLA]], False, "2 of 3 pictures have no box, and would be background", True, id="few"),
        pytest.param([[], [COLA]], False, None, True, id="half"),
        pytest.param(
            [[TINY, COLA, TINY]],
            False,
            "box has a side of less than 8 pixels, and so have 1 more",
            True,
            id="tiny boxes",
        ),
    ],
)
def test_check(boxes, others_have_boxes, message, hint):
    pictures = [Picture(Path(f"{number}.png"), tuple(each)) for number, each in enumerate(boxes)]
    issues = list(coverage.check(Path("a.xml"), pictures, others_have_boxes=others_have_boxes))
    assert [(issue.message, issue.hint) for issue in issues] == ([(message, hint)] if message else [])
