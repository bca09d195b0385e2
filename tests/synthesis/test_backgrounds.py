from itertools import chain

import cv2
import numpy as np
import pytest

from brandlens.errors import PictureError, UserError
from brandlens.synthesis import backgrounds, fonts

EVERY = [
    pytest.param(split, source, id=source.name) for split in ("train", "test") for source in backgrounds.sources(split)
]


def folder_of(path, count):
    path.mkdir()
    for at in range(count):
        cv2.imwrite(str(path / f"{at:02d}.png"), np.full((30, 40, 3), 10 * at, np.uint8))
    return path


def names(split, folder=None, seed=0):
    return [source.name for source in backgrounds.sources(split, folder, seed)]


@pytest.mark.parametrize(("split", "source"), EVERY)
@pytest.mark.parametrize(("width", "height"), [(64, 64), (161, 120), (90, 200)])
def test_every_source_fills_any_size_and_repeats(split, source, width, height):
    first, second = (source.draw(np.random.default_rng(3), width, height) for _ in range(2))
    assert first.shape == (height, width, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert not np.array_equal(first, source.draw(np.random.default_rng(4), width, height))


def test_test_has_backgrounds_of_its_own():
    assert names("train") == names("val")
    assert not set(names("train")) & set(names("test"))


@pytest.mark.parametrize("split", ["train", "test"])
def test_shares_add_up(split):
    assert sum(source.share for source in backgrounds.sources(split)) == pytest.approx(1)


def test_without_the_packages_the_textures_remain(monkeypatch):
    monkeypatch.setattr(fonts, "package_file", lambda *_: None)
    fonts.faces.cache_clear()
    for split in ("train", "test"):
        found = backgrounds.sources(split)
        assert not [source.name for source in found if "." in source.name]
        assert sum(source.share for source in found) == pytest.approx(1)
        for source in found:
            assert source.draw(np.random.default_rng(0), 60, 40).shape == (40, 60, 3)
    fonts.faces.cache_clear()


@pytest.mark.parametrize("count", [1, 2])
def test_few_own_pictures_are_shared(tmp_path, count):
    folder = folder_of(tmp_path / "own", count)
    assert names("train", folder) == names("val", folder) == names("test", folder)
    assert len(names("train", folder)) == count


@pytest.mark.parametrize("count", [3, 4, 20])
def test_own_pictures_are_divided(tmp_path, count):
    folder = folder_of(tmp_path / "own", count)
    parts = [names(split, folder, seed=5) for split in ("train", "val", "test")]
    assert all(parts)
    assert sorted(chain(*parts)) == sorted(path.name for path in folder.iterdir())
    assert parts == [names(split, folder, seed=5) for split in ("train", "val", "test")]


def test_what_is_no_picture_is_passed_over(tmp_path):
    folder = folder_of(tmp_path / "own", 1)
    (folder / "notes.txt").write_text("not a picture")
    (folder / "bad.jpg").write_bytes(b"not a picture")
    assert names("train", folder) == ["00.png"]


def test_no_folder(tmp_path):
    with pytest.raises(UserError, match="gone is not a folder"):
        backgrounds.sources("train", tmp_path / "gone")


def test_no_picture_in_the_folder(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    with pytest.raises(UserError, match="holds no picture that can be read"):
        backgrounds.sources("train", tmp_path)


def test_a_picture_cut_short_is_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    (tmp_path / "half.jpg").write_bytes(cv2.imencode(".jpg", noise)[1].tobytes()[:6000])
    (source,) = backgrounds.sources("train", tmp_path)
    with pytest.raises(PictureError, match=r"half\.jpg cannot be read to its end"):
        source.draw(np.random.default_rng(0), 60, 40)
