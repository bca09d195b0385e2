"""How a YOLO dataset lies on disk: which pictures it has, where their labels are, and what the classes are called."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from brandlens.annotations import text_files, validate, yolo_yaml
from brandlens.annotations.issues import InvalidValueError, Issue, OnIssue, raise_issue, reporting

SPLITS = ("train", "val", "valid", "test")
CLASS_FILES = ("classes.txt", "obj.names", "labels/classes.txt")
MAX_ABOVE = 2  # folders above the given one in which class names are looked for


@dataclass(frozen=True)
class Entry:
    """A folder of pictures or a list of them, the dataset's folder, and the split as data.yaml spells it, if any."""

    path: Path
    root: Path
    split: str | None = None


@dataclass(frozen=True)
class Dataset:
    """A dataset's folder, its pictures, and what data.yaml says of them.

    labels: class number → name.
    num_keypoint_values: that follow a box, None where it is not stated.
    """

    root: Path
    entries: tuple[Entry, ...]
    labels: Mapping[int, str]
    num_keypoint_values: int | None = None


def resolve(path: Path, allow_outside: bool = False, on_issue: OnIssue = raise_issue) -> Dataset:
    """Return the dataset that a data.yaml, a folder or a list of pictures stands for; hint at what is odd in it.

    Raises InvalidValueError for what is none of these.
    """
    config = yolo_yaml.find(path) if path.is_dir() else path if path.suffix.lower() in yolo_yaml.SUFFIXES else None
    if config:
        with reporting(raise_issue, str(config)):
            return _from_yaml(config, allow_outside, on_issue)
    root = path.parent if path.is_file() else _root(path)
    entries = (Entry(path, root),)
    start = path if path.is_dir() else path.parent
    for folder in (start, *start.parents)[: 1 + MAX_ABOVE]:
        config = yolo_yaml.find(folder)
        if config and (folder == start or config.stem == "data" or yolo_yaml.names_classes(config)):
            with reporting(raise_issue, str(config)):
                content = yolo_yaml.load(config)
                return _with_yaml(root, entries, config, content, on_issue)
        if file := validate.first_existing(folder / name for name in CLASS_FILES):
            with reporting(raise_issue, str(file)):
                return Dataset(root, entries, _read_classes(file))
    if len(several := yolo_yaml.files(start)) > 1:
        raise InvalidValueError(
            f"several YAML files, and none is data.yaml: {', '.join(file.name for file in several)[:120]}",
            "name the one that names the classes",
        )
    raise InvalidValueError("no data.yaml and no classes.txt that name the classes", "write classes.txt, a name a line")


def _read_classes(path: Path) -> dict[int, str]:
    lines = text_files.read_text(path).rstrip().split("\n")
    if len(lines) > 1 and "" in (stripped := [line.strip() for line in lines]):
        raise InvalidValueError(
            f"line {stripped.index('') + 1} is empty", "write a name a line; the first is class 0's"
        )
    return {number: validate.parse_label(line) for number, line in enumerate(lines)}


def _root(folder: Path) -> Path:
    """Return the dataset's folder: above `images`, where the folder is that or in it; else the folder."""
    above = (folder, *folder.parents)[: 1 + MAX_ABOVE]
    return next((parent.parent for parent in above if parent.name == "images"), folder)


def _with_yaml(
    root: Path, entries: tuple[Entry, ...], path: Path, content: Mapping[str, Any], on_issue: OnIssue
) -> Dataset:
    """Return the dataset of these pictures and of what data.yaml says of its classes."""
    labels = yolo_yaml.class_names(content)
    for message, fix in yolo_yaml.hints(content, labels):
        on_issue(Issue(str(path), message, fix, hint=True))
    return Dataset(root, entries, labels, yolo_yaml.num_keypoint_values(content))


def _from_yaml(path: Path, allow_outside: bool, on_issue: OnIssue) -> Dataset:
    """Return the dataset of a data.yaml: all its splits that exist; without splits, all that lies in its folder."""
    content = yolo_yaml.load(path)
    root = path.parent
    if isinstance(content.get("path"), str):  # where the dataset lay when it was exported, or still lies
        candidates = _existing(path.parent, content["path"], allow_outside)
        root = next((folder for folder in candidates if folder.is_dir()), root)
    entries: list[Entry] = []
    missing: list[tuple[str, str]] = []
    for split in SPLITS:
        value = content.get(split)
        for name in value if isinstance(value, list) else [value] if value else []:
            target = next(_existing(root, str(name), allow_outside), None)
            if target is None and (target := moved(root, str(name))):
                message = f"{split}: {name} is taken for {target.relative_to(root).as_posix()} beside this file"
                on_issue(Issue(str(path), message, "write that", hint=True))
            if target:
                entries.append(Entry(target, root, split))
            else:
                missing.append((split, str(name)))
    if missing and (not entries or [split for split, _ in missing] != ["test"]):
        split, name = missing[0]
        raise InvalidValueError(f"{split}: {name} is not there, or outside the folder", f"fix it, relative to {root}")
    return _with_yaml(root, tuple(entries) or (Entry(root, root),), path, content, on_issue)


def moved(root: Path, value: str) -> Path | None:
    """Return what an absolute path of another machine stands for: its longest end that is in the dataset's folder."""
    path = PureWindowsPath(value)
    if not path.root or ".." in path.parts:
        return None
    parts = path.parts[1:]
    ends = (root.joinpath(*parts[start:]) for start in range(1, len(parts)))
    return validate.first_existing(ends, folders=True)


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
