"""docs/digits.md: its blocks run, and come to what the page says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from brandlens import config

HOME = Path(__file__).resolve().parents[1]
PAGE = HOME / "docs" / "digits.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The names that the blocks of the page leave behind."""
    names: dict[str, Any] = {}
    for kind, block in BLOCKS:
        if kind == "python":
            exec(compile(block, str(PAGE), "exec"), names)
    return names


def test_a_network_of_crops_detects_in_scenes(page: dict[str, Any]) -> None:
    counts = np.zeros(3, int)  # digits, detections, right ones
    for scene, targets in zip(page["scenes"], page["targets"], strict=True):
        there = [(int(targets[top, left]), left, top) for top, left in np.argwhere(targets != page["GROUND"])]
        found = page["detect"](scene)
        near = [
            any(digit == other and abs(left - x) < 2 and abs(top - y) < 2 for other, x, y in found)
            for digit, left, top in there
        ]
        counts += len(there), len(found), sum(near)
    assert counts[0] == 180
    assert counts[2] == pytest.approx(174, abs=8)
    assert counts[1] - counts[2] <= 15


def test_an_lstm_reads_digits(page: dict[str, Any]) -> None:
    assert len(np.unique(page["tokens"])) == 61
    assert page["accuracy"] == pytest.approx(0.87, abs=0.04)


def test_the_params_of_mnist_are_allowed(tmp_path: Path) -> None:
    yaml = YAML(typ="safe")
    content = yaml.load(HOME / "params.yaml")
    (changes,) = (yaml.load(block)["digits"] for kind, block in BLOCKS if kind == "yaml")
    content["digits"]["collect"] |= changes["collect"]
    content["digits"]["train"]["max_epochs"] = changes["train"]["max_epochs"]
    content["digits"]["train"]["networks"]["lenet_advised"] |= changes["train"]["networks"]["lenet_advised"]
    yaml.dump(content, tmp_path / "params.yaml")
    digits = config.load(tmp_path / "params.yaml").digits
    assert (digits.collect.source, digits.train.max_epochs) == ("mnist", None)
    assert digits.train.networks["lenet_advised"].num_networks == 5
