"""The rules on who may import whom, which pyproject.toml states, and that Keras code names no backend."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for folder in ("src", "pipelines") for path in (ROOT / folder).rglob("*.py"))
BACKENDS = {"tensorflow", "jax", "torch"}


def imported(tree: ast.AST) -> Iterator[str]:
    """The outermost names of all modules that are imported anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("import keras.layers as k, tensorflow.io", ["keras", "tensorflow"], id="import"),
        pytest.param("def f():\n    from tensorflow.data import Dataset", ["tensorflow"], id="from, in a function"),
        pytest.param("from . import tensorflow\nname = 'import tensorflow'", [], id="a neighbour and a text"),
    ],
)
def test_imports_are_seen(code: str, names: list[str]) -> None:
    assert list(imported(ast.parse(code))) == names


def test_there_are_sources() -> None:
    assert len(SOURCES) > 30
    assert any("keras" in imported(ast.parse(path.read_text(encoding="utf-8"))) for path in SOURCES)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_backend_is_imported(path: Path) -> None:
    assert not BACKENDS & set(imported(ast.parse(path.read_text(encoding="utf-8"))))


def test_every_contract_is_kept() -> None:
    """`lint-imports`, as `make lint` runs it."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    words = ["--no-cache", "--config", str(ROOT / "pyproject.toml")]
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*command, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout
