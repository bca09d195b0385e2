"""Places without a box: their order, their file, and how they become boxes."""

from pathlib import Path

import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.check import places
from brandlens.check.places import Place, PlaceList
from brandlens.errors import UserError

FILE = Path("set/drinks.xml")
PICTURES = [Picture(Path("set/images/a.png"), (Box(1, 2, 3, 4, "cola"),)), Picture(Path("set/images/b.png"))]


def place(picture: str, score: float, file: Path = FILE) -> Place:
    return Place(file, f"images/{picture}.png", f"{file}, line 4", Detection("fizz", score, 5, 6, 7, 8))


@pytest.fixture
def found() -> PlaceList:
    """Three places, the last one in another file."""
    other = Path("set/val.xml")
    ranked = places.rank([place("a", 0.5), place("c", 0.4, other), place("b", 0.9)])
    return PlaceList(ranked, {str(FILE): places.digest(FILE, PICTURES), str(other): places.digest(other, [])})


def test_no_places(tmp_path: Path) -> None:
    none = PlaceList([], {str(FILE): places.digest(FILE, PICTURES)})
    none.write(tmp_path / "none.json")
    assert PlaceList.read(tmp_path / "none.json") == none
    assert none.take_over(FILE, PICTURES, (), ()) == PICTURES
    with pytest.raises(UserError, match="1 is no place"):
        none.take_over(FILE, PICTURES, (1,), ())


def test_the_surest_is_the_first(found: PlaceList) -> None:
    assert [(each.picture, each.detection.score) for each in found.places[:2]] == [
        ("images/b.png", 0.9),
        ("images/a.png", 0.5),
    ]
    assert str(found.places[0].hint(1)) == (
        f'{FILE}, line 4: 1: b.png at 5,6 7x8 looks to the model like "fizz" (0.90); draw a box or mark it as ignore'
    )


def test_they_become_boxes(found: PlaceList, tmp_path: Path) -> None:
    found.write(tmp_path / "places.json")
    taken = PlaceList.read(tmp_path / "places.json").take_over(FILE, PICTURES, (1,), (2, 2))
    assert [picture.boxes for picture in taken] == [
        (Box(1, 2, 3, 4, "cola"), Box(5, 6, 7, 8, "fizz", ignore=True)),
        (Box(5, 6, 7, 8, "fizz"),),
    ]


def test_a_picture_that_is_listed_twice_gets_a_box_once(found: PlaceList) -> None:
    twice = [*PICTURES, PICTURES[1]]
    again = PlaceList(found.places, {str(FILE): places.digest(FILE, twice)})
    assert [len(picture.boxes) for picture in again.take_over(FILE, twice, (1,), ())] == [1, 1, 0]


@pytest.mark.parametrize(
    ("file", "pictures", "accepted", "ignored", "message"),
    [
        pytest.param(FILE, PICTURES, (0,), (), "0 is no place; they are numbered from 1 to 3", id="no such number"),
        pytest.param(FILE, PICTURES, (1, 2), (2,), "2 is both to accept and to ignore", id="both"),
        pytest.param(FILE, PICTURES, (3,), (), "3 is a place in set/val.xml, not in", id="of another file"),
        pytest.param(Path("else.xml"), PICTURES, (1,), (), "else.xml: not one of the files", id="another file"),
        pytest.param(FILE, PICTURES[:1], (1,), (), "drinks.xml: changed since", id="changed since"),
    ],
)
def test_refused(found, file, pictures, accepted, ignored, message) -> None:
    with pytest.raises(UserError, match=message):
        found.take_over(file, pictures, accepted, ignored)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"format": 2, "kind": "places"}'])
def test_no_list(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "places.json").write_text(content)
    with pytest.raises(UserError, match="--model and --sheet"):
        PlaceList.read(tmp_path / "places.json")
