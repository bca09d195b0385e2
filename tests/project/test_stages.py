"""dvc.yaml of a project: the repository's own, but for the library's modules."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from brandlens.project import files, stages

HOME = Path(__file__).resolve().parents[2]
OWN: dict[str, Any] = YAML(typ="safe").load(HOME / "dvc.yaml")
SAMPLES = {side: [path] for side, path in stages.SAMPLES.items()}


def load(text: str) -> dict[str, Any]:
    return YAML(typ="safe").load(text)


def test_the_repository_is_such_a_project() -> None:
    """But for its dependencies on the library's modules, for which the version stands."""
    project = load(stages.render(stages.SIDES, SAMPLES))
    assert project["plots"] == OWN["plots"]
    assert list(project["stages"]) == list(OWN["stages"])
    for name, stage in project["stages"].items():
        own = OWN["stages"][name]
        assert {key: stage[key] for key in stage if key != "deps"} == {key: own[key] for key in own if key != "deps"}
        data = [dep for dep in own["deps"] if not dep.startswith("src/")]
        assert sorted(stage["deps"]) == sorted([*data, stages.VERSION])


@pytest.mark.parametrize(("side", "other"), [("logo", "sentiment"), ("sentiment", "logo")])
def test_one_side_knows_nothing_of_the_other(side: str, other: str) -> None:
    text = stages.render([side], {side: ["../my.file"]})
    content = load(text)
    assert f"{other}-" not in text
    assert f"reports/{other}" not in text
    assert "../my.file" in content["stages"][f"{side}-collect"]["deps"]
    assert stages.SAMPLES[side] not in text
    assert content["stages"]["report"]["outs"] == ["reports/index.html", f"reports/{side}.html"]
    assert len(content["plots"]) >= 3
    assert stages.sides_of(text) == [side]


def test_every_script_and_every_dependency_is_there() -> None:
    """What no stage writes is a file of the project."""
    content = load(stages.render(stages.SIDES, SAMPLES))["stages"]
    written = {out for stage in content.values() for key in ("outs", "metrics") for out in stage.get(key, [])}
    needed = {dep for stage in content.values() for dep in stage["deps"]} - written
    there = {*files.scripts(stages.SIDES), *files.settings(), *files.samples(stages.SIDES)}
    assert {dep for dep in needed if not dep.startswith("reports/")} <= there
    assert all(any(dep.startswith(f"{out}") for out in written) for dep in needed if dep.startswith("reports/"))


def test_a_side_that_is_added_leaves_the_rest_as_it_was() -> None:
    before = stages.render(["logo"], {"logo": ["../a.xml"]}).replace(
        "desc: Pages that open", "desc: Our own pages that open"
    )
    text = stages.extend(before, ["logo", "sentiment"], {"sentiment": ["../r.csv"]})
    content = load(text)
    assert set(content["stages"]) == set(OWN["stages"])
    assert "Our own pages" in text
    assert "../a.xml" in content["stages"]["logo-collect"]["deps"]
    assert "../r.csv" in content["stages"]["sentiment-collect"]["deps"]
    assert sorted(content["stages"]["report"]["outs"]) == sorted(OWN["stages"]["report"]["outs"])
    assert {title for plot in content["plots"] for title in plot} == {title for plot in OWN["plots"] for title in plot}


def test_nothing_new_is_nothing_changed() -> None:
    text = stages.render(["logo"], {"logo": ["../a.xml"]}) + "# mine\n"
    assert stages.extend(text, ["logo"], {"logo": ["../a.xml"]}) == text
    assert "../b.xml" in stages.extend(text, ["logo"], {"logo": ["../a.xml", "../b.xml"]})
