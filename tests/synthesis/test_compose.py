from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens.boxes import iou, to_xyxy
from brandlens.config.logo import Synthetic
from brandlens.errors import PictureError, UserError
from brandlens.synthesis.compose import compose

PINK = (255, 0, 255)
SAMPLE = Path(__file__).parents[2] / "data" / "logo" / "tavuno.png"
CFG = Synthetic(
    artwork={"tavuno": (str(SAMPLE),)},
    backgrounds=None,
    num_images=(6, 0, 0),
    image_wh=(240, 180),
    logo_width_range=(0.2, 0.5),
    negative_ratio=0.25,
    max_logos_per_image=2,
    difficulty=0.6,
)


def save(path: Path, pixels: np.ndarray) -> str:
    """Write an RGB or RGBA picture; return its path, as the config holds it."""
    order = [2, 1, 0, 3][: pixels.shape[2]]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, pixels[..., order])[1].tobytes())
    return str(path)


def pink_logo(path: Path) -> str:
    """Write a pink bar, 120 x 40, in a larger transparent file."""
    pixels = np.zeros((80, 200, 4), np.uint8)
    pixels[10:50, 30:150] = (*PINK, 255)
    return save(path, pixels)


def black_folder(folder: Path, count: int = 1) -> str:
    """Write a folder of pictures that are black, or nearly so."""
    for level in range(count):
        save(folder / f"{level}.png", np.full((120, 160, 3), level, np.uint8))
    return str(folder)


def scenes(output_dir: Path, seed: int = 1, **changes):
    return compose(output_dir, replace(CFG, **changes), seed)


def file_contents(output_dir: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((output_dir / "images").iterdir())}


def test_no_images(tmp_path):
    assert scenes(tmp_path, num_images=(0, 0, 0)) == {"train": [], "val": [], "test": []}
    assert file_contents(tmp_path) == {}


def test_files_and_records_agree(tmp_path):
    pictures = scenes(tmp_path, num_images=(3, 1, 0))
    assert {split: [picture.path.name for picture in pictures[split]] for split in pictures} == {
        "train": ["train-0000.jpg", "train-0001.jpg", "train-0002.jpg"],
        "val": ["val-0000.jpg"],
        "test": [],
    }
    for picture in pictures["train"]:
        assert (picture.width, picture.height) == (240, 180)
        assert cv2.imread(str(picture.path)).shape == (180, 240, 3)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first = scenes(tmp_path / "a", num_images=(4, 0, 3))
    second = scenes(tmp_path / "b", num_images=(4, 0, 3))
    assert file_contents(tmp_path / "a") == file_contents(tmp_path / "b")
    for split, pictures in first.items():
        assert [picture.boxes for picture in pictures] == [picture.boxes for picture in second[split]]
    scenes(tmp_path / "c", num_images=(4, 0, 3), seed=2)
    assert not set(file_contents(tmp_path / "a").values()) & set(file_contents(tmp_path / "c").values())


def test_more_pictures_of_one_split_change_no_other_picture(tmp_path):
    scenes(tmp_path / "few", num_images=(2, 0, 3))
    scenes(tmp_path / "many", num_images=(7, 2, 3))
    few, many = file_contents(tmp_path / "few"), file_contents(tmp_path / "many")
    assert few == {name: many[name] for name in few}


@pytest.mark.parametrize("difficulty", [0, 0.6, 1])
def test_boxes_are_inside_the_picture_and_do_not_overlap(tmp_path, difficulty):
    pictures = scenes(
        tmp_path,
        num_images=(30, 0, 0),
        max_logos_per_image=3,
        negative_ratio=0,
        difficulty=difficulty,
        logo_width_range=(0.05, 0.7),
    )["train"]
    assert all(1 <= len(picture.boxes) <= 3 for picture in pictures)
    assert max(len(picture.boxes) for picture in pictures) > 1
    for picture in pictures:
        for box in picture.boxes:
            assert box.label == "tavuno"
            assert box.width >= 16
            assert min(box.left, box.top, box.height - 1) >= 0
            assert box.left + box.width <= 240
            assert box.top + box.height <= 180
        assert iou(to_xyxy(picture.boxes), to_xyxy(picture.boxes)).sum() == pytest.approx(len(picture.boxes))


def test_upright_boxes_match_the_ink(tmp_path):
    pictures = scenes(
        tmp_path / "out",
        artwork={"bar": (pink_logo(tmp_path / "bar.png"),)},
        backgrounds=black_folder(tmp_path / "black"),
        num_images=(12, 0, 0),
        negative_ratio=0,
        max_logos_per_image=1,
        difficulty=0,
    )["train"]
    for picture in pictures:
        (box,) = picture.boxes
        pixels = cv2.imread(str(picture.path), cv2.IMREAD_COLOR_RGB).astype(int)
        pink = (np.abs(pixels - PINK).max(axis=2) < 140).astype(np.uint8)
        _, components = cv2.connectedComponents(pink)  # the rim of a plate may be pink as well
        left, top, width, height = cv2.boundingRect(
            (components == components[box.top + box.height // 2, box.left + box.width // 2]).astype(np.uint8)
        )
        assert (left, top) == pytest.approx((box.left, box.top), abs=1)
        assert (width, height) == pytest.approx((box.width, box.height), abs=1)
        assert box.width / box.height == pytest.approx(3, rel=0.15)
        assert 0.2 * 240 - 2 <= box.width <= 0.5 * 240 + 2


def test_tilted_boxes_hold_most_of_the_ink_after_occlusion(tmp_path):
    pictures = scenes(
        tmp_path / "out",
        artwork={"bar": (pink_logo(tmp_path / "bar.png"),)},
        backgrounds=black_folder(tmp_path / "black"),
        num_images=(30, 0, 0),
        negative_ratio=0,
        max_logos_per_image=1,
        logo_width_range=(0.4, 0.6),
    )["train"]
    pink_ratios = []
    for picture in pictures:
        (box,) = picture.boxes
        pixels = cv2.imread(str(picture.path), cv2.IMREAD_COLOR_RGB)[
            box.top : box.top + box.height, box.left : box.left + box.width
        ].astype(int)
        pink_ratios.append(((pixels[..., 0] > 70) & (pixels[..., 2] > 70) & (pixels[..., 1] < 90)).mean())
    assert min(pink_ratios) > 0.2
    assert np.median(pink_ratios) > 0.5


@pytest.mark.parametrize(
    ("negative_ratio", "num_negatives"),
    [pytest.param(0, 0, id="none"), pytest.param(0.25, 5, id="a quarter"), pytest.param(1, 20, id="all")],
)
def test_negative_ratio(tmp_path, negative_ratio, num_negatives):
    pictures = scenes(tmp_path, num_images=(20, 0, 0), negative_ratio=negative_ratio)["train"]
    assert sum(not picture.boxes for picture in pictures) == num_negatives


def test_several_labels_and_kinds_of_files(tmp_path):
    opaque = np.full((60, 90, 3), 230, np.uint8)
    opaque[20:40, 20:70] = (200, 30, 30)
    artwork = {
        "alpha": (pink_logo(tmp_path / "alpha.png"),),
        "opaque": (save(tmp_path / "one.jpg", opaque), save(tmp_path / "two.webp", opaque[:, ::-1])),
        "grey": (save(tmp_path / "grey.png", np.full((300, 60, 3), 128, np.uint8)),),
    }
    pictures = scenes(tmp_path / "out", artwork=artwork, num_images=(30, 0, 5), negative_ratio=0)
    boxes = [box for picture in pictures["train"] for box in picture.boxes]
    assert {box.label for box in boxes} == set(artwork)
    assert all(box.width < box.height for box in boxes if box.label == "grey")


def test_own_backgrounds_are_used(tmp_path):
    backgrounds = black_folder(tmp_path / "black", 4)
    pictures = scenes(tmp_path / "out", backgrounds=backgrounds, difficulty=0, max_logos_per_image=1)
    for picture in pictures["train"]:
        assert np.median(cv2.imread(str(picture.path))) < 12


def damaged(path: Path) -> str:
    path.write_bytes(b"no picture")
    return str(path)


@pytest.mark.parametrize(
    ("artwork", "error", "message"),
    [
        pytest.param(lambda _: {}, UserError, "no artwork", id="no label"),
        pytest.param(lambda _: {"brand": ()}, UserError, '"brand"', id="label without files"),
        pytest.param(
            lambda folder: {"brand": (str(folder / "gone.png"),)}, PictureError, "gone.png: no such file", id="missing"
        ),
        pytest.param(
            lambda folder: {"brand": (damaged(folder / "bad.png"),)},
            PictureError,
            "bad.png: cannot be read",
            id="damaged",
        ),
        pytest.param(
            lambda folder: {"brand": (save(folder / "clear.png", np.zeros((9, 9, 4), np.uint8)),)},
            PictureError,
            "clear.png: fully transparent",
            id="transparent",
        ),
        pytest.param(
            lambda folder: {"brand": (save(folder / "pole.png", np.full((900, 9, 3), 9, np.uint8)),)},
            PictureError,
            "pole.png: too tall",
            id="too tall to be 16 pixels wide",
        ),
    ],
)
def test_unusable_artwork_is_refused_in_one_line(tmp_path, artwork, error, message):
    with pytest.raises(error, match=message) as caught:
        scenes(tmp_path / "out", artwork=artwork(tmp_path))
    assert "\n" not in str(caught.value)
