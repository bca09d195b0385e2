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
CLASS_FILES = ("classes.txt", "obj.names", "labels/classes.txt")
MAX_ABOVE = 2  # folders above the given one in which class names are looked for


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


def resolve(path: Path, allow_outside: bool = False) -> Dataset:
    """Return the dataset that a data.yaml, a folder or a list of pictures stands for.

    Raises InvalidValueError for what is none of these.
    """
    config = find_yaml(path) if path.is_dir() else path if path.suffix.lower() in YAML else None
    if config:
        with reporting(raise_issue, str(config)):
            return _from_yaml(config, allow_outside)
    root = path.parent if path.is_file() else _root(path)
    start = path if path.is_dir() else path.parent
    for folder in (start, *start.parents)[: 1 + MAX_ABOVE]:
        file = find_yaml(folder) or validate.first_existing(folder / name for name in CLASS_FILES)
        if file:
            with reporting(raise_issue, str(file)):
                labels = class_names(load_yaml(file)) if file.suffix.lower() in YAML else _read_classes(file)
                return Dataset(root, (Entry(path, root),), labels)
    raise InvalidValueError("no data.yaml and no classes.txt that name the classes", "write classes.txt, a name a line")


def find_yaml(folder: Path) -> Path | None:
    """Return the folder's data.yaml, or the only YAML file in it."""
    files = sorted(path for path in folder.glob("*.y*ml") if path.suffix.lower() in YAML)
    return next((path for path in files if path.stem == "data"), files[0] if len(files) == 1 else None)


def label_file(picture: Path, root: Path) -> Path:
    """Return where a picture's label file is: as `mirrored_label_file` says, or beside the picture if only there."""
    beside, mirrored = picture.with_suffix(".txt"), mirrored_label_file(picture, root)
    return beside if validate.first_existing([mirrored, beside]) == beside else mirrored


def mirrored_label_file(picture: Path, root: Path) -> Path:
    """Return where a picture's label file is to be written.

    It is in `labels` in place of the last folder `images` in the dataset; beside the picture where there is none.
    """
    parts = list(picture.with_suffix(".txt").parts)
    for index in range(len(parts) - 2, len(root.parts) - 1 if root in picture.parents else -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts)


def load_yaml(path: Path) -> dict[str, Any]:
    """Return the content of a data.yaml.

    Raises InvalidValueError for another file, and where ruamel.yaml is not installed.
    """
    text = text_files.read_text(path)
    try:
        # by name: running a model does without, so the command line must start without
        ruamel = importlib.import_module("ruamel.yaml")
    except ModuleNotFoundError:
        raise InvalidValueError("YAML needs ruamel.yaml", 'run: pip install "brandlens[train]"') from None
    try:
        events = ruamel.YAML(typ="safe", pure=True).parse(text)
        if any(isinstance(event, ruamel.events.AliasEvent) for event in events):  # can stand for text without end
            raise InvalidValueError("refers to itself with *", "write the values out")
        content = ruamel.YAML(typ="safe", pure=True).load(text)
    except (ruamel.error.YAMLError, ValueError, RecursionError) as error:
        raise InvalidValueError(f"not YAML: {str(error).splitlines()[0]}", "fix it") from None
    if not isinstance(content, dict) or not isinstance(content.get("names"), list | dict):
        raise InvalidValueError("no names of classes", "add: names: {0: logo}")
    return content


def class_names(content: Mapping[str, Any]) -> dict[int, str]:
    """Return the class names in a data.yaml by their numbers."""
    names = content["names"]
    by_number = dict(enumerate(names)) if isinstance(names, list) else names
    if not all(isinstance(number, int) for number in by_number):
        raise InvalidValueError("names of classes without their numbers", "write: names: {0: logo}")
    return {int(number): validate.parse_label(name) for number, name in by_number.items()}


def _read_classes(path: Path) -> dict[int, str]:
    lines = text_files.read_text(path).rstrip().split("\n")
    return {number: validate.parse_label(line) for number, line in enumerate(lines)}


def _root(folder: Path) -> Path:
    """Return the dataset's folder: above `images`, where the folder is that or in it; else the folder."""
    above = (folder, *folder.parents)[: 1 + MAX_ABOVE]
    return next((parent.parent for parent in above if parent.name == "images"), folder)


def _from_yaml(path: Path, allow_outside: bool) -> Dataset:
    """Return the dataset of a data.yaml: all its splits that exist."""
    content = load_yaml(path)
    root = path.parent
    if isinstance(content.get("path"), str):  # where the dataset lay when it was exported, or still lies
        candidates = _existing(path.parent, content["path"], allow_outside)
        root = next((folder for folder in candidates if folder.is_dir()), root)
    entries: list[Entry] = []
    missing: list[str] = []
    for split in SPLITS:
        value = content.get(split)
        for name in value if isinstance(value, list) else [value] if value else []:
            target = next(_existing(root, str(name), allow_outside), None)
            if target:
                entries.append(Entry(target, root))
            else:
                missing.append(str(name))
    if missing and (not entries or missing != [content.get("test")]):
        raise InvalidValueError(f"{missing[0]} is not there, or outside the folder", f"fix it, relative to {root}")
    return Dataset(root, tuple(entries), class_names(content))


def _existing(root: Path, value: str, allow_outside: bool) -> Iterator[Path]:
    """Yield files and folders that a value may mean; Roboflow writes ../ before what lies in the folder itself."""
    name = validate.parse_name(value) if value.strip("./\\") else "."
    inner = name
    while inner.startswith("../"):
        inner = inner[3:]
    for candidate in (name, inner):
        try:
            path = root if candidate == "." else validate.path_inside(root, candidate, allow_outside=allow_outside)
        except InvalidValueError:
            continue
        if validate.first_existing([path], folders=True):
            yield path
