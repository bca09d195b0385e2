"""Files of the repository that the package carries: stage scripts, dvc.yaml, params.yaml, the built-in sample."""

from pathlib import Path

INSTALLED = Path(__file__).parents[1] / "packaged"  # where the wheel puts them, as pyproject.toml says
CLONE = Path(__file__).parents[3]


def path(name: str) -> Path:
    """Return the place of one of these files or folders, by its path in the repository, such as "params.yaml".

    In a clone, installed or not, they are the repository's own, where there is no other copy of them.
    """
    return (INSTALLED if INSTALLED.is_dir() else CLONE) / name
