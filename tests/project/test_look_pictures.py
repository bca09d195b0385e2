"""What is seen in labelled pictures."""

from pathlib import Path

import numpy as np
import pytest

from brandlens import annotations, config, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.project import look_pictures

from .conftest import write_pictures


def test_counts_and_sizes(home: Path) -> None:
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        images.write(Path(f"{name}.png"), random.integers(0, 256, (50, 200, 3), np.uint8))
    boxes = (Box(0, 0, 40, 10, "acme"), Box(100, 0, 20, 20, "acme"), Box(60, 0, 30, 30, "acme", ignore=True))
    annotations.write(Path("p.xml"), [Picture(Path("a.png"), boxes), Picture(Path("b.png"))])
    seen = look_pictures.look([Path("p.xml")])
    assert dict(seen.boxes_of) == {"acme": 2}  # boxes to ignore count for nothing
    assert dict(seen.pictures_of) == {"acme": 1}
    assert seen.num_empty == 1
    assert seen.logo_sides.tolist() == [20, 20]
    assert seen.logo_shares.tolist() == [0.1, 0.1]
    assert seen.aspect_ratios.tolist() == [4, 1]
    assert any("acme (2 logos in 1 pictures)" in line for line in seen.describe())


def test_no_box(home: Path) -> None:
    images.write(Path("a.png"), np.zeros((60, 80, 3), np.uint8))
    annotations.write(Path("p.xml"), [Picture(Path("a.png"))])
    seen = look_pictures.look([Path("p.xml")])
    assert (len(seen.labels), seen.num_empty, len(list(seen.describe()))) == (0, 1, 2)


@pytest.mark.parametrize("brands", [("acme",), ("acme", "zest")])
def test_the_split_is_about_the_stages(home: Path, brands: tuple[str, ...]) -> None:
    seen = look_pictures.look([write_pictures(Path("p.xml"), *brands, count=40)])
    counts = seen.split_counts(config.parse(config.defaults(), {}).logo.collect, 1)
    assert sum(counts["test"].values()) == pytest.approx(0.2 * 30, abs=2)
    assert sum(sum(split.values()) for split in counts.values()) == 30
