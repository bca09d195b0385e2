"""The repository's dvc.yaml → that of a project: the stages of its sides, with the user's own files as dependencies."""

import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.representer import RoundTripRepresenter

from brandlens.config import packaged

SIDES = ("logo", "sentiment")
SAMPLES = {"logo": "data/logo/tavuno.png", "sentiment": "data/sentiment/sample.csv"}
VERSION = "requirements.txt"  # names the version of brandlens whose library the stages call
CODE = "src/brandlens/"


class _Representer(RoundTripRepresenter):
    """Spells out what is null."""


_Representer.add_representer(
    type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
)


def round_trip() -> YAML:
    """Return a YAML reader and writer that keeps comments, and does not wrap lines."""
    yaml = YAML()
    yaml.Representer = _Representer
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
    return _dump(yaml, content)


def _dump(yaml: YAML, content: Any) -> str:
    out = io.StringIO()
    yaml.width = 120
    yaml.dump(content, out)
    return re.sub(r" +$", "", out.getvalue(), flags=re.MULTILINE)


def sides_of(dvc_yaml: str) -> list[str]:
    """Return the sides that a project's dvc.yaml has stages of."""
    names = YAML(typ="safe").load(dvc_yaml)["stages"]
    return [side for side in SIDES if any(name.startswith(f"{side}-") for name in names)]


def extend(dvc_yaml: str, sides: Collection[str], sources: Mapping[str, Sequence[str]]) -> str:
    """Return a project's dvc.yaml with the stages and plots of these sides that it lacks; all else stays as it is.

    sources: by side, the files that its collect stage is to depend on too.
    """
    yaml = round_trip()
    content, wanted = yaml.load(dvc_yaml), yaml.load(render(sides, {side: sources.get(side, ()) for side in SIDES}))
    changed = False
    for name, stage in wanted["stages"].items():
        if name not in content["stages"]:
            place = list(content["stages"]).index("report") if "report" in content["stages"] else 0
            content["stages"].insert(place, name, stage)
            changed = True
            continue
        for key in ("deps", "outs") if name == "report" or name.endswith("-collect") else ():
            there = content["stages"][name].setdefault(key, _flow([]))
            new = [item for item in stage[key] if item not in there]
            there.extend(new)
            changed = changed or bool(new)
    titles = {title for plot in content.get("plots", []) for title in plot}
    plots = [plot for plot in wanted["plots"] if not titles & set(plot)]
    if plots:
        content.setdefault("plots", []).extend(plots)
    return _dump(yaml, content) if changed or plots else dvc_yaml


def tracked_params(dvc_yaml: str) -> list[str]:
    """Return the dotted keys of params.yaml that stages depend on; DVC wants each of them to stand in the file."""
    stages = YAML(typ="safe").load(dvc_yaml)["stages"].values()
    return list(dict.fromkeys(key for stage in stages for key in stage.get("params", [])))


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
