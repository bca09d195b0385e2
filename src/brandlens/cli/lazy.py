"""Load the modules of commands only when they are needed: all of them take as long as a picture does."""

import importlib
from collections.abc import Sequence
from types import ModuleType


def load_commands(package: str, names: Sequence[str], words: Sequence[str]) -> list[ModuleType]:
    """Import the module of the command that the words begin with, or all of them where they begin with none.

    package: where the modules are, each named as its command.
    """
    wanted = words[:1] if words and words[0] in names else names
    return [importlib.import_module(f"{package}.{name}") for name in wanted]
