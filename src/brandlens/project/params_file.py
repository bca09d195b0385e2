"""Choices → params.yaml, in full or only what differs from the defaults; and changes of one that is there."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from brandlens import config
from brandlens.config import Config, packaged
from brandlens.errors import ParamsError
from brandlens.project.choices import Choice
from brandlens.project.stages import round_trip

NOT_IN_PROJECTS = "\ndigits:"  # begins the last section, of stages that projects do not have
HEAD = """\
# What differs from the defaults of brandlens, and why. A key that is not here has its default and may be added; all
# keys with their units: brandlens init --full. dvc exp run -S '+KEY=VALUE' tries one without editing this file.
"""


def render(choices: Sequence[Choice], tracked: Iterable[str]) -> str:
    """Return a params.yaml with the keys that differ from the defaults, each with its reason as a comment.

    tracked: keys that stages depend on; they stand in the file in any case, since DVC wants them there.
    """
    defaults = config.defaults()
    named = set(tracked)
    chosen = {c.key: c for c in choices if c.value != get(defaults, c.key) or c.key in named}
    return HEAD + "\n".join(_section(defaults, "", chosen, named)) + "\n"


def _section(section: Mapping[str, Any], prefix: str, chosen: Mapping[str, Choice], tracked: set[str]) -> list[str]:
    """Return the lines of a section: what is chosen or tracked of it, in the order of the defaults."""
    lines = []
    for name, default in section.items():
        key = prefix + name
        indent = "  " * key.count(".")
        if key in chosen:
            lines.append(f"{indent}{_item(name, chosen[key].value)}  # {chosen[key].reason}")
        elif isinstance(default, Mapping):
            inner = _section(default, key + ".", chosen, tracked)
            if inner:
                lines += [f"{indent}{name}:", *inner]
            elif key in tracked:
                lines.append(f"{indent}{name}: {{}}")
        elif key in tracked:
            lines.append(f"{indent}{_item(name, default)}  # the default")
    return lines


def _item(name: str, value: Any) -> str:
    """Return "name: value" as YAML in one line."""
    out = io.StringIO()
    round_trip().dump(CommentedMap({name: _flow(value)}), out)
    return out.getvalue().strip()


def _flow(value: Any) -> Any:
    """Return a value whose lists and mappings are written in one line."""
    if isinstance(value, Mapping):
        mapping = CommentedMap({name: _flow(item) for name, item in value.items()})
        mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list | tuple):
        sequence = CommentedSeq(map(_flow, value))
        sequence.fa.set_flow_style()
        return sequence
    return value


def render_full(choices: Sequence[Choice]) -> str:
    """Return the defaults' params.yaml, every key with its unit, with the choices made in it."""
    text = packaged.path("params.yaml").read_text(encoding="utf-8")
    return change(text.partition(NOT_IN_PROJECTS)[0] + "\n", choices, keep_comments=True)


def change(text: str, choices: Sequence[Choice], *, keep_comments: bool = False) -> str:
    """Return a params.yaml with keys set, each with its reason as a comment; all else stays as it is.

    keep_comments: put the reason before the comment that there is, and not in its place.
    """
    yaml = round_trip()
    content = yaml.load(text)
    content = CommentedMap() if content is None else content
    for choice in choices:
        *path, name = choice.key.split(".")
        section = content
        for part in path:
            if not isinstance(section.get(part), Mapping):
                section[part] = CommentedMap()
            section = section[part]
            section.fa.set_block_style()
        if name in section and section[name] == choice.value:
            continue
        section[name] = _flow(choice.value)
        before = section.ca.items.get(name, [None] * 3)[2] if keep_comments else None
        unit = f"; {before.value.strip('# ')}" if before else ""
        section.yaml_add_eol_comment(choice.reason + unit.rstrip(), name, column=0)
    out = io.StringIO()
    yaml.dump(content, out)
    return out.getvalue()


def complete(text: str, tracked: Iterable[str]) -> str:
    """Return a params.yaml with those keys that stages depend on and that it lacks, at their defaults."""
    content, defaults = YAML(typ="safe").load(text) or {}, config.defaults()
    missing = [key for key in tracked if not _has(content, key)]
    leaves = [key for key in missing if not isinstance(get(defaults, key), Mapping)]
    sections = [key for key in missing if key not in leaves and not any(k.startswith(f"{key}.") for k in missing)]
    choices = [Choice(key, get(defaults, key), "the default") for key in leaves]
    return change(text, [*choices, *(Choice(key, {}, "the defaults") for key in sections)])


def parse(values: Mapping[str, Any]) -> Config:
    """Return the params that these values of dotted keys make, all others at their defaults. Raises ParamsError."""
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *path, name = key.split(".")
        section = tree
        for part in path:
            section = section.setdefault(part, {})
        section[name] = value
    return config.parse(tree, config.defaults())


def check(text: str, path: Path) -> None:
    """Raise ParamsError, naming the file, where a params.yaml is not valid."""
    try:
        config.parse(YAML(typ="safe").load(text), config.defaults())
    except ParamsError as error:
        raise ParamsError(f"{path}: {error}") from None


def _has(tree: Mapping[str, Any], key: str) -> bool:
    try:
        get(tree, key)
    except ParamsError:
        return False
    return True


def get(tree: Mapping[str, Any], key: str) -> Any:
    """Return the value of a dotted key. Raises ParamsError for one that is not there."""
    value: Any = tree
    for name in key.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise ParamsError(f"{key} is not a known key")
        value = value[name]
    return value
