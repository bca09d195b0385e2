"""Which labels a detector looks for in some training pictures."""

from dataclasses import replace
from pathlib import Path

import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.errors import UserError
from brandlens.logo.labels import class_names, labels_of

COLA = Box(120, 80, 90, 30, "cola")
FIZZ = Box(200, 20, 60, 20, "fizz")
IGNORED = replace(COLA, ignore=True)


@pytest.mark.parametrize(
    ("boxes", "wanted", "message"),
    [
        pytest.param([], [], "the training pictures have no labelled box", id="no boxes"),
        pytest.param([IGNORED], [], "the training pictures have no labelled box", id="only an ignore box"),
        pytest.param([COLA], ["fizz"], 'no training box has the label "fizz"; there are: cola', id="no such label"),
        pytest.param([COLA, FIZZ], ["cola", "Cola"], 'the label "Cola"; there are: cola, fizz', id="in other letters"),
        pytest.param([replace(COLA, label="background")], [], 'the label "background" is reserved', id="reserved"),
        pytest.param([replace(COLA, label="a/b")], [], 'the label "a/b" cannot name a folder', id="a path"),
        pytest.param([replace(COLA, label="..")], [], 'the label ".." cannot name a folder', id="a way out"),
        pytest.param([replace(COLA, label="/b")], ["/b"], 'the label "/b" cannot name a folder', id="a path from /"),
        pytest.param([replace(COLA, label="a\\b")], [], "cannot name a folder", id="a path on Windows"),
    ],
)
def test_labels_that_cannot_be_looked_for(boxes: list[Box], wanted: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        labels_of([Picture(Path("a.png"), tuple(boxes))], wanted)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param([], ("cola", "fizz"), id="every label there is, sorted"),
        pytest.param(["fizz", "cola"], ("fizz", "cola"), id="in the order given"),
        pytest.param(["cola"], ("cola",), id="one of two"),
        pytest.param(["cola", "cola"], ("cola",), id="named twice"),
    ],
)
def test_labels_of(wanted: list[str], expected: tuple[str, ...]) -> None:
    pictures = [
        Picture(Path("a.png"), (FIZZ, replace(COLA, label="soda", ignore=True))),
        Picture(Path("b.png"), (COLA,)),
    ]
    assert labels_of(pictures, wanted) == expected


def test_class_names() -> None:
    assert class_names(["fizz", "cola"]) == ("background", "fizz", "cola")
