"""What the README tells a stranger to type exists, and is spelled right."""

import re
import shlex
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from brandlens import config
from brandlens.cli.main import parser

HOME = Path(__file__).resolve().parents[1]
README = (HOME / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    re.split(r"  #| > | < ", line)[0].strip()
    for kind, block in BLOCKS
    if kind == "bash"
    for line in block.splitlines()
    if line.strip()
]
INLINE = [each for each in re.findall(r"`([^`\n]+)`", README) if each.split()[0] in {"dvc", "python", "brandlens"}]


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 8


@pytest.mark.parametrize("line", [line for line in COMMANDS + INLINE if line.startswith("brandlens ")])
def test_the_command_line_knows_it(line: str) -> None:
    assert parser().parse_args(shlex.split(line)[1:]).run


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make ")])
def test_make_knows_it(line: str) -> None:
    assert re.search(rf"^{line.split()[1]}:", (HOME / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("line", [line for line in COMMANDS + INLINE if " dvc " in f" {line}"])
def test_dvc_stages_exist(line: str) -> None:
    stages = YAML(typ="safe").load(HOME / "dvc.yaml")["stages"]
    named = re.findall(r"(?:logo|sentiment)-\w+", line)
    assert set(named) <= set(stages)


@pytest.mark.parametrize("key", re.findall(r"`((?:logo|sentiment)(?:\.\w+)+)`", README))
def test_knobs_exist(key: str) -> None:
    here = YAML(typ="safe").load(HOME / "params.yaml")
    for name in key.split("."):
        assert name in here
        here = here[name]


@pytest.mark.parametrize("block", [block for kind, block in BLOCKS if kind == "yaml"])
def test_changes_of_params_are_allowed(block: str, tmp_path: Path) -> None:
    yaml = YAML(typ="safe")
    content = yaml.load(HOME / "params.yaml")
    merge(content, yaml.load(block))
    yaml.dump(content, tmp_path / "params.yaml")
    assert config.load(tmp_path / "params.yaml") != config.load(HOME / "params.yaml")


def merge(into: dict, changes: dict) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and key != "artwork":
            merge(into[key], value)
        else:
            assert key in into
            into[key] = value


@pytest.mark.parametrize("path", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_links_lead_somewhere(path: str) -> None:
    assert (HOME / path).exists()


def test_the_tree_is_true() -> None:
    tree = next(
        block for kind, block in re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL) if "src/brandlens/" in block
    )
    names = [name for line in tree.splitlines() for name in line.split("  ")[0].split() if "." in name or "/" in name]
    assert [name for name in names if not (HOME / name).exists()] == []
    inside = re.search(r"^src/brandlens/\n((?:  .*\n)+)", tree, re.MULTILINE)
    assert inside
    for line in inside[1].splitlines():
        for name in line.strip().split("  ")[0].split():
            assert (HOME / "src/brandlens" / name).exists(), name


def test_extras_exist() -> None:
    project = (HOME / "pyproject.toml").read_text()
    for extras in re.findall(r'"\.\[([\w,]+)\]"', README):
        assert all(re.search(rf"^{extra} = \[", project, re.MULTILINE) for extra in extras.split(","))
