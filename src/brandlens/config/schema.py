"""A mapping (as YAML gives it) → frozen dataclasses; what does not fit names its key and what is allowed."""

import dataclasses
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from brandlens.config.renamed import refuse_old_key, refuse_old_value
from brandlens.errors import ParamsError


@dataclass(frozen=True)
class Interval:
    """The range that a number may be in, both ends included; for a list, of each item."""

    low: float = float("-inf")
    high: float = float("inf")

    def __str__(self) -> str:
        if self.high == float("inf"):
            return f"at least {self.low:g}"
        return f"from {self.low:g} to {self.high:g}"


def from_mapping(  # noqa: PLR0911, one return a kind
    kind: Any, value: Any, key: str, defaults: Mapping[str, Any] | None = None
) -> Any:
    """Turn `value` into `kind`: dataclass, Literal, Annotated[.., Interval], tuple, dict, optional, number, str, bool.

    defaults: of a section, a mapping of the same shape that keys are taken from which `value` lacks.
    Numbers are taken by type and not by spelling: "1e-5" is a float, 3.0 an int where an int is wanted, yes no bool.
    Raises ParamsError with one line that names the key and what is allowed.
    """
    origin, args = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _section(kind, value, key, defaults or {})
    if origin is Annotated:
        return _within(from_mapping(args[0], value, key), args[1], key)
    if origin is Literal:
        if value not in args or isinstance(value, bool) != any(isinstance(arg, bool) for arg in args):
            refuse_old_value(key, value)
            raise ParamsError(f"{key} is {value!r:.80}; allowed: {', '.join(map(str, args))}")
        return value
    if origin in (Union, types.UnionType):
        kinds = [arg for arg in args if arg is not type(None)]
        fitting = [arg for arg in kinds if (get_origin(arg) is dict) == isinstance(value, Mapping)]
        return None if value is None else from_mapping((fitting or kinds)[0], value, key)
    if origin is tuple:
        return _list(args, value, key)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ParamsError(f"{key} is {value!r:.80}; it must be a mapping of names to values")
        return {str(name): from_mapping(args[1], item, f"{key}.{name}") for name, item in value.items()}
    return _scalar(kind, value, key)


def _section(kind: Any, value: Any, key: str, defaults: Mapping[str, Any]) -> Any:
    if not isinstance(value, Mapping):
        raise ParamsError(f"{key or 'the file'} is {value!r:.80}; it must be a section with the keys {_names(kind)}")
    prefix = f"{key}." if key else ""
    known = {field.name for field in dataclasses.fields(kind)}
    for name in value:
        if name not in known:
            refuse_old_key(key, str(name))
            raise ParamsError(f"{prefix}{name} is not a known key; allowed here: {_names(kind)}")
    hints = get_type_hints(kind, include_extras=True)
    given = dict(value)
    for field in dataclasses.fields(kind):
        if field.name not in given and field.default is dataclasses.MISSING:
            if field.name not in defaults:
                raise ParamsError(f"{prefix}{field.name} is missing")
            given[field.name] = defaults[field.name]
    fields = {
        name: from_mapping(hints[name], item, prefix + name, _section_of(defaults, name))
        for name, item in given.items()
    }
    try:
        return kind(**fields)
    except ParamsError as error:  # of what no single field can tell
        raise ParamsError(f"{key} {error}") from None


def _section_of(defaults: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = defaults.get(name)
    return section if isinstance(section, Mapping) else {}


def _names(kind: Any) -> str:
    return ", ".join(field.name for field in dataclasses.fields(kind))


def _list(args: tuple[Any, ...], value: Any, key: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ParamsError(f"{key} is {value!r:.80}; it must be a list, such as [a, b]")
    if args[-1] is Ellipsis:
        args = (args[0],) * len(value)
    if len(value) != len(args):
        raise ParamsError(f"{key} has {len(value)} items; it must have {len(args)}")
    return tuple(
        from_mapping(arg, item, f"{key}[{index}]") for index, (arg, item) in enumerate(zip(args, value, strict=True))
    )


def _scalar(kind: Any, value: Any, key: str) -> Any:
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    if kind in (bool, str):
        if isinstance(value, kind):
            return value
    elif not isinstance(value, bool):
        try:
            number = float(value)
            if kind is float and not math.isnan(number):
                return number
            if number == int(number):
                return int(number)
        except (TypeError, ValueError, OverflowError):
            pass
    quoted = f', in quotes: "{value}"' if kind is str and isinstance(value, int | float) else ""
    raise ParamsError(f"{key} is {value!r:.80}; it must be {words[kind]}{quoted}")


def _within(value: Any, allowed: Interval, key: str) -> Any:
    for number in value if isinstance(value, tuple) else (value,):
        if number is not None and not allowed.low <= number <= allowed.high:
            raise ParamsError(f"{key} is {number:g}; allowed: {allowed}")
    return value
