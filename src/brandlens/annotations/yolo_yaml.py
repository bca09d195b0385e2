"""What brandlens takes from a YOLO dataset's data.yaml, as Ultralytics defines it."""

import importlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from brandlens.annotations import text_files, validate
from brandlens.annotations.issues import InvalidValueError

SUFFIXES = (".yaml", ".yml")
MAX_DEPTH = 50  # lists and mappings inside one another
FIXES = {"duplicate key": "write each key once", "'\\t'": "indent with spaces", "'@'": "put the value in quotes"}


def find(folder: Path) -> Path | None:
    """Return the folder's data.yaml, or the only YAML file in it."""
    found = files(folder)
    return next((path for path in found if path.stem == "data"), found[0] if len(found) == 1 else None)


def files(folder: Path) -> list[Path]:
    """Return the YAML files in a folder, by name, but for hidden ones."""
    return sorted(path for path in folder.glob("[!.]*.y*ml") if path.suffix.lower() in SUFFIXES)


def names_classes(path: Path) -> bool:
    """Return whether a YAML file is a dataset's, and not another program's."""
    try:
        return bool(load(path))
    except InvalidValueError:
        return False


def load(path: Path) -> dict[str, Any]:
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
        depth = 0
        for event in ruamel.YAML(typ="safe", pure=True).parse(text):
            if isinstance(event, ruamel.events.AliasEvent):  # can stand for text without end
                raise InvalidValueError("refers to itself with *", "write the values out")
            depth += isinstance(event, ruamel.events.CollectionStartEvent)
            depth -= isinstance(event, ruamel.events.CollectionEndEvent)
            if depth > MAX_DEPTH:  # which takes a time that grows with its square
                raise InvalidValueError(
                    f"not YAML of a dataset: over {MAX_DEPTH} lists inside one another", "remove them"
                )
        content = ruamel.YAML(typ="safe", pure=True).load(text)
    except (ruamel.error.YAMLError, ValueError, RecursionError) as error:
        raise _not_yaml(error) from None
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, str):
        written = " ".join(names.split())[:40]
        raise InvalidValueError("names is a text, no list", f"write a list: names: [{written}]")
    if not isinstance(names, list | dict):
        raise InvalidValueError("no names of classes", "add: names: {0: logo}")
    return content


def _not_yaml(error: Exception) -> InvalidValueError:
    """Return the line and the cause of a fault that ruamel.yaml found."""
    mark = getattr(error, "problem_mark", None)
    cause = (getattr(error, "problem", None) or str(error).strip() or "nested too deep").splitlines()[0]
    cause = cause.partition(" with value")[0]  # of a duplicate key, which ruamel.yaml shows half-built
    fix = next((fix for what, fix in FIXES.items() if what in cause), "fix it")
    return InvalidValueError(f"not YAML{f', line {mark.line + 1}' if mark else ''}: {cause}", fix)


def class_names(content: Mapping[str, Any]) -> dict[int, str]:
    """Return the class names in a data.yaml, a list or a mapping, by their numbers."""
    names = content["names"]
    pairs = list(enumerate(names)) if isinstance(names, list) else [(_number(key), names[key]) for key in names]
    by_number = dict(pairs)
    if len(by_number) < len(pairs):  # as 0 and "0", which YAML tells apart
        twice = next(number for number, count in Counter(number for number, _ in pairs).items() if count > 1)
        raise InvalidValueError(f"names has class {twice} twice", "write each number once")
    for number, name in by_number.items():
        if name is None or name == "":
            raise InvalidValueError(f"class {number} has no name", "write one")
    return {number: validate.parse_label(name) for number, name in by_number.items()}


def _number(key: Any) -> int:
    """Return a class's number, which may stand in quotes."""
    number = int(key) if isinstance(key, str) and key.isdecimal() and len(key) < 10 else key
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise InvalidValueError(f"names has {str(key)[:20]!r} as a class's number", "write: names: {0: logo}")
    return number


def hints(content: Mapping[str, Any], labels: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Yield what is odd about the classes, and what to do about it."""
    num_classes = content.get("nc")
    if isinstance(num_classes, int) and num_classes != len(labels):
        yield f"nc is {num_classes}, but names has {len(labels)} classes", "correct one of them"
    for label, count in Counter(labels.values()).items():
        if count > 1:
            numbers = " and ".join(str(number) for number, name in labels.items() if name == label)
            yield f'classes {numbers} are all called "{label}", and become one', "rename one if they are not"


def num_keypoint_values(content: Mapping[str, Any]) -> int | None:
    """Return how many values keypoints take in a line, as kpt_shape says: their number times 2 (x, y) or 3 (visible).

    Returns 0 where it says that there are none ([0, 0] is Ultralytics' default), None where it is missing.
    """
    shape = content.get("kpt_shape")
    if shape is None:
        return None
    sound = isinstance(shape, list) and len(shape) == 2 and all(type(value) is int and value >= 0 for value in shape)
    if not sound or (shape[0] and shape[1] not in (2, 3)):
        raise InvalidValueError(
            f"kpt_shape is {str(shape)[:40]!r}", "write the number of keypoints and 2 or 3, such as: kpt_shape: [17, 3]"
        )
    return int(shape[0] * shape[1])
