from itertools import chain

import cv2
import numpy as np
import pytest

from brandlens.errors import PictureError, UserError
from brandlens.synthesis import backgrounds, fonts

ALL_SOURCES = [
    pytest.param(source, id=source.name) for split in ("train", "test") for source in backgrounds.sources(split)
]


def folder_of_pictures(path, count):
    path.mkdir()
    for index in range(count):
        cv2.imwrite(str(path / f"{index:02d}.png"), np.full((30, 40, 3), 10 * index, np.uint8))
    return path


def names(split, folder=None, seed=0):
    return [source.name for source in backgrounds.sources(split, folder, seed)]


@pytest.mark.parametrize("source", ALL_SOURCES)
@pytest.mark.parametrize(("width", "height"), [(64, 64), (161, 120), (90, 200)])
def test_every_source_fills_any_size_and_repeats_with_its_seed(source, width, height):
    first, second = (source.draw(np.random.default_rng(3), width, height) for _ in range(2))
    assert first.shape == (height, width, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert not np.array_equal(first, source.draw(np.random.default_rng(4), width, height))


def test_the_test_split_shares_no_background_with_train_and_val():
    assert names("train") == names("val")
    assert not set(names("train")) & set(names("test"))


@pytest.mark.parametrize("split", ["train", "test"])
def test_probabilities_add_up_to_one(split):
    assert sum(source.probability for source in backgrounds.sources(split)) == pytest.approx(1)


def test_textures_remain_without_the_packages_that_ship_photos(monkeypatch):
    monkeypatch.setattr(fonts, "package_file", lambda *_: None)
    fonts.list_fonts.cache_clear()
    for split in ("train", "test"):
        sources = backgrounds.sources(split)
        assert not [source.name for source in sources if "." in source.name]
        assert sum(source.probability for source in sources) == pytest.approx(1)
        for source in sources:
            assert source.draw(np.random.default_rng(0), 60, 40).shape == (40, 60, 3)
    fonts.list_fonts.cache_clear()


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_own_pictures_are_in_every_split(tmp_path, count):
    folder = folder_of_pictures(tmp_path / "own", count)
    assert names("train", folder) == names("val", folder) == names("test", folder)
    assert len(names("train", folder)) == count


@pytest.mark.parametrize("count", [3, 4, 20])
def test_three_or_more_own_pictures_are_each_in_one_split(tmp_path, count):
    folder = folder_of_pictures(tmp_path / "own", count)
    splits = [names(split, folder, seed=5) for split in ("train", "val", "test")]
    assert all(splits)
    assert sorted(chain(*splits)) == sorted(path.name for path in folder.iterdir())
    assert splits == [names(split, folder, seed=5) for split in ("train", "val", "test")]


def test_files_that_are_no_pictures_are_skipped(tmp_path):
    folder = folder_of_pictures(tmp_path / "own", 1)
    (folder / "notes.txt").write_text("not a picture")
    (folder / "bad.jpg").write_bytes(b"not a picture")
    assert names("train", folder) == ["00.png"]


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="gone: not a folder"):
        backgrounds.sources("train", tmp_path / "gone")


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    with pytest.raises(UserError, match="no picture that can be read"):
        backgrounds.sources("train", tmp_path)


def test_a_picture_cut_short_is_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    (tmp_path / "half.jpg").write_bytes(cv2.imencode(".jpg", noise)[1].tobytes()[:6000])
    (source,) = backgrounds.sources("train", tmp_path)
    with pytest.raises(PictureError, match=r"half\.jpg: cut short or damaged"):
        source.draw(np.random.default_rng(0), 60, 40)
