from pathlib import Path

import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.check import boxes

COLA = Box(10, 10, 20, 20, "cola")


@pytest.mark.parametrize(
    ("drawn", "kept", "messages"),
    [
        pytest.param([], [], [], id="no boxes"),
        pytest.param([COLA], [COLA], [], id="one inside"),
        pytest.param([Box(0, 0, 100, 50, "cola")], [Box(0, 0, 100, 50, "cola")], [], id="all of the picture"),
        pytest.param([Box(100, 0, 9, 9, "cola")], [], ["outside"], id="beside the picture"),
        pytest.param([Box(0, -9, 9, 9, "cola")], [], ["outside"], id="above the picture"),
        pytest.param([Box(95, 45, 9, 9, "cola")], [Box(95, 45, 5, 5, "cola")], ["sticks out"], id="over the corner"),
        pytest.param([COLA, Box(10, 10, 20, 21, "cola")], [COLA], ["twice"], id="nearly the same box"),
        pytest.param([COLA, Box(10, 10, 20, 30, "cola")], [COLA, Box(10, 10, 20, 30, "cola")], [], id="a larger one"),
        pytest.param([COLA, Box(10, 10, 20, 20, "fizz")], [COLA, Box(10, 10, 20, 20, "fizz")], [], id="another label"),
        pytest.param(
            [COLA, Box(10, 10, 20, 20, "cola", True)], [COLA, Box(10, 10, 20, 20, "cola", True)], ["twice"],
            id="the same but for ignore: not for a machine to decide",
        ),
    ],
)  # fmt: skip
def test_check(drawn, kept, messages):
    places = tuple(f"x.xml, line {line}" for line in range(1, 2 + len(drawn)))
    issues, fixed = boxes.check(Picture(Path("a.jpg"), tuple(drawn), 100, 50, places), 100, 50)
    assert list(fixed.boxes) == kept
    assert len(fixed.places) == 1 + len(kept)
    assert len(issues) == len(messages)
    assert all(words in issue.message for issue, words in zip(issues, messages, strict=True))
    assert all(issue.place.startswith("x.xml, line ") for issue in issues)
    assert not [issue for issue in boxes.check(fixed, 100, 50)[0] if issue.safe]


@pytest.mark.parametrize(
    ("drawn", "found"),
    [
        pytest.param([], False, id="no boxes"),
        pytest.param([COLA], False, id="one inside"),
        pytest.param([Box(60, 30, 90, 45, "cola")], True, id="left, top, right, bottom"),
        pytest.param([Box(60, 30, 90, 45, "cola"), Box(5, 5, 30, 30, "cola")], True, id="half of them stick out"),
        pytest.param([Box(15, 8, 90, 45, "cola")], True, id="corners read as center and size"),
        pytest.param([Box(80, 30, 40, 45, "cola")], False, id="would be no corners"),
        pytest.param([Box(60, 30, 90, 45, "cola"), Box(60, 30, 20, 10, "cola")], False, id="not all would be corners"),
        pytest.param([Box(2, 2, 100, 50, "cola")], False, id="a little over the edge"),
    ],
)
def test_corners(drawn, found):
    assert bool(list(boxes.check_corners(Path("x.json"), [(box, 100, 50) for box in drawn]))) is found
