"""The repository's dvc.yaml → that of a project: the stages of its sides, with the user's own files as dependencies."""

import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

from brandlens.config import packaged

SIDES = ("logo", "sentiment")
SAMPLES = {"logo": "data/logo/tavuno.png", "sentiment": "data/sentiment/sample.csv"}
VERSION = "requirements.txt"  # names the version of brandlens whose library the stages call
CODE = "src/brandlens/"


def round_trip() -> YAML:
    """Return a YAML reader and writer that keeps comments, and does not wrap lines."""
    yaml = YAML()
    yaml.width = 4096
    yaml.preserve_quotes = True
    return yaml


def render(sides: Collection[str], sources: Mapping[str, Sequence[str]]) -> str:
    """Return the dvc.yaml of a project.

    sides: those it has. sources: by side, the files that its collect stage reads, as paths from the project's folder.
    The stages are the repository's, with one dependency in place of the library's modules: the version of brandlens.
    """
    yaml = round_trip()
    content = yaml.load(packaged.path("dvc.yaml"))
    other = tuple(f"reports/{side}/" for side in SIDES if side not in sides)
    for name in list(content["stages"]):
        stage = content["stages"][name]
        if name.split("-")[0] in {*SIDES} - {*sides}:
            del content["stages"][name]
            continue
        deps = [dep for dep in stage["deps"] if not dep.startswith((CODE, *other)) and dep not in SAMPLES.values()]
        if name.endswith("-collect"):
            deps += sources[name.split("-")[0]]
        deps.insert(1, VERSION)  # after the script
        stage["deps"] = _flow(deps)
        stage["outs"] = _flow(out for out in stage["outs"] if out not in _pages(other))
    content["plots"] = [plot for plot in content["plots"] if not any(path.startswith(other) for path in _tables(plot))]
    out = io.StringIO()
    yaml.width = 120
    yaml.dump(content, out)
    return out.getvalue()


def tracked_params(dvc_yaml: str) -> list[str]:
    """Return the dotted keys of params.yaml that stages depend on; DVC wants each of them to stand in the file."""
    stages = YAML(typ="safe").load(dvc_yaml)["stages"].values()
    return list(dict.fromkeys(key for stage in stages for key in stage.get("params", [])))


def outs(dvc_yaml: str) -> list[str]:
    """Return what the stages write."""
    stages = YAML(typ="safe").load(dvc_yaml)["stages"].values()
    return [out for stage in stages for key in ("outs", "metrics") for out in stage.get(key, [])]


def _flow(items: Iterable[str]) -> CommentedSeq:
    sequence = CommentedSeq(items)
    sequence.fa.set_flow_style()
    return sequence


def _pages(folders: Sequence[str]) -> list[str]:
    """Return the pages of the report for folders such as "reports/logo/"."""
    return [f"{folder.rstrip('/')}.html" for folder in folders]


def _tables(tree: Any) -> Iterator[str]:
    """Yield all texts of a plot's definition, among which are the tables that it draws."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield str(key)
            yield from _tables(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _tables(item)
    else:
        yield str(tree)
