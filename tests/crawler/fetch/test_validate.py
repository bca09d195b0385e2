import cv2
import numpy as np
import pytest

from brandlens.crawler.fetch.reasons import REASONS, FetchError
from brandlens.crawler.fetch.validate import SUFFIXES, ImageInfo, validate
from brandlens.datasets import image_dedup


@pytest.fixture
def photo(fake_web):
    return cv2.imdecode(np.frombuffer(fake_web.picture(1), np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif", ".jp2"])
def test_the_format_is_detected_from_the_bytes(tmp_path, photo, suffix):
    path = tmp_path / "picture.txt"
    path.write_bytes(cv2.imencode(suffix, photo)[1].tobytes())
    info = validate(path, 64, 10**6)
    assert (info.suffix, info.width, info.height) == (suffix, 160, 120)
    assert (info.phash ^ image_dedup.phash(photo[..., ::-1])).bit_count() <= 6
    assert suffix in SUFFIXES.values()


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        pytest.param(lambda fake_web: b"", "no-picture", "empty", id="empty"),
        pytest.param(lambda fake_web: b"\n<html>", "no-picture", "a page or XML", id="page"),
        pytest.param(lambda fake_web: b"GIF", "no-picture", "of an unknown format", id="too short"),
        pytest.param(lambda fake_web: fake_web.picture(1)[:2000], "damaged", "cut short", id="cut"),
        pytest.param(lambda fake_web: fake_web.png(200, 200), "damaged", "PNG", id="no pixels"),
        pytest.param(lambda fake_web: fake_web.png(20_000, 10_000), "pixels", "20000x10000", id="200 megapixels"),
        pytest.param(lambda fake_web: fake_web.png(1, 1), "small", "must have 64", id="a dot"),
        pytest.param(lambda fake_web: fake_web.png(5000, 63), "small", "5000x63", id="a line"),
        pytest.param(lambda fake_web: fake_web.png(0, 0), "small", "0x0", id="no size"),
    ],
)
def test_invalid_pictures(tmp_path, fake_web, content, reason, detail):
    path = tmp_path / "picture.jpg"
    path.write_bytes(content(fake_web))
    with pytest.raises(FetchError, match=detail) as caught:
        validate(path, 64, 50_000_000)
    assert caught.value.reason == reason
    assert reason in REASONS
    assert str(tmp_path) not in caught.value.detail


def test_the_smallest_and_largest_size(tmp_path, fake_web):
    path = tmp_path / "picture.jpg"
    path.write_bytes(fake_web.picture(2))
    assert isinstance(validate(path, 120, 160 * 120), ImageInfo)
    for min_side, max_pixels in ((121, 160 * 120), (120, 160 * 120 - 1)):
        with pytest.raises(FetchError):
            validate(path, min_side, max_pixels)
