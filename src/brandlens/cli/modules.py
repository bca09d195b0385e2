"""The modules of commands, loaded only when they are needed: all of them take as long as looking at a picture."""

import importlib
from collections.abc import Sequence
from types import ModuleType


def named(names: Sequence[str], words: Sequence[str]) -> list[ModuleType]:
    """The module of the command that the words begin with, each being named as its command; of no command, all."""
    wanted = words[:1] if words and words[0] in names else names
    return [importlib.import_module(f"brandlens.cli.{name}") for name in wanted]
