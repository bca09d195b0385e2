"""Boxes → crops: which files are written, what they show, and what the manifest says of them."""

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
from brandlens.config.logo import Crop
from brandlens.errors import UserError
from brandlens.logo.crops import extract, manifest, windows
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.crops.windows import WindowSpec

Painter = Callable[..., Picture]
Splits = dict[str, list[Picture]]
Extract = Callable[..., list[CropRecord]]

MIN_SIZE = 24
COLA = Box(120, 80, 90, 30, "cola")
SMALL = Box(30, 150, 45, 15, "cola")
FIZZ = Box(200, 20, 60, 20, "fizz")  # a brand that is not looked for
IGNORED = Box(10, 10, 120, 40, "cola", ignore=True)


def windows_of(records: Sequence[CropRecord]) -> np.ndarray:
    """Return the (n, 4) windows of manifest records."""
    sides = [(record.left, record.top, record.right, record.bottom) for record in records]
    return np.array(sides, np.float32).reshape(-1, 4)


def of_kind(records: Sequence[CropRecord], *kinds: str) -> list[CropRecord]:
    return [record for record in records if record.kind in kinds]


@pytest.fixture
def crop(tmp_path: Path, window: WindowSpec, cfg: Crop) -> Extract:
    """Return a function of (splits, window=, cfg=, seed=, folder=) that cuts crops into tmp_path/crops."""

    def run(
        splits: Splits, window: WindowSpec = window, cfg: Crop = cfg, seed: int = 1, folder: str = "crops"
    ) -> list[CropRecord]:
        return extract.extract_crops(splits, tmp_path / folder, window, cfg, min_size=MIN_SIZE, seed=seed)

    return run


# The window that serves some pictures


@pytest.mark.parametrize(
    ("labels", "expected", "aspect_ratios"),
    [
        pytest.param((), ("cola", "fizz"), (1.0, 3.0), id="every label there is"),
        pytest.param(("fizz", "cola"), ("fizz", "cola"), (1.0, 3.0), id="in the order given"),
        pytest.param(("cola",), ("cola",), (3.0,), id="shapes of the brands looked for only"),
    ],
)
def test_fit_window(
    cfg: Crop, labels: tuple[str, ...], expected: tuple[str, ...], aspect_ratios: tuple[float, ...]
) -> None:
    tall = Box(0, 0, 10, 50, "fizz", ignore=True)
    pictures = [
        Picture(Path("a.png"), (Box(0, 0, 20, 20, "fizz"), tall)),
        Picture(Path("b.png")),
        Picture(Path("c.png"), (COLA, SMALL)),
    ]
    window = extract.fit_window(pictures, replace(cfg, labels=labels, window_wh=(64, 32), margin=0.2))
    assert window == WindowSpec(expected, 64, 32, 0.2, aspect_ratios)


def test_no_window_fits_pictures_without_a_box(cfg: Crop) -> None:
    with pytest.raises(UserError, match="no labelled box"):
        extract.fit_window([Picture(Path("a.png"), (IGNORED,))], cfg)


# What is written


@pytest.mark.parametrize("splits", [{}, {"train": []}, {"train": [], "val": [], "test": []}], ids=str)
def test_no_pictures(tmp_path: Path, window: WindowSpec, crop: Extract, splits: Splits) -> None:
    assert crop(splits) == []
    assert manifest.read_manifest(tmp_path / "crops") == (window, [])
    assert not list(tmp_path.rglob("*.png"))


def test_a_picture_without_boxes_gives_background(paint: Painter, crop: Extract) -> None:
    records = crop({"train": [paint("empty")]})
    assert records
    assert {(record.label, record.kind) for record in records} == {("background", "background")}


@pytest.fixture
def splits(paint: Painter) -> Splits:
    return {
        "train": [paint("shop, left", COLA, FIZZ), paint("café", SMALL, IGNORED), paint("street")],
        "val": [paint("shop", COLA, SMALL)],
        "test": [paint("shop again", FIZZ), paint("kiosk", COLA)],
    }


@pytest.fixture
def written(tmp_path: Path, splits: Splits, crop: Extract) -> tuple[Path, list[CropRecord]]:
    """Return a folder of crops of these splits, and the records of them."""
    return tmp_path / "crops", crop(splits)


def test_every_record_is_a_file_in_its_class_folder(written: tuple[Path, list[CropRecord]]) -> None:
    folder, records = written
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    assert len(files) == len(records)
    assert {record.file for record in records} == files
    for record in records:
        assert Path(record.file).parent == Path(record.split, record.label)
        assert images.read(folder / record.file).shape == (22 + 2 * 4, 75 + 2 * 15, 3)


def test_the_manifest_holds_the_records(written: tuple[Path, list[CropRecord]], window: WindowSpec) -> None:
    folder, records = written
    assert manifest.read_manifest(folder) == (window, records)


def test_what_each_split_gives(written: tuple[Path, list[CropRecord]]) -> None:
    """Training boxes alone are jittered; other brands are background; the ignore box gives nothing."""
    _, records = written
    assert Counter((record.split, record.label, record.kind) for record in records) == {
        ("train", "cola", "labelled"): 2,
        ("train", "cola", "jittered"): 6,
        ("train", "background", "other_brand"): 1,
        ("train", "background", "background"): 8,
        ("val", "cola", "labelled"): 2,
        ("val", "background", "background"): 8,
        ("test", "cola", "labelled"): 1,
        ("test", "background", "other_brand"): 1,
        ("test", "background", "background"): 4,
    }


def test_background_is_spread_over_the_pictures(written: tuple[Path, list[CropRecord]]) -> None:
    _, records = written
    counts = Counter(record.picture for record in of_kind(records, "background") if record.split == "train")
    assert sorted(counts.values()) == [2, 3, 3]


def test_without_negatives_there_is_no_background(paint: Painter, crop: Extract, cfg: Crop) -> None:
    records = crop({"val": [paint("shop", COLA), paint("street")]}, cfg=replace(cfg, negatives_per_positive=0.0))
    assert [record.kind for record in records] == ["labelled"]


# Where the windows lie


def test_a_box_lies_in_the_middle_of_its_crop(written: tuple[Path, list[CropRecord]], window: WindowSpec) -> None:
    _, records = written
    boxes = {"shop, left.png": COLA, "café.png": SMALL, "kiosk.png": COLA}
    labelled = [record for record in of_kind(records, "labelled") if record.picture in boxes]
    assert len(labelled) == 3
    for record in labelled:
        box = to_xyxy([boxes[record.picture]])
        np.testing.assert_allclose(windows_of([record]), windows.window_around(box, window), atol=0.01)
        np.testing.assert_allclose((record.delta_x, record.delta_y), 0, atol=1e-4)


def test_deltas_recover_the_boxes(written: tuple[Path, list[CropRecord]]) -> None:
    """Those of background are 0."""
    _, records = written
    logos = of_kind(records, "labelled", "jittered")
    decoded = windows.decode_boxes(windows_of(logos), manifest.box_deltas(logos))
    for record, box in zip(logos, decoded, strict=True):
        assert np.abs(to_xyxy([COLA, SMALL]) - box).max(axis=1).min() < 0.1, record
    assert not manifest.box_deltas(of_kind(records, "other_brand", "background")).any()


def test_a_jittered_copy_is_another_view_of_its_box(written: tuple[Path, list[CropRecord]], cfg: Crop) -> None:
    _, records = written
    logos = of_kind([record for record in records if record.picture == "shop, left.png"], "labelled", "jittered")
    assert len(np.unique(windows_of(logos), axis=0)) == 1 + cfg.jitter.copies
    assert (iou(windows_of(logos[:1]), windows_of(logos[1:])) > 0.3).all()


@pytest.mark.parametrize(
    ("boxes", "aspect_ratios"),
    [
        pytest.param([], (3.0,), id="no boxes"),
        pytest.param([COLA, SMALL, FIZZ, IGNORED], (1.0, 3.0), id="brands, another brand and an ignore box"),
        pytest.param([Box(0, 0, 320, 100, "cola")], (3.0,), id="half of the picture"),
        pytest.param([Box(0, 0, 320, 120, "fizz", ignore=True)], (0.5, 3.0), id="most of it to be ignored"),
    ],
)
def test_background_is_clear_of_every_box_and_shaped_as_detection_looks(
    paint: Painter, crop: Extract, window: WindowSpec, cfg: Crop, boxes: list[Box], aspect_ratios: tuple[float, ...]
) -> None:
    window = replace(window, aspect_ratios=aspect_ratios)
    pictures = [paint("shop", *boxes), paint("kiosk", COLA)]
    records = crop({"train": pictures}, window=window, cfg=replace(cfg, negatives_per_positive=100.0))
    background = windows_of([record for record in of_kind(records, "background") if record.picture == "shop.png"])
    assert len(background) > 20
    assert (iou(background, to_xyxy(boxes)) < 0.1 + 1e-3).all()
    ignored = intersection(background, to_xyxy([box for box in boxes if box.ignore])) / area(background)[:, None]
    assert (ignored < 0.2 + 1e-3).all()
    width, height = (background[:, 2:] - background[:, :2]).T
    assert (np.abs((width / height)[:, None] / aspect_ratios - 1).min(axis=1) < 0.01).all()
    size = np.sqrt(width * height)
    smallest, largest = MIN_SIZE * (1 + 2 * window.margin), math.sqrt(320 * 200)
    assert smallest * 0.99 < size.min() < smallest * 1.5
    assert size.max() < largest * 1.01
    center = (background[:, 2:] + background[:, :2]) / 2
    assert (np.minimum(center, (320, 200) - center) > 0).all()


def test_a_picture_full_of_logo_gives_no_background(paint: Painter, crop: Extract) -> None:
    records = crop({"val": [paint("poster", Box(0, 0, 48, 20, "cola"), size=(48, 20))]})
    assert [record.kind for record in records] == ["labelled"]


@pytest.mark.parametrize(("seed", "same"), [pytest.param(1, True, id="the same"), pytest.param(2, False, id="another")])
def test_the_seed_decides(
    tmp_path: Path, splits: Splits, written: tuple[Path, list[CropRecord]], crop: Extract, seed: int, same: bool
) -> None:
    folder, records = written
    again = crop(splits, seed=seed, folder="again")
    assert (again == records) is same
    assert ((tmp_path / "again" / "manifest.csv").read_bytes() == (folder / "manifest.csv").read_bytes()) is same
    if same:
        for record in records:
            assert (tmp_path / "again" / record.file).read_bytes() == (folder / record.file).read_bytes()


def test_each_split_draws_its_own_background(paint: Painter, crop: Extract) -> None:
    picture = paint("shop", COLA)
    background = of_kind(crop({"val": [picture], "test": [picture]}), "background")
    val, test = (windows_of([record for record in background if record.split == split]) for split in ("val", "test"))
    assert len(val) == len(test) == 4
    assert (val != test).any(axis=1).all()


def test_several_brands(tmp_path: Path, paint: Painter, crop: Extract) -> None:
    window = WindowSpec(("fizz", "cola"), 64, 32, 0.0, (2.0,))
    records = crop({"train": [paint("shop", COLA, FIZZ)]}, window=window)
    assert not of_kind(records, "other_brand")
    assert {path.name for path in (tmp_path / "crops" / "train").iterdir()} == {"fizz", "cola", "background"}


# What the files show


def test_crops_show_their_boxes(written: tuple[Path, list[CropRecord]], window: WindowSpec) -> None:
    """Flat boxes on grey: the color is in the middle of every logo's crop, the ground at its corners."""
    folder, records = written
    logos = of_kind(records, "labelled", "other_brand")
    crops = manifest.load_images(folder, logos)
    assert crops.dtype == np.uint8
    assert crops.shape == (len(logos), 30, 105, 3)
    assert (crops[:, 15, 52] == (255, 0, 255)).all()
    assert (crops[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 70).all()
    inner = extract.center_crop(crops, window)
    assert inner.shape == (len(logos), 22, 75, 3)
    assert (inner == (255, 0, 255)).all(axis=3).mean() > 0.4


@pytest.mark.parametrize(
    ("padding", "pixels"),
    [pytest.param(0.0, (0, 0), id="none"), pytest.param(0.2, (15, 4), id="a fifth"), pytest.param(1, (75, 22), id="1")],
)
def test_the_padding_in_pixels(window: WindowSpec, padding: float, pixels: tuple[int, int]) -> None:
    assert extract.padding_pixels(window, padding) == pixels
    crop = extract.crop_padded(np.zeros((50, 90, 3), np.uint8), np.float32([5, 5, 35, 15]), window, padding)
    assert crop.shape == (22 + 2 * pixels[1], 75 + 2 * pixels[0], 3)


def coordinates() -> np.ndarray:
    """Return a picture whose red is the column and green the row: a color tells its place."""
    y, x = np.mgrid[:200, :250]
    return np.stack([x, y, 0 * x], axis=2).astype(np.uint8)


@pytest.mark.parametrize("corner", [(40, 60), (0, 0), (-20, -10), (150, 170)], ids=str)
def test_the_middle_of_a_crop_is_the_window_exactly_where_pixels_are_whole(
    window: WindowSpec, corner: tuple[int, int]
) -> None:
    region = np.float32([*corner, corner[0] + 150, corner[1] + 44])
    inner = extract.center_crop(extract.crop_padded(coordinates(), region, window, 0.2)[None], window)[0]
    np.testing.assert_array_equal(inner, windows.crop_image(coordinates(), region, 75, 22))


@given(
    center=st.tuples(st.floats(-20, 270), st.floats(-20, 220)),
    width=st.floats(40, 200),
    height=st.floats(12, 60),
    padding=st.sampled_from([0.0, 0.2, 0.35]),
)
def test_the_middle_of_a_crop_is_the_window_itself(
    center: tuple[float, float], width: float, height: float, padding: float
) -> None:
    """Training sees the crop without its padding, detection the window: the same, but for rounding to whole pixels."""
    window, pixels = WindowSpec(("cola",), 75, 22, 0.1, (3.0,)), coordinates()
    region = windows.from_centers(np.array([center]), np.array([[width, height]]))[0]
    inner = extract.center_crop(extract.crop_padded(pixels, region, window, padding)[None], window)[0]
    difference = inner.astype(int) - windows.crop_image(pixels, region, 75, 22)
    for channel, scale in ((0, width / 75), (1, height / 22)):
        assert abs(difference[..., channel].mean()) <= 1.5
        assert np.abs(difference[..., channel]).max() <= 2.5 + scale / 4
