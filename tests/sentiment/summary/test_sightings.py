"""Detections and dates of pictures → sightings by period; dates in EXIF."""

import json
import struct
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens import exif_dates
from brandlens.errors import UserError
from brandlens.sentiment.summary import sightings


def exif(text: str, order: str = "<") -> bytes:
    """Return EXIF with DateTimeOriginal in its own directory."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    first = struct.pack(order + "HHHII", 1, exif_dates.EXIF_DIRECTORY, 4, 1, 26) + bytes(4)
    own = struct.pack(order + "HHHII", 1, exif_dates.DATE_TIME_ORIGINAL, 2, 20, 44) + bytes(4)
    return head + first + own + text.encode() + b"\0"


def write_picture(path: Path, text: str, order: str = "<") -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    content = b"Exif\0\0" + exif(text, order)
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content + jpeg[2:])


@pytest.mark.parametrize("order", ["<", ">"])
def test_date_of_a_jpeg(tmp_path: Path, order: str) -> None:
    write_picture(tmp_path / "a.jpg", "2024:03:05 10:11:12", order)
    assert exif_dates.read_date(tmp_path / "a.jpg") == date(2024, 3, 5)


@pytest.mark.parametrize(
    "content", [b"", b"Exif\0\0II*\0", b"Exif\0\0II*\0\xff\xff\xff\xff", exif("0000:00:00 00:00:00")]
)
def test_no_date(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    assert exif_dates.read_date(tmp_path / "a.jpg") is None


def write_found(path: Path, *names: str) -> Path:
    found = [{"label": "cola"}, {"label": "cola"}]
    rows = [{"picture": name, "detections": found if number % 2 == 0 else []} for number, name in enumerate(names)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_by_exif(tmp_path: Path) -> None:
    for name, day in (("a.jpg", "2024:03:05"), ("b.jpg", "2024:03:06"), ("c.jpg", "2024:04:01")):
        write_picture(tmp_path / name, f"{day} 00:00:00")
    (tmp_path / "d.jpg").write_bytes(b"")
    found = sightings.read(write_found(tmp_path / "found.jsonl", "a.jpg", "b.jpg", "c.jpg", "d.jpg")).by_period("month")
    assert found.pictures == {date(2024, 3, 1): 2, date(2024, 4, 1): 1}
    assert found.labels == {"cola": {date(2024, 3, 1): 1, date(2024, 4, 1): 1}}
    assert found.undated == 1


def test_by_manifest_and_csv(tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_text("picture,label,score\nx/a.jpg,cola,1\nx/a.jpg,cola,1\nx/b.jpg,,\n")
    (tmp_path / "dates.csv").write_text("picture,date\na.jpg,2024-03-05\nx/b.jpg,2024-03-05\n")
    found = sightings.read(tmp_path / "found.csv", tmp_path / "dates.csv")
    assert (found.pictures.total(), found.labels["cola"].total()) == (2, 1)


def test_what_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="no detections"):
        sightings.read(tmp_path / "x.csv")
    with pytest.raises(UserError, match="no picture with a date"):
        sightings.read(write_found(tmp_path / "found.jsonl", "a.jpg"))
