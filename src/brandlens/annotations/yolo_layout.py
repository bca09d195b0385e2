"""How a YOLO dataset lies on disk: which pictures it has, where their labels are, and what the classes are called."""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brandlens.annotations import text_files, validate
from brandlens.annotations.issues import InvalidValueError, raise_issue, reporting

SPLITS = ("train", "val", "valid", "test")
YAML = (".yaml", ".yml")
NAMES = ("classes.txt", "obj.names", "labels/classes.txt")
ABOVE = 2  # folders above the given one in which class names are looked for


@dataclass(frozen=True)
class Entry:
    """A folder of pictures or a list of them, and the dataset's folder."""

    path: Path
    root: Path


@dataclass(frozen=True)
class Dataset:
    """labels: class number → name."""

    root: Path
    entries: tuple[Entry, ...]
    labels: Mapping[int, str]


def resolve(path: Path, anywhere: bool = False) -> Dataset:
    """What a data.yaml, a folder or a list of pictures stands for. Raises UnfitError for what is none of these."""
    config = configuration(path) if path.is_dir() else path if path.suffix.lower() in YAML else None
    if config:
        with reporting(raise_issue, str(config)):
            return _configured(config, anywhere)
    root = path.parent if path.is_file() else _root(path)
    start = path if path.is_dir() else path.parent
    for folder in (start, *start.parents)[: 1 + ABOVE]:
        found = configuration(folder) or validate.existing(folder / name for name in NAMES)
        if found:
            with reporting(raise_issue, str(found)):
                labels = named(content(found)) if found.suffix.lower() in YAML else _classes(found)
                return Dataset(root, (Entry(path, root),), labels)
    raise InvalidValueError("no data.yaml and no classes.txt that name the classes", "write classes.txt, a name a line")


def configuration(folder: Path) -> Path | None:
    """The folder's data.yaml, or the only YAML file in it."""
    there = sorted(path for path in folder.glob("*.y*ml") if path.suffix.lower() in YAML)
    return next((path for path in there if path.stem == "data"), there[0] if len(there) == 1 else None)


def labels_of(picture: Path, root: Path) -> Path:
    """The label file of a picture: in `labels` instead of the last folder `images` in the dataset, or beside it."""
    beside = picture.with_suffix(".txt")
    mirrored = mirror(picture, root)
    return (
        beside if mirrored != beside and validate.existing([beside]) and not validate.existing([mirrored]) else mirrored
    )


def mirror(picture: Path, root: Path) -> Path:
    """Where the label file of a picture is to be written."""
    parts = list(picture.with_suffix(".txt").parts)
    for at in range(len(parts) - 2, len(root.parts) - 1 if root in picture.parents else -1, -1):
        if parts[at] == "images":
            parts[at] = "labels"
            break
    return Path(*parts)


def content(path: Path) -> dict[str, Any]:
    """What a data.yaml says. Raises UnfitError for another file, and where ruamel.yaml is not installed."""
    text = text_files.text(path)
    try:
        # by name: running a model does without, so the command line must start without
        ruamel = importlib.import_module("ruamel.yaml")
    except ModuleNotFoundError:
        raise InvalidValueError("YAML needs ruamel.yaml", 'run: pip install "brandlens[train]"') from None
    try:
        events = ruamel.YAML(typ="safe", pure=True).parse(text)
        if any(isinstance(event, ruamel.events.AliasEvent) for event in events):  # could stand for no end of text
            raise InvalidValueError("refers to itself with *", "write the values out")
        found = ruamel.YAML(typ="safe", pure=True).load(text)
    except (ruamel.error.YAMLError, ValueError, RecursionError) as error:
        raise InvalidValueError(f"not YAML: {str(error).splitlines()[0]}", "mend it") from None
    if not isinstance(found, dict) or not isinstance(found.get("names"), list | dict):
        raise InvalidValueError("no names of classes", "add: names: {0: logo}")
    return found


def named(content: Mapping[str, Any]) -> dict[int, str]:
    """The class names in a data.yaml."""
    names = content["names"]
    found = dict(enumerate(names)) if isinstance(names, list) else names
    if not all(isinstance(key, int) for key in found):
        raise InvalidValueError("names of classes without their numbers", "write: names: {0: logo}")
    return {int(key): validate.label(name) for key, name in found.items()}


def _classes(path: Path) -> dict[int, str]:
    return {at: validate.label(line) for at, line in enumerate(text_files.text(path).rstrip().split("\n"))}


def _root(folder: Path) -> Path:
    """The dataset's folder: above `images`, where the folder is that or in it."""
    return next((each.parent for each in (folder, *folder.parents)[: 1 + ABOVE] if each.name == "images"), folder)


def _configured(path: Path, anywhere: bool) -> Dataset:
    """What a data.yaml stands for: all its splits that are there."""
    said = content(path)
    root = path.parent
    if isinstance(said.get("path"), str):
        root = next(_folders(path.parent, said["path"], anywhere), root)  # elsewhere: where it lay when it was exported
    entries, missing = [], []
    for split in SPLITS:
        value = said.get(split)
        for each in value if isinstance(value, list) else [value] if value else []:
            found = next(_existing(root, str(each), anywhere), None)
            (entries if found else missing).append(Entry(found, root) if found else str(each))
    if missing and (not entries or missing != [said.get("test")]):
        raise InvalidValueError(f"{missing[0]} is not there, or outside the folder", f"mend it, relative to {root}")
    return Dataset(root, tuple(entries), named(said))


def _folders(folder: Path, value: str, anywhere: bool) -> Iterator[Path]:
    return (each for each in _existing(folder, value, anywhere) if each.is_dir())


def _existing(root: Path, value: str, anywhere: bool) -> Iterator[Path]:
    """Files and folders that a value may mean; Roboflow writes ../ before what is not there but here."""
    text = validate.name(value) if value.strip("./\\") else "."
    plain = text
    while plain.startswith("../"):
        plain = plain[3:]
    for each in (text, plain):
        try:
            found = root if each == "." else validate.inside(root, each, anywhere=anywhere)
        except InvalidValueError:
            continue
        if validate.existing([found], folders=True):
            yield found
