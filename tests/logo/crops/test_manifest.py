"""The folder of crops: what is written beside them, and how they are loaded."""

import csv
from pathlib import Path

import numpy as np
import pytest

from brandlens import images
from brandlens.errors import UserError
from brandlens.logo.crops import manifest
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.crops.windows import WindowSpec

RECORDS = [
    CropRecord("train/cola/0.png", "train", "cola", "labelled", "shop, left.png", 1.5, 2, 30, 12, 0.25, 0, -0.5, -0.25),
    CropRecord("train/cola/1.png", "train", "cola", "jittered", "shop, left.png", 0, 2.25, 28, 12, 0.1, 0, -0.5, -0.25),
    CropRecord("val/background/0.png", "val", "background", "other_brand", "café.png", -4, 0, 20, 8),
    CropRecord("val/background/1.png", "val", "background", "background", "café.png", 5, 5, 50, 20),
]


@pytest.mark.parametrize("records", [pytest.param([], id="no crops"), pytest.param(RECORDS, id="every kind")])
def test_the_manifest_reads_as_it_was_written(tmp_path: Path, window: WindowSpec, records: list[CropRecord]) -> None:
    manifest.write_manifest(tmp_path / "crops", window, records)
    assert manifest.read_manifest(tmp_path / "crops") == (window, records)
    with (tmp_path / "crops" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["picture"] for row in rows] == [record.picture for record in records]


def test_class_ids() -> None:
    assert manifest.class_ids(RECORDS, ["fizz", "cola"]).tolist() == [2, 2, 0, 0]
    nothing = manifest.class_ids([], ["cola"])
    assert (nothing.shape, nothing.dtype) == ((0,), np.int64)


def test_box_deltas() -> None:
    deltas = manifest.box_deltas(RECORDS)
    assert deltas.dtype == np.float32
    np.testing.assert_allclose(deltas, [[0.25, 0, -0.5, -0.25], [0.1, 0, -0.5, -0.25], [0] * 4, [0] * 4])
    assert manifest.box_deltas([]).shape == (0, 4)


def test_images_are_loaded_in_the_order_of_the_records(tmp_path: Path) -> None:
    for level, record in enumerate(RECORDS):
        images.write(tmp_path / record.file, np.full((4, 6, 3), level, np.uint8))
    loaded = manifest.load_images(tmp_path, [RECORDS[3], RECORDS[0], RECORDS[3]])
    assert loaded.shape == (3, 4, 6, 3)
    assert loaded[:, 0, 0, 0].tolist() == [3, 0, 3]
    assert len(manifest.load_images(tmp_path, [])) == 0


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param(
            [], "0 boxes of 0 labels in 0 pictures → 0 + 0 crops, 0 of other brands, 0 of background", id="none"
        ),
        pytest.param(
            RECORDS,
            "1 boxes of 1 labels in 2 pictures → 1 + 1 crops, 1 of other brands, 1 of background",
            id="one each",
        ),
    ],
)
def test_summary(records: list[CropRecord], expected: str) -> None:
    assert manifest.summary(records) == expected


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        pytest.param("window.json", "3", "damaged", id="another JSON"),
        pytest.param("window.json", "{", "damaged", id="cut JSON"),
        pytest.param("manifest.csv", "file,split\na.png,train\n", "damaged", id="no columns"),
        pytest.param("manifest.csv", None, "no such file", id="no manifest"),
    ],
)
def test_a_damaged_folder_is_named(
    tmp_path: Path, window: WindowSpec, file: str, content: str | None, message: str
) -> None:
    manifest.write_manifest(tmp_path, window, RECORDS)
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(content)
    with pytest.raises(UserError, match=f"{file}: {message}.*dvc repro logo-crop"):
        manifest.read_manifest(tmp_path)
