"""Boxes → crops: which files are written, what they show, and what the manifest says of them."""

import csv
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, area, intersection, iou, to_xyxy
from brandlens.errors import UserError
from brandlens.logo.crops import extract, windows
from brandlens.logo.crops.extract import CropRecord, Recipe
from brandlens.logo.crops.windows import WindowSpec

Painter = Callable[..., Picture]

RECIPE = Recipe(halo=0.2, copies=3, shift=0.12, zoom=1.3, stretch=1.2, negatives=4.0, smallest=24, seed=1)
COLA = Box(120, 80, 90, 30, "cola")
SMALL = Box(30, 150, 45, 15, "cola")
RIVAL = Box(200, 20, 60, 20, "fizz")
IGNORED = Box(10, 10, 120, 40, "cola", ignore=True)


def view(rows: Sequence[CropRecord]) -> np.ndarray:
    """(n, 4) windows of manifest rows."""
    return np.array([(row.left, row.top, row.right, row.bottom) for row in rows], np.float32).reshape(-1, 4)


def of_kind(rows: Sequence[CropRecord], *kinds: str) -> list[CropRecord]:
    return [row for row in rows if row.kind in kinds]


# The geometry that serves some pictures


@pytest.mark.parametrize(
    ("boxes", "labels", "words"),
    [
        pytest.param([], [], "the training pictures have no labelled box", id="no boxes"),
        pytest.param([IGNORED], [], "the training pictures have no labelled box", id="only an ignore box"),
        pytest.param([COLA], ["fizz"], 'no training box has the label "fizz"; there are: cola', id="no such label"),
        pytest.param([COLA, RIVAL], ["cola", "Cola"], 'the label "Cola"; there are: cola, fizz', id="in other letters"),
        pytest.param([replace(COLA, label="other")], [], 'the label "other" is kept', id="a label that is taken"),
        pytest.param([replace(COLA, label="a/b")], [], 'the label "a/b" cannot name a folder', id="a path"),
        pytest.param([replace(COLA, label="..")], [], 'the label ".." cannot name a folder', id="a way out"),
        pytest.param([replace(COLA, label="/b")], ["/b"], 'the label "/b" cannot name a folder', id="a path from /"),
        pytest.param([replace(COLA, label="a\\b")], [], "cannot name a folder", id="a path on Windows"),
    ],
)
def test_pictures_that_no_geometry_serves(boxes: list[Box], labels: list[str], words: str) -> None:
    with pytest.raises(UserError) as caught:
        extract.fit_window([Picture(Path("a.png"), tuple(boxes))], labels, (75, 22), 0.1, 2)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "found", "aspects"),
    [
        pytest.param([], ("cola", "fizz"), (1.0, 3.0), id="every label there is, sorted"),
        pytest.param(["fizz", "cola"], ("fizz", "cola"), (1.0, 3.0), id="in the order wished"),
        pytest.param(["cola"], ("cola",), (3.0,), id="shapes of the brands looked for only"),
        pytest.param(["cola", "cola"], ("cola",), (3.0,), id="named twice"),
    ],
)
def test_geometry_for(labels: list[str], found: tuple[str, ...], aspects: tuple[float, ...]) -> None:
    tall = Box(0, 0, 10, 50, "fizz", ignore=True)
    pictures = [
        Picture(Path("a.png"), (Box(0, 0, 20, 20, "fizz"), tall)),
        Picture(Path("b.png")),
        Picture(Path("c.png"), (COLA, SMALL)),
    ]
    geometry = extract.fit_window(pictures, labels, (64, 32), 0.2, 2)
    assert geometry == WindowSpec(found, 64, 32, 0.2, aspects)


# What is written


@pytest.mark.parametrize("splits", [{}, {"train": []}, {"train": [], "val": [], "test": []}], ids=str)
def test_no_pictures(tmp_path: Path, geometry: WindowSpec, splits: dict[str, list[Picture]]) -> None:
    assert extract.extract_crops(splits, tmp_path / "crops", geometry, RECIPE) == []
    assert extract.read_manifest(tmp_path / "crops") == (geometry, RECIPE.halo, [])
    assert not list(tmp_path.rglob("*.png"))


def test_a_picture_without_boxes_gives_background(tmp_path: Path, paint: Painter, geometry: WindowSpec) -> None:
    rows = extract.extract_crops({"train": [paint("empty")]}, tmp_path / "crops", geometry, RECIPE)
    assert rows
    assert {(row.label, row.kind) for row in rows} == {("other", "background")}


@pytest.fixture
def album(paint: Painter) -> dict[str, list[Picture]]:
    return {
        "train": [paint("shop, left", COLA, RIVAL), paint("café", SMALL, IGNORED), paint("street")],
        "val": [paint("shop", COLA, SMALL)],
        "test": [paint("shop again", RIVAL), paint("kiosk", COLA)],
    }


@pytest.fixture
def written(tmp_path: Path, album: dict[str, list[Picture]], geometry: WindowSpec) -> tuple[Path, list[CropRecord]]:
    folder = tmp_path / "crops"
    return folder, extract.extract_crops(album, folder, geometry, RECIPE)


def test_every_row_is_a_file_in_its_class_folder(written: tuple[Path, list[CropRecord]], geometry: WindowSpec) -> None:
    folder, rows = written
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    assert len(files) == len(rows)
    assert {row.file for row in rows} == files
    for row in rows:
        assert Path(row.file).parent == Path(row.split, row.label)
        assert images.read(folder / row.file).shape == (22 + 2 * 4, 75 + 2 * 15, 3)


def test_the_manifest_reads_as_it_was_written(written: tuple[Path, list[CropRecord]], geometry: WindowSpec) -> None:
    folder, rows = written
    assert extract.read_manifest(folder) == (geometry, RECIPE.halo, rows)
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["file"] for row in table] == [row.file for row in rows]
    assert {row["picture"] for row in table} >= {"shop, left.png", "café.png"}


def test_what_each_split_gives(written: tuple[Path, list[CropRecord]]) -> None:
    """Copies of training boxes only; rivals once each, as "other"; the ignore box nothing; 4 backgrounds a logo."""
    _, rows = written
    assert Counter((row.split, row.label, row.kind) for row in rows) == {
        ("train", "cola", "box"): 2,
        ("train", "cola", "copy"): 6,
        ("train", "other", "rival"): 1,
        ("train", "other", "background"): 8,
        ("val", "cola", "box"): 2,
        ("val", "other", "background"): 8,
        ("test", "cola", "box"): 1,
        ("test", "other", "rival"): 1,
        ("test", "other", "background"): 4,
    }


def test_background_is_spread_over_the_pictures(written: tuple[Path, list[CropRecord]]) -> None:
    _, rows = written
    counts = Counter(row.picture for row in of_kind(rows, "background") if row.split == "train")
    assert sorted(counts.values()) == [2, 3, 3]


def test_without_negatives_there_is_no_background(tmp_path: Path, paint: Painter, geometry: WindowSpec) -> None:
    pictures = [paint("shop", COLA), paint("street")]
    rows = extract.extract_crops({"val": pictures}, tmp_path / "crops", geometry, replace(RECIPE, negatives=0.0))
    assert [row.kind for row in rows] == ["box"]


def test_summary(written: tuple[Path, list[CropRecord]]) -> None:
    _, rows = written
    assert extract.summary(rows) == (
        "5 boxes of 1 labels in 6 pictures → 5 + 6 crops, 2 of rivals, 20 of background"
    )  # fmt: skip
    assert extract.summary([]).startswith("0 boxes of 0 labels in 0 pictures")


# Where the windows lie


def test_a_box_lies_in_the_middle_of_its_crop(written: tuple[Path, list[CropRecord]], geometry: WindowSpec) -> None:
    _, rows = written
    boxes = of_kind(rows, "box")
    expected = {"shop, left.png": COLA, "café.png": SMALL, "kiosk.png": COLA}
    for row in boxes:
        if row.picture in expected:
            box = to_xyxy([expected[row.picture]])
            np.testing.assert_allclose(view([row]), windows.window_around(box, geometry), atol=0.01)
            np.testing.assert_allclose((row.x, row.y), 0, atol=1e-4)


def test_places_recover_the_boxes(written: tuple[Path, list[CropRecord]]) -> None:
    """Of boxes and copies; what shows no brand has no place."""
    _, rows = written
    logos = of_kind(rows, "box", "copy")
    found = windows.decode_boxes(view(logos), extract.box_deltas(logos))
    for row, box in zip(logos, found, strict=True):
        near = np.abs(to_xyxy([COLA, SMALL]) - box).max(axis=1).min()
        assert near < 0.1, row
    assert not extract.box_deltas(of_kind(rows, "rival", "background")).any()


def test_a_copy_is_another_view_of_its_box(written: tuple[Path, list[CropRecord]]) -> None:
    _, rows = written
    logos = of_kind([row for row in rows if row.picture == "shop, left.png"], "box", "copy")
    assert len({tuple(each) for each in view(logos)}) == 1 + RECIPE.copies
    assert (iou(view(logos[:1]), view(logos[1:])) > 0.3).all()


@pytest.mark.parametrize(
    ("boxes", "aspects"),
    [
        pytest.param([], (3.0,), id="no boxes"),
        pytest.param([COLA, SMALL, RIVAL, IGNORED], (1.0, 3.0), id="brands, a rival and an ignore box"),
        pytest.param([Box(0, 0, 320, 100, "cola")], (3.0,), id="half of the picture"),
        pytest.param([Box(0, 0, 320, 120, "fizz", ignore=True)], (0.5, 3.0), id="most of it to be ignored"),
    ],
)
def test_background_is_clear_of_every_box_and_as_the_scan_looks(
    tmp_path: Path, paint: Painter, geometry: WindowSpec, boxes: list[Box], aspects: tuple[float, ...]
) -> None:
    geometry = replace(geometry, aspects=aspects)
    pictures = [paint("shop", *boxes), paint("kiosk", COLA)]
    rows = extract.extract_crops({"train": pictures}, tmp_path / "crops", geometry, replace(RECIPE, negatives=100.0))
    background = [row for row in of_kind(rows, "background") if row.picture == "shop.png"]
    assert len(background) > 20
    found = view(background)
    assert (iou(found, to_xyxy(boxes)) < 0.1 + 1e-3).all()
    ignored = intersection(found, to_xyxy([box for box in boxes if box.ignore])) / area(found)[:, None]
    assert (ignored < 0.2 + 1e-3).all()
    width, height = (found[:, 2:] - found[:, :2]).T
    assert (np.abs((width / height)[:, None] / aspects - 1).min(axis=1) < 0.01).all()
    side = np.sqrt(width * height)
    least, most = RECIPE.smallest * (1 + 2 * geometry.margin), math.sqrt(320 * 200)
    assert least * 0.99 < side.min() < least * 1.5
    assert side.max() < most * 1.01
    inside = np.minimum((found[:, 2:] + found[:, :2]) / 2, (320, 200) - (found[:, 2:] + found[:, :2]) / 2)
    assert (inside > 0).all()  # their centres lie in the picture


def test_a_picture_full_of_logo_gives_no_background(tmp_path: Path, paint: Painter, geometry: WindowSpec) -> None:
    """No window over it is clear, and cutting goes on."""
    picture = paint("poster", Box(0, 0, 48, 20, "cola"), size=(48, 20))
    rows = extract.extract_crops({"val": [picture]}, tmp_path / "crops", geometry, RECIPE)
    assert [row.kind for row in rows] == ["box"]


@pytest.mark.parametrize(
    ("recipe", "same"),
    [
        pytest.param(RECIPE, True, id="the same seed"),
        pytest.param(replace(RECIPE, seed=2), False, id="another seed"),
    ],
)
def test_the_seed_decides(
    tmp_path: Path, album: dict[str, list[Picture]], written: tuple[Path, list[CropRecord]], geometry: WindowSpec,
    recipe: Recipe, same: bool,
) -> None:  # fmt: skip
    folder, rows = written
    again = extract.extract_crops(album, tmp_path / "again", geometry, recipe)
    assert (again == rows) is same
    assert ((tmp_path / "again" / "manifest.csv").read_bytes() == (folder / "manifest.csv").read_bytes()) is same
    if same:
        for row in rows:
            assert (tmp_path / "again" / row.file).read_bytes() == (folder / row.file).read_bytes()


def test_each_split_draws_for_itself(tmp_path: Path, paint: Painter, geometry: WindowSpec) -> None:
    picture = paint("shop", COLA)
    rows = extract.extract_crops({"val": [picture], "test": [picture]}, tmp_path / "crops", geometry, RECIPE)
    val, test = (view([row for row in of_kind(rows, "background") if row.split == split]) for split in ("val", "test"))
    assert len(val) == len(test) == 4
    assert (val != test).any(axis=1).all()


def test_several_brands(tmp_path: Path, paint: Painter) -> None:
    geometry = WindowSpec(("fizz", "cola"), 64, 32, 0.0, (2.0,))
    rows = extract.extract_crops({"train": [paint("shop", COLA, RIVAL)]}, tmp_path / "crops", geometry, RECIPE)
    assert not of_kind(rows, "rival")
    assert {path.name for path in (tmp_path / "crops" / "train").iterdir()} == {"fizz", "cola", "other"}
    numbers = extract.class_ids(rows, geometry)
    assert numbers.dtype == np.int64
    expected = {"other": 0, "fizz": 1, "cola": 2}
    assert [expected[row.label] for row in rows] == numbers.tolist()


# What the files show


def test_no_rows() -> None:
    assert extract.box_deltas([]).shape == (0, 4)
    assert extract.class_ids([], WindowSpec(("cola",), 75, 22, 0.1, (3.0,))).shape == (0,)


def test_crops_show_their_boxes(written: tuple[Path, list[CropRecord]], geometry: WindowSpec) -> None:
    """Flat boxes on grey: the colour is in the middle of every logo's crop, the ground at its corners."""
    folder, rows = written
    logos = of_kind(rows, "box", "rival")
    shown = extract.load_images(folder, logos)
    assert shown.dtype == np.uint8
    assert shown.shape == (len(logos), 30, 105, 3)
    assert (shown[:, 15, 52] == (255, 0, 255)).all()
    assert (shown[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 70).all()
    window = extract.center_crop(shown, geometry)
    assert window.shape == (len(logos), 22, 75, 3)
    assert (window == (255, 0, 255)).all(axis=3).mean() > 0.4


def test_rows_are_loaded_in_their_order(written: tuple[Path, list[CropRecord]]) -> None:
    folder, rows = written
    some = [rows[3], rows[0], rows[3]]
    for row, loaded in zip(some, extract.load_images(folder, some), strict=True):
        np.testing.assert_array_equal(loaded, images.read(folder / row.file))


@pytest.mark.parametrize(
    ("halo", "reach"),
    [pytest.param(0.0, (0, 0), id="none"), pytest.param(0.2, (15, 4), id="a fifth"), pytest.param(1, (75, 22), id="1")],
)
def test_the_halo_in_pixels(geometry: WindowSpec, halo: float, reach: tuple[int, int]) -> None:
    assert extract.padding_pixels(geometry, halo) == reach
    shown = extract.crop_padded(np.zeros((50, 90, 3), np.uint8), np.float32([5, 5, 35, 15]), geometry, halo)
    assert shown.shape == (22 + 2 * reach[1], 75 + 2 * reach[0], 3)


def coordinates() -> np.ndarray:
    """A picture whose red is the column and green the row: a colour tells its place."""
    y, x = np.mgrid[:200, :250]
    return np.stack([x, y, 0 * x], axis=2).astype(np.uint8)


@pytest.mark.parametrize("corner", [(40, 60), (0, 0), (-20, -10), (150, 170)], ids=str)
def test_the_middle_of_a_crop_is_the_window_exactly_where_pixels_are_whole(
    geometry: WindowSpec, corner: tuple[int, int]
) -> None:
    window = np.float32([*corner, corner[0] + 150, corner[1] + 44])
    cropped = extract.center_crop(extract.crop_padded(coordinates(), window, geometry, 0.2)[None], geometry)[0]
    np.testing.assert_array_equal(cropped, windows.crop_image(coordinates(), window, 75, 22))


@given(
    centre=st.tuples(st.floats(-20, 270), st.floats(-20, 220)),
    width=st.floats(40, 200),
    height=st.floats(12, 60),
    halo=st.sampled_from([0.0, 0.2, 0.35]),
)
def test_the_middle_of_a_crop_is_the_window_itself(
    centre: tuple[float, float], width: float, height: float, halo: float
) -> None:
    """Training sees the crop without its halo, the scan the window: the same, but for rounding to whole pixels."""
    geometry, picture = WindowSpec(("cola",), 75, 22, 0.1, (3.0,)), coordinates()
    window = windows.from_centers(np.array([centre]), np.array([[width, height]]))[0]
    cropped = extract.center_crop(extract.crop_padded(picture, window, geometry, halo)[None], geometry)[0]
    off = cropped.astype(int) - windows.crop_image(picture, window, 75, 22)
    for channel, scale in ((0, width / 75), (1, height / 22)):
        assert abs(off[..., channel].mean()) <= 1.5
        assert np.abs(off[..., channel]).max() <= 2.5 + scale / 4
