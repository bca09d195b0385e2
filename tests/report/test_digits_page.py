"""The small pipeline's page: its numbers are those of metrics.json, and a file that lacks is named."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from brandlens.report import digits_page
from brandlens.report.load import ResultsError

SCORES = {"digits_right": 0.7, "regions_right": 0.8, "f1": 0.75, "scenes_right": 0.4}
NETWORK = {
    "seeds": 2, "val_error": 0.0123, "val_error_std": 0.001, "val_ensemble_error": 0.01, "test_error": 0.0145,
    "test_error_std": 0.002, "test_ensemble_error": 0.0111, "networks": 2, "published_error": 0.0285,
}  # fmt: skip
METRICS: dict[str, Any] = {
    "networks": {"fc64": NETWORK},
    "baselines": {name: {"val_error": 0.5, "test_error": 0.25} for name in ("majority", "nearest_neighbors")},
    "separation": dict.fromkeys(digits_page.METHODS, SCORES),
    "intervals": {"networks": {"fc64": {"test_ensemble_error": [0.004, 0.0222]}}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the stages write."""
    params = {"train": {"networks": {"fc64": {"architecture": "FC64"}}}, "separate": {"min_iou": 0.75}}
    run = {"brandlens": "0", "revision": "unknown", "date": "2026-01-01", "model": "fc64", "source": "sample"}
    run |= {"splits": {"train": 10, "val": 5, "test": 5}, "params": params}
    for name, content in (("metrics", METRICS), ("run", run), ("training", {"fc64-0": {"seconds": 1.0}})):
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    rows = [f"fc64-{seed},{epoch},1,0.5,1,{0.9 + 0.02 * epoch},1" for seed in (0, 1) for epoch in range(3)]
    table = "\n".join(["network,epoch,loss,accuracy,val_loss,val_accuracy,seconds", *rows, ""])
    (tmp_path / "training.csv").write_text(table, encoding="utf-8")
    return tmp_path


def test_every_number_is_that_of_the_metrics(folder: Path) -> None:
    page = digits_page.write(folder).read_text(encoding="utf-8")
    cells = re.findall(r'<data value="([^"]+)" data-metric="([^"]+)">([^<]+)</data>', page)
    assert len(cells) > 20
    for value, path, shown in cells:
        expected: Any = METRICS
        for key in json.loads(unescape(path))[1:]:
            expected = expected[key]
        assert float(value) == expected
        assert float(shown.split()[0]) == pytest.approx(expected if "%" not in shown else 100 * expected, abs=0.5)
    assert "0.40 %–2.22 %" in page
    assert "1.45 %" in page
    assert page.count("<polyline") == 3  # two seeds, and the published error


def test_the_page_needs_nothing_beside_it(folder: Path) -> None:
    page = digits_page.write(folder).read_text(encoding="utf-8")
    assert "not to compare with" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#|index\.html)', page)


@pytest.mark.parametrize("name", ["metrics.json", "run.json", "training.json", "training.csv"])
def test_a_file_that_lacks_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ResultsError, match=name):
        digits_page.write(folder)
