"""Pictures in and out of files of every kind, what is refused, and boxes drawn on them."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from brandlens import image_headers, images
from brandlens.errors import PictureError

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (20, 60, 200)


def stripes() -> Image.Image:
    """60 x 40: red, green and blue from left to right, white at the foot of the first."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :20], pixels[:, 20:40], pixels[:, 40:] = RED, GREEN, BLUE
    pixels[30:, :20] = 255
    return Image.fromarray(pixels)


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def orientation_tag(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def png(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    body = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def read(folder: Path, content: bytes, name: str = "picture.bin") -> np.ndarray:
    path = folder / name
    path.write_bytes(content)
    return images.read(path)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("PNG", (1, 1)),
        ("JPEG", (1, 1)),
        ("WEBP", (1, 7)),
        ("TIFF", (1, 7)),
        ("BMP", (1, 7)),
        ("GIF", (60, 40)),
    ],
    ids=str,
)
def test_read_formats(tmp_path, kind, size):
    picture = read(tmp_path, encoded(stripes().crop((0, 0, *size)), kind))
    assert picture.shape == (size[1], size[0], 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert np.abs(picture[0, 0].astype(int) - RED).max() < 8


@pytest.mark.parametrize(
    ("content", "colors"),
    [
        pytest.param(
            encoded(stripes().convert("CMYK"), "JPEG", quality=95), (RED, GREEN, BLUE), id="CMYK JPEG, inverted"
        ),
        pytest.param(encoded(stripes().convert("CMYK"), "TIFF"), (RED, GREEN, BLUE), id="CMYK TIFF"),
        pytest.param(encoded(stripes().convert("P"), "PNG"), (RED, GREEN, None), id="palette"),
        pytest.param(encoded(stripes().convert("L"), "JPEG"), ((76,) * 3, (150,) * 3, (64,) * 3), id="grey JPEG"),
        pytest.param(encoded(stripes().convert("L"), "PNG"), ((76,) * 3, (150,) * 3, (64,) * 3), id="grey PNG"),
        pytest.param(encoded(stripes().convert("1", dither=0), "PNG"), ((0,) * 3, (255,) * 3, (0,) * 3), id="one bit"),
        pytest.param(
            encoded(Image.fromarray(np.full((40, 60), 51400, np.uint16)), "PNG"), ((200,) * 3,) * 3, id="16-bit PNG"
        ),
        pytest.param(
            encoded(Image.fromarray(np.full((40, 60), 51400, np.uint16)), "TIFF"), ((200,) * 3,) * 3, id="16-bit TIFF"
        ),
        pytest.param(
            encoded(stripes(), "PNG", transparency=RED), ((255,) * 3, GREEN, BLUE), id="one color transparent"
        ),
        pytest.param(encoded(stripes(), "PNG", icc_profile=bytes(200)), (RED, GREEN, BLUE), id="broken color profile"),
    ],
)
def test_read_colors(tmp_path, capfd, content, colors):
    picture = read(tmp_path, content)
    for x, color in zip((10, 30, 50), colors, strict=True):
        if color:
            assert np.abs(picture[20, x].astype(int) - color).max() <= 4
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("kind", "alpha", "red"),
    [
        pytest.param("PNG", 0, (255, 255, 255), id="clear"),
        pytest.param("PNG", 128, (255, 127, 127), id="half"),
        pytest.param("WEBP", 128, (255, 127, 127), id="half, WebP"),
        pytest.param("TIFF", 128, (255, 127, 127), id="half, TIFF, which stores colors times alpha"),
        pytest.param("TIFF", 255, RED, id="solid"),
    ],
)
def test_transparent_pixels_are_laid_over_white(tmp_path, kind, alpha, red):
    picture = stripes()
    picture.putalpha(alpha)
    pixels = read(tmp_path, encoded(picture, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {})))
    assert np.abs(pixels[20, 10].astype(int) - red).max() <= 1


def test_read_16_bit_alpha(tmp_path):
    pixels = np.zeros((2, 2, 4), np.uint16)
    pixels[..., 3] = 65535 // 2
    assert read(tmp_path, cv2.imencode(".png", pixels)[1].tobytes()).tolist() == np.full((2, 2, 3), 128).tolist()


@pytest.mark.parametrize(
    ("kind", "orientation"),
    [*(("JPEG", orientation) for orientation in range(1, 9)), ("PNG", 5), ("WEBP", 6), ("TIFF", 8)],
)
def test_read_applies_exif_orientation(tmp_path, kind, orientation):
    content = encoded(stripes(), kind, exif=orientation_tag(orientation))
    expected = np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"), int)
    picture = read(tmp_path, content)
    assert picture.shape == expected.shape
    assert np.abs(picture - expected).mean() < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_read_without_rotation(tmp_path, kind):
    path = tmp_path / "picture"
    path.write_bytes(encoded(stripes(), kind, exif=orientation_tag(6)))
    assert images.read(path, rotate=False).shape == (40, 60, 3)
    assert images.read(path).shape == (60, 40, 3)


def test_a_transparent_picture_is_rotated_too(tmp_path):
    picture = stripes()
    picture.putalpha(128)
    assert read(tmp_path, encoded(picture, "PNG", exif=orientation_tag(8))).shape == (60, 40, 3)


JPEG = encoded(stripes().resize((600, 400)), "JPEG")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "no such file", id="missing"),
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"<!DOCTYPE html><html>not here</html>", "not a picture", id="a web page"),
        pytest.param(b"x" * 999, "not a picture that OpenCV can read", id="rubbish"),
        pytest.param(JPEG[: len(JPEG) // 2], "cut short", id="half a JPEG"),
        pytest.param(encoded(stripes(), "PNG")[:-30], "cut short", id="most of a PNG"),
        pytest.param(encoded(stripes(), "WEBP")[:-30], "cut short", id="most of a WebP"),
        pytest.param(encoded(stripes(), "TIFF")[:-3000], "", id="part of a TIFF"),
        pytest.param(b"II*\0", "cut short or damaged", id="a TIFF's first bytes"),
        pytest.param(b"II*\0\xff\xff\xff\x7f", "cut short or damaged", id="a TIFF that points nowhere"),
        pytest.param(b"\xff\xd8\xff\xe1\xff", "cut short or damaged", id="a JPEG's first bytes"),
        pytest.param(b"\xff\x0a" + bytes(99), "JPEG XL; save it as JPEG or PNG", id="JPEG XL"),
        pytest.param(b"8BPS\0\1" + bytes(99), "Photoshop; save it as JPEG or PNG", id="Photoshop"),
        pytest.param(b"%PDF-1.7", "PDF; save its pages as PNG", id="PDF"),
        pytest.param(b"<svg></svg>", "SVG; save it as PNG", id="SVG"),
        pytest.param(encoded(stripes(), "TIFF", tiffinfo={254: 1}), "camera RAW; save it as JPEG", id="a preview"),
        pytest.param(encoded(stripes(), "ICO"), "icon; save it as PNG", id="an icon"),
        pytest.param(b"\x1a\x45\xdf\xa3", "not a picture but a video (Matroska or WebM)", id="a video"),
        pytest.param(png(20000, 20000), "20000x20000 pixels are more than 200,000,000", id="a giant PNG"),
        pytest.param(
            b"BM" + bytes(16) + struct.pack("<ii", 90000, -90000) + bytes(99), "90000x90000", id="a giant BMP"
        ),
        pytest.param(encoded(Image.new("I", (2, 2), 70000), "TIFF"), "int32", id="32-bit whole numbers"),
    ],
)
def test_read_refuses_in_one_line(tmp_path, capfd, content, words):
    path = tmp_path / "Köln 東京.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PictureError) as caught:
        images.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_read_refuses_folders(tmp_path):
    with pytest.raises(PictureError, match="cannot be read"):
        images.read(tmp_path)


def test_max_pixels_is_a_parameter(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(stripes(), "PNG"))
    assert images.read(path, max_pixels=2400).size
    with pytest.raises(PictureError, match="60x40 pixels are more than 2,399"):
        images.read(path, max_pixels=2399)
    with pytest.raises(PictureError, match="bytes"):
        path.write_bytes(path.read_bytes() + bytes(2_000_000))
        images.read(path, max_pixels=2400)


def test_a_size_without_a_known_header_is_checked_too(tmp_path):
    path = tmp_path / "picture.ppm"
    path.write_bytes(encoded(stripes(), "PPM"))
    with pytest.raises(PictureError, match="more than 100"):
        images.read(path, max_pixels=100)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        pytest.param("PNG", {}, id="PNG"),
        pytest.param("GIF", {}, id="GIF"),
        pytest.param("BMP", {}, id="BMP"),
        pytest.param(
            "JPEG", {"exif": orientation_tag(6), "comment": b"\xff\xc0 no frame"}, id="JPEG after EXIF and a comment"
        ),
        pytest.param("JPEG", {"progressive": True}, id="JPEG, progressive"),
        pytest.param("WEBP", {}, id="WebP"),
        pytest.param("WEBP", {"lossless": True}, id="WebP, lossless"),
        pytest.param("WEBP", {"exif": orientation_tag(6)}, id="WebP, extended"),
        pytest.param("TIFF", {}, id="TIFF"),
        pytest.param("TIFF", {"big_tiff": True}, id="BigTIFF"),
        pytest.param("AVIF", {}, id="AVIF"),
        pytest.param("JPEG2000", {}, id="JPEG 2000"),
    ],
)
def test_a_header_holds_the_size(kind, options):
    try:
        content = encoded(stripes(), kind, **options)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {kind}")
    header = image_headers.parse(content)
    assert (header.width, header.height) == (60, 40)
    for length in range(0, len(content), max(1, len(content) // 200)):
        cut = image_headers.parse(content[:length])
        assert cut is None or (cut.width, cut.height) == (60, 40)


@pytest.mark.parametrize(("suffix", "exact"), [(".png", True), (".bmp", True), (".JPG", False), (".webp", False)])
def test_write_makes_the_folder_and_leaves_nothing_else(tmp_path, suffix, exact):
    pixels = np.array(stripes())
    path = tmp_path / "ä" / "b" / f"東京{suffix}"
    images.write(path, pixels)
    images.write(path, pixels)
    assert list(path.parent.iterdir()) == [path]
    written = images.read(path)
    assert np.array_equal(written, pixels) if exact else np.abs(written.astype(int) - pixels).mean() < 8


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_write_quality(tmp_path, suffix):
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    for quality in (10, 95):
        images.write(tmp_path / f"{quality}{suffix}", pixels, quality)
    assert (tmp_path / f"10{suffix}").stat().st_size < (tmp_path / f"95{suffix}").stat().st_size / 2


@pytest.mark.parametrize("shape", [(4, 6, 3), (4, 6)], ids=["RGB", "grey"])
def test_encode(shape):
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    decoded = images.decode(images.encode(pixels, ".png"), "a.png")
    assert np.array_equal(decoded, pixels if len(shape) == 3 else np.dstack([pixels] * 3))


@pytest.mark.parametrize("name", ["picture", "picture.xyz", "picture.txt"])
def test_write_refuses_other_suffixes(tmp_path, name):
    with pytest.raises(PictureError, match="cannot write"):
        images.write(tmp_path / name, np.array(stripes()))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("size", "boxes", "captions"),
    [
        pytest.param((40, 60), [], [], id="no boxes"),
        pytest.param((1, 1), [[0, 0, 1, 1]], ["cola 0.99"], id="one pixel"),
        pytest.param((90, 120), [[5, 5, 40, 30]], [""], id="no caption"),
        pytest.param(
            (90, 120), [[0, 0, 30, 30], [100, 80, 500, 500]], ["cola", "a name far too long for it"], id="edges"
        ),
        pytest.param((900, 1200), [[-50, -50, 90.5, 33.3], [0, 880, 1200, 900]], ["Lavié", "y" * 300], id="outside"),
    ],
)
def test_draw(size, boxes, captions):
    picture = np.full((*size, 3), 90, np.uint8)
    before = picture.copy()
    drawn = images.draw(picture, np.float32(boxes).reshape(-1, 4), captions, [RED] * len(boxes))
    assert np.array_equal(picture, before)
    assert drawn.shape == picture.shape
    assert (drawn != picture).any() == bool(boxes)


@pytest.mark.parametrize("box", [[0, 0, 20, 20], [380, 0, 400, 20], [0, 280, 20, 300], [380, 280, 400, 300]], ids=str)
def test_captions_stay_inside(box):
    """A caption at a corner shows as much ink as one in the middle, where nothing can cut it off."""

    def ink(box):
        drawn = images.draw(np.zeros((300, 400, 3), np.uint8), np.float32([box]), ["Wmg 0.87"], [(0, 0, 200)])
        return (drawn.min(axis=2) > 100).sum()

    assert ink(box) == pytest.approx(ink([150, 150, 170, 170]), rel=0.1)


@pytest.mark.parametrize("color", [(0, 0, 120), (240, 228, 66)], ids=["dark", "bright"])
def test_captions_can_be_read_on_any_color(color):
    drawn = images.draw(np.full((300, 400, 3), 128, np.uint8), np.float32([[50, 100, 90, 140]]), ["Wmg"], [color])
    light = drawn[60:100, 50:90].astype(float) @ (0.299, 0.587, 0.114)
    assert light.max() - light.min() > 120
