from pathlib import Path

import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.check import boxes

COLA = Box(10, 10, 20, 20, "cola")


@pytest.mark.parametrize(
    ("drawn", "kept", "told"),
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
def test_check(drawn, kept, told):
    places = ("x.xml, line 1", *(f"x.xml, line {at}" for at in range(2, 2 + len(drawn))))
    findings, mended = boxes.check(Picture(Path("a.jpg"), tuple(drawn), 100, 50, places), 100, 50)
    assert list(mended.boxes) == kept
    assert len(mended.places) == 1 + len(kept)
    assert [words in finding.what for finding, words in zip(findings, told, strict=True)] == [True] * len(told)
    assert all(finding.place.startswith("x.xml, line ") for finding in findings)
    again = boxes.check(mended, 100, 50)[0]
    assert not [finding for finding in again if finding.safe]
