"""params.yaml as frozen dataclasses; a module a section."""

import copy
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brandlens.config import digits, logo, packaged, sentiment
from brandlens.config.schema import from_mapping
from brandlens.config.types import Seed
from brandlens.errors import ParamsError


@dataclass(frozen=True)
class Config:
    seed: Seed
    logo: logo.Logo
    sentiment: sentiment.Sentiment
    digits: digits.Digits


def load(path: Path | str = "params.yaml") -> Config:
    """Read params.yaml as YAML 1.2 (as DVC writes it); a key that is not there is read from `defaults`.

    Raises ParamsError: one line with the file and the key.
    """
    content = read_yaml(Path(path))
    try:
        return parse(content, {} if Path(path).resolve() == packaged.path("params.yaml").resolve() else defaults())
    except ParamsError as error:
        raise ParamsError(f"{path}: {error}") from None


def parse(content: Any, defaults: Mapping[str, Any]) -> Config:
    """Turn the content of a params.yaml into a Config; what it lacks is taken from `defaults`. Raises ParamsError."""
    params: Config = from_mapping(Config, content, "", defaults)
    _check(params)
    return params


def defaults() -> dict[str, Any]:
    """Return the content of the params.yaml that comes with the package: the value of each key where none is given."""
    path = packaged.path("params.yaml")
    return copy.deepcopy(_read_once(path, path.stat().st_mtime_ns))


@functools.lru_cache(maxsize=2)
def _read_once(path: Path, modified: int) -> dict[str, Any]:
    """Return the content of a YAML file, which takes a while to read. modified: when it was changed, in nanoseconds."""
    del modified  # a file that was changed is read again
    content: dict[str, Any] = read_yaml(path)
    return content


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML 1.2 file. Raises ParamsError when there is none, or no YAML in it."""
    from ruamel.yaml import YAML  # noqa: PLC0415, inference takes the dataclasses, and has no YAML
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return YAML(typ="safe").load(path)
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run the stages in the project's folder") from None
    except OSError as error:
        raise ParamsError(f"{path}: cannot be read: {error}") from None
    except RecursionError:
        raise ParamsError(f"{path}: not YAML: nested too deep; restore the file") from None
    except (YAMLError, ValueError) as error:  # ValueError: bytes that are no text, a day that is in no calendar
        raise ParamsError(f"{path}: not YAML: {' '.join(str(error).split())}") from None


def _check(params: Config) -> None:
    """Check what no single key can tell. Raises ParamsError."""
    for side in ("logo", "sentiment"):
        total = sum(getattr(params, side).collect.split_ratios)
        if abs(total - 1) > 1e-6:
            raise ParamsError(f"{side}.collect.split_ratios add up to {total:g}; train, val and test must make 1")
    logo.check(params.logo)
    sentiment.check(params.sentiment)
    digits.check(params.digits)
