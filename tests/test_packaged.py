"""The files of the repository that the wheel carries: all that a project is made from, and found in both worlds."""

import tomllib
from pathlib import Path

import pytest

from brandlens.config import packaged
from brandlens.project import files, stages

HOME = Path(__file__).resolve().parents[1]
INCLUDED: dict[str, str] = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"][
    "build"
]["targets"]["wheel"]["force-include"]


def test_in_a_clone_they_are_the_repositorys_own() -> None:
    assert packaged.path("params.yaml").samefile(HOME / "params.yaml")


def test_installed_they_are_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "INSTALLED", tmp_path)
    assert packaged.path("dvc.yaml") == tmp_path / "dvc.yaml"


@pytest.mark.parametrize("name", INCLUDED)
def test_the_wheel_puts_them_where_they_are_looked_for(name: str) -> None:
    assert (HOME / name).exists()
    assert INCLUDED[name] == f"brandlens/{packaged.INSTALLED.name}/{name}"


def test_the_wheel_has_all_that_a_project_is_made_from() -> None:
    used = {"dvc.yaml", "params.yaml", "constraints.txt", *stages.SAMPLES.values(), *files.scripts(stages.SIDES)}
    used |= {name for name in files.settings() if name != stages.VERSION}
    assert {name for name in used if name not in INCLUDED and name.split("/")[0] not in INCLUDED} == set()
