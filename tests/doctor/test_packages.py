"""The installed packages against what is required and what is tested."""

import os
import sys
from pathlib import Path

import pytest

from brandlens import __version__
from brandlens.doctor import packages

NEEDED = {
    "": ["numpy>=2.0", "tqdm>=4.66"],
    "train": ["keras>=3.15", "ruamel.yaml>=0.18"],
    "collect": ["httpx[http2]>=0.28"],
}
PINNED = {"numpy": "2.4.6", "keras": "3.15.1"}
ALL = {"numpy": "2.4.6", "tqdm": "4.66", "keras": "3.15.1", "ruamel-yaml": "0.19.1", "httpx": "0.28.1"}


def check(installed: dict[str, str], in_project: bool = False) -> dict[str, str]:
    found = packages.check(NEEDED, PINNED, installed.get, in_project)
    return {finding.name: f"{finding.status}: {finding.value}" for finding in found}


def test_all_is_there() -> None:
    assert check(ALL) == {
        "brandlens": f"ok: {__version__}",
        "packages": "ok: 2 installed, none too old",
        "packages of train": "ok: 2 installed, none too old",
        "packages of collect": "ok: 1 installed, none too old",
    }


@pytest.mark.parametrize(
    ("changes", "in_project", "name", "value"),
    [
        pytest.param({"numpy": None}, False, "packages", "fail: missing: numpy", id="what all need"),
        pytest.param({"numpy": "1.26.4"}, False, "packages", "fail: too old: numpy 1.26.4 (wants 2.0 or", id="too old"),
        pytest.param({"keras": None}, False, "packages of train", "note: missing: keras", id="a part of the training"),
        pytest.param({"keras": None}, True, "packages of train", "fail: missing: keras", id="in a project"),
        pytest.param(
            {"keras": None, "ruamel-yaml": None},
            False,
            "packages of train",
            "ok: not installed: keras",
            id="no training",
        ),
        pytest.param({"keras": "3.9"}, True, "packages of train", "fail: too old: keras 3.9", id="numbers, not texts"),
        pytest.param(
            {"numpy": "2.5"},
            False,
            "tested versions",
            "note: others: numpy 2.5 (tested: 2.4.6)",
            id="another than tested",
        ),
    ],
)
def test_what_is_wrong(changes: dict[str, str | None], in_project: bool, name: str, value: str) -> None:
    installed = {package: version for package, version in {**ALL, **changes}.items() if version}
    assert check(installed, in_project)[name].startswith(value)


def test_what_is_required_and_tested_here() -> None:
    required = packages.requirements()
    assert any(line.startswith("numpy") for line in required[""])
    assert any(line.startswith("keras") for line in required["train"])
    assert {"numpy", "ruamel-yaml", "jinja2"} <= packages.constraints().keys()


@pytest.mark.parametrize(
    ("installed", "ends", "status"),
    [
        pytest.param({"opencv-python-headless": "5"}, 0, "ok", id="once"),
        pytest.param({"opencv-python-headless": "5", "opencv-python": "4"}, 0, "note", id="twice"),
        pytest.param({"opencv-python": "4"}, 1, "fail", id="cannot be imported"),
        pytest.param({}, 1, "fail", id="not installed"),
    ],
)
def test_opencv(tmp_path: Path, installed: dict[str, str], ends: int, status: str) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho 'libGL.so.1: missing' >&2\nexit {ends}\n")
    python.chmod(0o755)
    if os.name == "nt":
        pytest.skip("no shell scripts here")
    finding = packages.opencv(installed.get, str(python))
    assert finding.status == status
    assert ("libGL" in finding.value) is bool(ends)


@pytest.mark.parametrize(
    ("files", "status"),
    [
        pytest.param({}, None, id="no project"),
        pytest.param({"dvc.yaml": "", "requirements.txt": f"brandlens[train]=={__version__}"}, "ok", id="this version"),
        pytest.param({"dvc.yaml": "", "requirements.txt": "brandlens[train]==0.0.1"}, "note", id="another version"),
        pytest.param({"dvc.yaml": "", "requirements.txt": "numpy"}, "ok", id="not pinned"),
    ],
)
def test_project(tmp_path: Path, files: dict[str, str], status: str | None) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    finding = packages.project(tmp_path)
    assert (finding.status if finding else None) == status


def test_this_pythons_opencv() -> None:
    assert packages.opencv(python=sys.executable).status in ("ok", "note")
