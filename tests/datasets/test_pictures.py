import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from brandlens import annotations, config, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.datasets.pictures import import_pictures, merge
from brandlens.errors import AnnotationError, UserError

HOME = Path(__file__).resolve().parents[2]
DATA = os.environ.get("BRANDLENS_DATA")
COLA = Box(10, 10, 20, 20, "cola")


def photo(seed: int) -> np.ndarray:
    """Draw soft blobs of color, 90 x 120."""
    grid = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return cv2.resize(grid, (120, 90), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def mine(tmp_path):
    """Write twelve photos of the user's; return their records."""
    pictures = []
    for seed in range(12):
        path = tmp_path / "mine" / "photos" / f"{seed:02}.png"
        images.write(path, photo(seed))
        pictures.append(Picture(path, (COLA,)))
    return pictures


def collect(*files, ratios=(0.5, 0.25, 0.25)):
    """Return the params that name these annotation files."""
    cfg = config.load(HOME / "params.yaml").logo.collect
    return replace(cfg, source="folder", annotations=tuple(map(str, files)), split_ratios=ratios)


def imported(*splits):
    """Write annotations of one list of pictures, or of three, and import them."""
    root = splits[0][0].path.parent.parent if splits[0] else Path.cwd()
    files = [root / f"{number}.xml" for number in range(len(splits))]
    for file, pictures in zip(files, splits, strict=True):
        annotations.write(file, pictures)
    return import_pictures(collect(*files), root.parent / "into", seed=1)


def all_pictures(splits):
    return [picture for pictures in splits.values() for picture in pictures]


def test_no_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no pictures"):
        imported([])


@pytest.mark.parametrize("count", [0, 2, 4])
def test_one_file_or_three(tmp_path, count):
    with pytest.raises(UserError, match="one, or three"):
        import_pictures(collect(*["a.xml"] * count), tmp_path, seed=1)


def test_pictures_are_copied_as_they_are(mine, tmp_path):
    copies = all_pictures(imported(mine))
    assert len(copies) == 12
    assert {picture.path for picture in copies} == set((tmp_path / "into" / "images").iterdir())
    for picture in copies:
        assert picture == Picture(tmp_path / "into" / "images" / picture.path.name, (COLA,), 120, 90)
        assert picture.path.read_bytes() == (tmp_path / "mine" / "photos" / picture.path.name).read_bytes()


def test_annotations_behind_a_url(mine, tmp_path):
    expected = [picture.path.name for picture in all_pictures(imported(mine))]
    store = pytest.importorskip("fsspec").filesystem("memory")
    bucket = tmp_path.name  # of this test alone: others leave theirs in memory
    store.put(f"{tmp_path / 'mine'}/", f"/{bucket}/", recursive=True)
    try:
        splits = import_pictures(collect(f"memory://{bucket}/0.xml"), tmp_path / "from-url", seed=1)
    finally:
        store.rm(f"/{bucket}", recursive=True)
    assert [picture.path.name for picture in all_pictures(splits)] == expected
    assert all(picture.path.parent == tmp_path / "from-url" / "images" for picture in all_pictures(splits))


def test_the_result_is_the_same_each_time_and_can_be_written(mine, tmp_path):
    first = imported(mine)
    assert imported(mine[::-1]) == first
    annotations.write(tmp_path / "into" / "train.xml", first["train"])
    assert annotations.read(tmp_path / "into" / "train.xml") == first["train"]


def test_near_duplicates_share_a_split(mine):
    root = mine[0].path.parent
    for seed in range(6):
        images.write(root / f"again {seed}.jpg", cv2.resize(photo(seed), (60, 45), interpolation=cv2.INTER_AREA), 60)
    copies = imported([*mine, *(Picture(root / f"again {seed}.jpg", (COLA,)) for seed in range(6))])
    for pictures in copies.values():
        names = {picture.path.stem for picture in pictures}
        assert all((f"{seed:02}" in names) == (f"again {seed}" in names) for seed in range(6))


def test_three_files_stay_as_given(mine, capsys):
    copies = imported(mine[:6], mine[6:9], mine[9:])
    assert [[picture.path.stem for picture in pictures] for pictures in copies.values()] == [
        [f"{number:02}" for number in numbers] for numbers in (range(6), range(6, 9), range(9, 12))
    ]
    assert "warning" not in capsys.readouterr().err


def test_near_duplicates_across_three_files_are_reported(mine, capsys):
    images.write(mine[9].path, photo(0))
    imported(mine[:6], mine[6:9], mine[9:])
    assert "warning: 2 pictures have a near-duplicate in another of the given splits" in capsys.readouterr().err


def test_names_do_not_collide(mine, tmp_path):
    others = []
    for number, name in enumerate(("other/00.png", "other/00.JPG", "third/00.PNG", "third/Ünï 東京.png")):
        path = tmp_path / "mine" / name
        images.write(path, photo(50 + number))
        others.append(Picture(path))
    copies = all_pictures(imported([*mine, *others]))
    names = [picture.path.name for picture in copies]
    assert len({name.lower() for name in names}) == len(names) == 16
    assert {"00.png", "00-2.png", "00-3.jpg", "00-4.png", "Ünï 東京.png"} <= set(names)


@pytest.mark.parametrize(
    ("box", "kept"),
    [
        pytest.param(Box(0, 0, 120, 90, "cola"), Box(0, 0, 120, 90, "cola"), id="all of it"),
        pytest.param(Box(-5, -5, 10, 10, "cola"), Box(0, 0, 5, 5, "cola"), id="over the corner"),
        pytest.param(Box(119, 80, 50, 50, "cola", True), Box(119, 80, 1, 10, "cola", True), id="one column, ignore"),
        pytest.param(Box(120, 10, 5, 5, "cola"), None, id="beside the picture"),
        pytest.param(Box(5, -10, 5, 10, "cola"), None, id="above the picture"),
    ],
)
def test_boxes_are_cut_off_at_the_edge(mine, box, kept):
    pictures = [Picture(mine[0].path, (box,)), *mine[1:]]
    if kept:
        (copies,) = (picture for picture in all_pictures(imported(pictures)) if picture.path.stem == "00")
        assert copies.boxes == (kept,)
    else:
        with pytest.raises(AnnotationError, match=r'00\.png: .*"cola".*outside'):
            imported(pictures)


def write_turned(path: Path, orientation: int) -> np.ndarray:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(photo(40)).save(path, quality=95, exif=exif)
    return photo(40)[10:30, 10:30]


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(None, None), (120, 90)], ids=["no size stated", "stored size stated"])
def test_boxes_refer_to_the_pixels_as_stored(mine, suffix, orientation, size):
    path = mine[0].path.with_name(f"turned{suffix}")
    expected = write_turned(path, orientation)
    copies = all_pictures(imported([*mine, Picture(path, (COLA,), *size)]))
    (picture,) = (each for each in copies if each.path.stem == "turned")
    pixels = images.read(picture.path)
    assert pixels.shape[:2] == (picture.height, picture.width)
    (box,) = picture.boxes
    cut = pixels[box.top : box.top + box.height, box.left : box.left + box.width]
    assert np.abs(cut.astype(int) - expected).mean() < 4


def test_boxes_refer_to_the_turned_picture_where_its_size_says_so(mine):
    path = mine[0].path.with_name("turned.jpg")
    write_turned(path, 6)
    copies = all_pictures(imported([*mine, Picture(path, (COLA,), 90, 120)]))
    (picture,) = (each for each in copies if each.path.stem == "turned")
    assert picture.boxes == (COLA,)
    assert images.read(picture.path).shape == (120, 90, 3)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(lambda path: path.unlink(), "no such file", id="missing"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:500]), "cut short", id="cut short"),
        pytest.param(lambda path: images.write(path, photo(0)[:50]), "labelled at 120x90", id="of another size"),
    ],
)
def test_a_few_bad_pictures_are_named_and_left_out(mine, capsys, damage, words):
    pictures = [Picture(picture.path, picture.boxes, 120, 90) for picture in mine]
    damage(mine[3].path)
    copies = all_pictures(imported(pictures))
    assert "03" not in {picture.path.stem for picture in copies}
    assert len(copies) == 11
    lines = [line for line in capsys.readouterr().err.splitlines() if "left out" in line]
    assert len(lines) == 1
    assert str(mine[3].path) in lines[0]
    assert words in lines[0]


def test_many_bad_pictures_are_an_error(mine):
    for picture in mine[:2]:
        picture.path.unlink()
    with pytest.raises(UserError, match=r"2 of 12 .*00\.png: no such file"):
        imported(mine)


def test_a_picture_listed_twice(mine):
    with pytest.raises(AnnotationError, match=r"00\.png is listed 2 times"):
        imported([*mine, mine[0]])


def test_pictures_where_the_copies_go(tmp_path):
    path = tmp_path / "into" / "images" / "a.png"
    images.write(path, photo(1))
    annotations.write(tmp_path / "into" / "mine.xml", [Picture(path)])
    with pytest.raises(AnnotationError, match="elsewhere"):
        import_pictures(collect(tmp_path / "into" / "mine.xml"), tmp_path / "into", seed=1)


@pytest.mark.skipif(not DATA, reason="BRANDLENS_DATA names no folder of real pictures")
def test_real_pictures(tmp_path):
    splits = import_pictures(collect(Path(DATA, "drinks5", "val.xml"), ratios=(0.6, 0.2, 0.2)), tmp_path, seed=1)
    assert sum(map(len, splits.values())) == 68
    for pictures in splits.values():
        assert {box.label for picture in pictures for box in picture.boxes} >= {"Lavie", "Coca"}


FIZZ = Box(40, 10, 20, 20, "fizz")
A, B = Path("a.png"), Path("b.png")


@pytest.mark.parametrize(
    ("listed", "merged"),
    [
        pytest.param([], [], id="no file"),
        pytest.param([[Picture(A, (COLA,))], []], [Picture(A, (COLA,))], id="an empty one"),
        pytest.param([[Picture(A)], [Picture(B)]], [Picture(A), Picture(B)], id="different pictures"),
        pytest.param(
            [[Picture(A, (COLA,))], [Picture(A, (FIZZ,))]], [Picture(A, (COLA, FIZZ))], id="two brands in one"
        ),
        pytest.param([[Picture(A, (COLA,))], [Picture(A, (COLA,))]], [Picture(A, (COLA,))], id="the same box"),
        pytest.param(
            [[Picture(A)], [Picture(A, (), 80, 60)]], [Picture(A, (), 80, 60)], id="a size that one of them states"
        ),
    ],
)
def test_merge(listed: list[list[Picture]], merged: list[Picture]) -> None:
    assert merge([Path(str(number)) for number in range(len(listed))], listed) == merged


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        pytest.param([[Picture(A), Picture(A)]], r"0: a\.png is listed 2 times", id="twice in one file"),
        pytest.param([[Picture(A, (), 80, 60)], [Picture(A, (), 60, 80)]], "another size than in", id="two sizes"),
    ],
)
def test_what_cannot_be_merged(listed: list[list[Picture]], message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        merge([Path(str(number)) for number in range(len(listed))], listed)


def test_several_files_are_put_together_and_split_here(mine):
    root = mine[0].path.parent.parent
    for name, pictures in (("a", mine[:7]), ("b", mine[5:])):
        annotations.write(root / f"{name}.xml", pictures)
    cfg = replace(collect(root / "a.xml", root / "b.xml"), predefined_splits=False)
    splits = import_pictures(cfg, root.parent / "into", seed=1)
    assert len(all_pictures(splits)) == 12
    with pytest.raises(UserError, match="2 annotation files; name one, or three"):
        import_pictures(replace(cfg, predefined_splits=True), root.parent / "other", seed=1)
