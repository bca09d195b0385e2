import cv2
import numpy as np
import pytest

from brandlens.crawler.fetch.reasons import REASONS, FetchError
from brandlens.crawler.fetch.validate import SUFFIXES, ImageInfo, validate
from brandlens.datasets import image_dedup


@pytest.fixture
def photo(faulty):
    return cv2.imdecode(np.frombuffer(faulty.picture(1), np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif", ".jp2"])
def test_the_kind_is_told_from_the_bytes(tmp_path, photo, suffix):
    path = tmp_path / "picture.txt"
    path.write_bytes(cv2.imencode(suffix, photo)[1].tobytes())
    found = validate(path, 64, 10**6)
    assert (found.suffix, found.width, found.height) == (suffix, 160, 120)
    assert (found.fingerprint ^ image_dedup.phash(photo[..., ::-1])).bit_count() <= 6
    assert suffix in SUFFIXES.values()


@pytest.mark.parametrize(
    ("content", "reason", "words"),
    [
        pytest.param(lambda faulty: b"", "no-picture", "empty", id="empty"),
        pytest.param(lambda faulty: b"\n<html>", "no-picture", "a page or XML", id="page"),
        pytest.param(lambda faulty: b"GIF", "no-picture", "of no kind", id="too short to tell"),
        pytest.param(lambda faulty: faulty.picture(1)[:2000], "damaged", "cut short", id="cut"),
        pytest.param(lambda faulty: faulty.png(200, 200), "damaged", "PNG", id="no pixels"),
        pytest.param(lambda faulty: faulty.png(20_000, 10_000), "pixels", "20000x10000", id="200 megapixels"),
        pytest.param(lambda faulty: faulty.png(1, 1), "small", "must have 64", id="a dot"),
        pytest.param(lambda faulty: faulty.png(5000, 63), "small", "5000x63", id="a line"),
        pytest.param(lambda faulty: faulty.png(0, 0), "small", "0x0", id="nothing"),
    ],
)
def test_what_proves_nothing(tmp_path, faulty, content, reason, words):
    path = tmp_path / "picture.jpg"
    path.write_bytes(content(faulty))
    with pytest.raises(FetchError, match=words) as caught:
        validate(path, 64, 50_000_000)
    assert caught.value.reason == reason
    assert reason in REASONS
    assert str(tmp_path) not in caught.value.detail


def test_pictures_of_the_allowed_sizes(tmp_path, faulty):
    path = tmp_path / "picture.jpg"
    path.write_bytes(faulty.picture(2))
    found = validate(path, 120, 160 * 120)
    assert isinstance(found, ImageInfo)
    for smallest, largest in ((121, 160 * 120), (120, 160 * 120 - 1)):
        with pytest.raises(FetchError):
            validate(path, smallest, largest)
