"""params.yaml as frozen dataclasses; a module a side."""

from dataclasses import dataclass
from pathlib import Path

from brandlens.config import logo, sentiment
from brandlens.config.schema import from_mapping
from brandlens.config.types import Seed
from brandlens.errors import ParamsError


@dataclass(frozen=True)
class Config:
    seed: Seed
    logo: logo.Logo
    sentiment: sentiment.Sentiment


def load(path: Path | str = "params.yaml") -> Config:
    """Read params.yaml as YAML 1.2 (as DVC writes it). Raises ParamsError: one line with the file and the key."""
    from ruamel.yaml import YAML  # noqa: PLC0415, inference takes the dataclasses, and has no YAML
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        content = YAML(typ="safe").load(Path(path))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run the stages in the project's folder") from None
    except RecursionError:
        raise ParamsError(f"{path}: not YAML: nested too deep; restore the file") from None
    except YAMLError as error:
        raise ParamsError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    try:
        params = from_mapping(Config, content, "")
        _check(params)
    except ParamsError as error:
        raise ParamsError(f"{path}: {error}") from None
    return params


def _check(params: Config) -> None:
    """Check what no single key can tell. Raises ParamsError."""
    for side in ("logo", "sentiment"):
        total = sum(getattr(params, side).collect.split_ratios)
        if abs(total - 1) > 1e-6:
            raise ParamsError(f"{side}.collect.split_ratios add up to {total:g}; train, val and test must make 1")
    logo.check(params.logo)
    sentiment.check(params.sentiment)
