"""Import the modules of commands only when they are needed: importing all of them takes as long as a detection."""

import importlib
from collections.abc import Sequence
from types import ModuleType


def load_commands(package: str, names: Sequence[str], words: Sequence[str]) -> list[ModuleType]:
    """Import the module of the command that `words` begin with, or all of them where they begin with none.

    package: where the modules are. names: of the commands, which their modules share. words: of the command line.
    """
    needed = words[:1] if words and words[0] in names else names
    return [importlib.import_module(f"{package}.{name}") for name in needed]
