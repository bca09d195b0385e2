"""Lines of YOLO's label files: a class, by its number or its name, and numbers."""

import re
from collections.abc import Iterator, Mapping, Sequence

from brandlens.annotations.issues import InvalidValueError

COMMENT = re.compile(r"(?:^|\s)#(?:\s|$)")
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
MAX_VALUE = 2**31


def fields(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the fields of each line that holds a box; a comment starts with # and a space."""
    for number, line in enumerate(text.splitlines(), 1):
        split = COMMENT.split(line, maxsplit=1)[0].split()
        if split:
            yield number, split


def parse(line: Sequence[str], labels: Mapping[int, str]) -> tuple[str, list[float]]:
    """Return the label and the values of a line. labels: class number → name.

    Raises InvalidValueError for a class without a name, and for values that are no finite numbers.
    """
    num_words = 1
    if not NUMBER.fullmatch(line[0]):  # a name may be several words
        num_words = next((index for index, field in enumerate(line) if index and NUMBER.fullmatch(field)), len(line))
    label = _label(" ".join(line[:num_words]), labels)
    return label, [_value(field) for field in line[num_words:]]


def _label(name: str, labels: Mapping[int, str]) -> str:
    """Return the label of a class, whose number may be written as 0, 0.0 or 0e0."""
    if not NUMBER.fullmatch(name):
        if name in labels.values():
            return name
        if re.fullmatch(r"[-+0-9.eE;, ]+", name):
            raise InvalidValueError(f'"{name[:20]}" where the class belongs', "write spaces alone between the values")
        same = (label for label in labels.values() if label.casefold() == name.casefold())
        fix = f'is it "{other}"?' if (other := next(same, None)) else "name it in data.yaml or classes.txt"
        raise InvalidValueError(f'class "{name[:20]}" is neither a number nor one of the names', fix)
    number = float(name)
    if number != number // 1 or number < 0:
        raise InvalidValueError(f'class "{name[:20]}" is no whole number from 0 on', "write the number of the class")
    if number not in labels:
        known = f'which names "{labels[max(labels)]}" as the last, {max(labels)}' if labels else "which names none"
        raise InvalidValueError(f'class "{name[:20]}" has no name', f"name it in data.yaml or classes.txt, {known}")
    return labels[int(number)]


def _value(field: str) -> float:
    if NUMBER.fullmatch(field) and abs(value := float(field)) < MAX_VALUE:
        return value
    fix = "write a fraction of the picture, from 0 to 1"
    if "," in field and NUMBER.fullmatch(point := field.replace(",", ".", 1)):
        fix = f"write {point[:20]}, or spaces between the values"
    raise InvalidValueError(f'has "{field[:20]}" as a value', fix)
