from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens.boxes import iou, to_xyxy
from brandlens.errors import PictureError, UserError
from brandlens.synthesis.compose import compose

PINK = (255, 0, 255)
SAMPLE = Path(__file__).parents[2] / "data" / "logo" / "tavuno.png"


def save(path: Path, pixels: np.ndarray) -> Path:
    """An RGB or RGB and alpha picture as a file."""
    order = [2, 1, 0, 3][: pixels.shape[2]]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, pixels[..., order])[1].tobytes())
    return path


def pink_logo(path: Path) -> Path:
    """A pink bar, 120 x 40, in a larger transparent file."""
    pixels = np.zeros((80, 200, 4), np.uint8)
    pixels[10:50, 30:150] = (*PINK, 255)
    return save(path, pixels)


def plain_folder(folder: Path, count: int = 1) -> Path:
    """Black pictures."""
    for at in range(count):
        save(folder / f"{at}.png", np.full((120, 160, 3), at, np.uint8))
    return folder


def scenes(into: Path, **changed):
    wish = {
        "artwork": {"tavuno": [SAMPLE]},
        "counts": {"train": 6},
        "size": (240, 180),
        "widths": (0.2, 0.5),
        "empty": 0.25,
        "most": 2,
        "difficulty": 0.6,
        "backgrounds": None,
        "seed": 1,
    }
    return compose(into, **(wish | changed))


def written(into: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((into / "images").iterdir())}


def test_no_pictures_wished(tmp_path):
    assert scenes(tmp_path / "new", counts={"train": 0, "test": 0}) == {"train": [], "test": []}
    assert written(tmp_path / "new") == {}
    assert scenes(tmp_path, counts={}) == {}


def test_files_and_records_agree(tmp_path):
    found = scenes(tmp_path, counts={"train": 3, "val": 1})
    assert {split: [picture.path.name for picture in pictures] for split, pictures in found.items()} == {
        "train": ["train-0000.jpg", "train-0001.jpg", "train-0002.jpg"],
        "val": ["val-0000.jpg"],
    }
    for picture in found["train"]:
        assert (picture.width, picture.height) == (240, 180)
        assert cv2.imread(str(picture.path)).shape == (180, 240, 3)


def test_same_seed_same_bytes(tmp_path):
    first = scenes(tmp_path / "a", counts={"train": 4, "test": 3})
    second = scenes(tmp_path / "b", counts={"train": 4, "test": 3})
    assert written(tmp_path / "a") == written(tmp_path / "b")
    for split, pictures in first.items():
        assert [picture.boxes for picture in pictures] == [picture.boxes for picture in second[split]]
    scenes(tmp_path / "c", counts={"train": 4, "test": 3}, seed=2)
    assert not set(written(tmp_path / "a").values()) & set(written(tmp_path / "c").values())


def test_more_pictures_of_one_split_change_no_other_picture(tmp_path):
    scenes(tmp_path / "few", counts={"train": 2, "test": 3})
    scenes(tmp_path / "many", counts={"val": 2, "train": 7, "test": 3})
    few, many = written(tmp_path / "few"), written(tmp_path / "many")
    assert few == {name: many[name] for name in few}


@pytest.mark.parametrize("difficulty", [0, 0.6, 1])
def test_boxes_are_inside_and_apart(tmp_path, difficulty):
    found = scenes(tmp_path, counts={"train": 30}, most=3, empty=0, difficulty=difficulty, widths=(0.05, 0.7))["train"]
    assert all(1 <= len(picture.boxes) <= 3 for picture in found)
    assert max(len(picture.boxes) for picture in found) > 1
    for picture in found:
        for box in picture.boxes:
            assert box.label == "tavuno"
            assert box.width >= 16
            assert min(box.left, box.top, box.height - 1) >= 0
            assert box.left + box.width <= 240
            assert box.top + box.height <= 180
        assert iou(to_xyxy(picture.boxes), to_xyxy(picture.boxes)).sum() == pytest.approx(len(picture.boxes))


def test_upright_boxes_match_the_ink(tmp_path):
    found = scenes(
        tmp_path / "out",
        artwork={"bar": [pink_logo(tmp_path / "bar.png")]},
        backgrounds=plain_folder(tmp_path / "black"),
        counts={"train": 12},
        empty=0,
        most=1,
        difficulty=0,
    )["train"]
    for picture in found:
        (box,) = picture.boxes
        pixels = cv2.imread(str(picture.path), cv2.IMREAD_COLOR_RGB).astype(int)
        pink = (np.abs(pixels - PINK).max(axis=2) < 140).astype(np.uint8)
        _, pieces = cv2.connectedComponents(pink)  # the rim of a plate may be pink as well
        left, top, width, height = cv2.boundingRect(
            (pieces == pieces[box.top + box.height // 2, box.left + box.width // 2]).astype(np.uint8)
        )
        assert (left, top) == pytest.approx((box.left, box.top), abs=1)
        assert (width, height) == pytest.approx((box.width, box.height), abs=1)
        assert box.width / box.height == pytest.approx(3, rel=0.15)
        assert 0.2 * 240 - 2 <= box.width <= 0.5 * 240 + 2


def test_tilted_boxes_hold_most_of_the_ink_after_covering(tmp_path):
    found = scenes(
        tmp_path / "out",
        artwork={"bar": [pink_logo(tmp_path / "bar.png")]},
        backgrounds=plain_folder(tmp_path / "black"),
        counts={"train": 30},
        empty=0,
        most=1,
        difficulty=0.6,
        widths=(0.4, 0.6),
    )["train"]
    shares = []
    for picture in found:
        (box,) = picture.boxes
        pixels = cv2.imread(str(picture.path), cv2.IMREAD_COLOR_RGB)[
            box.top : box.top + box.height, box.left : box.left + box.width
        ].astype(int)
        shares.append(((pixels[..., 0] > 70) & (pixels[..., 2] > 70) & (pixels[..., 1] < 90)).mean())
    assert min(shares) > 0.2
    assert np.median(shares) > 0.5


@pytest.mark.parametrize(
    ("empty", "bare"),
    [pytest.param(0, 0, id="none"), pytest.param(0.25, 5, id="a quarter"), pytest.param(1, 20, id="all")],
)
def test_share_of_pictures_without_the_logo(tmp_path, empty, bare):
    found = scenes(tmp_path, counts={"train": 20}, empty=empty)["train"]
    assert sum(not picture.boxes for picture in found) == bare


def test_every_label_and_every_kind_of_file(tmp_path):
    opaque = np.full((60, 90, 3), 230, np.uint8)
    opaque[20:40, 20:70] = (200, 30, 30)
    artwork = {
        "alpha": [pink_logo(tmp_path / "alpha.png")],
        "opaque": [save(tmp_path / "one.jpg", opaque), save(tmp_path / "two.webp", opaque[:, ::-1])],
        "grey": [save(tmp_path / "grey.png", np.full((300, 60, 3), 128, np.uint8))],
    }
    found = scenes(tmp_path / "out", artwork=artwork, counts={"train": 30, "test": 5}, empty=0)
    boxes = [box for picture in found["train"] for box in picture.boxes]
    assert {box.label for box in boxes} == set(artwork)
    assert all(box.width < box.height for box in boxes if box.label == "grey")


def test_own_backgrounds_are_what_is_seen(tmp_path):
    found = scenes(tmp_path / "out", backgrounds=plain_folder(tmp_path / "black", 4), difficulty=0, most=1)
    for picture in found["train"]:
        assert np.median(cv2.imread(str(picture.path))) < 12


def damaged(path: Path) -> Path:
    path.write_bytes(b"no picture")
    return path


@pytest.mark.parametrize(
    ("artwork", "error", "says"),
    [
        pytest.param(lambda _: {}, UserError, "no artwork", id="no label"),
        pytest.param(lambda _: {"brand": []}, UserError, '"brand"', id="label without files"),
        pytest.param(lambda at: {"brand": [at / "gone.png"]}, PictureError, "gone.png is not there", id="missing"),
        pytest.param(
            lambda at: {"brand": [damaged(at / "bad.png")]}, PictureError, "bad.png cannot be read", id="damaged"
        ),
        pytest.param(
            lambda at: {"brand": [save(at / "clear.png", np.zeros((9, 9, 4), np.uint8))]},
            PictureError,
            "clear.png is fully transparent",
            id="transparent",
        ),
        pytest.param(
            lambda at: {"brand": [save(at / "pole.png", np.full((900, 9, 3), 9, np.uint8))]},
            PictureError,
            "pole.png is too tall",
            id="too tall to be 16 pixels wide",
        ),
    ],
)
def test_artwork_that_cannot_be_used(tmp_path, artwork, error, says):
    with pytest.raises(error, match=says) as caught:
        scenes(tmp_path / "out", artwork=artwork(tmp_path))
    assert "\n" not in str(caught.value)
