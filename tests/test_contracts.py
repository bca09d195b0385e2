"""Who may import whom, as pyproject.toml states it, and that Keras code names no backend."""

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
    """Yield the top-level name of each module that is imported anywhere in the tree."""
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
def test_imported(code: str, names: list[str]) -> None:
    assert list(imported(ast.parse(code))) == names


def test_no_backend_is_imported_anywhere() -> None:
    """Neither in src, where the contracts say so too, nor in pipelines, which they do not see."""
    modules = {path: set(imported(ast.parse(path.read_text(encoding="utf-8")))) for path in SOURCES}
    assert any("keras" in names for names in modules.values())
    assert {
        path.relative_to(ROOT).as_posix(): names & BACKENDS for path, names in modules.items() if names & BACKENDS
    } == {}


def test_no_two_protocols_share_a_name() -> None:
    names = [
        node.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases)
    ]
    assert "PictureDetector" in names
    assert len(set(names)) == len(names), sorted(names)


def test_every_contract_is_kept() -> None:
    """Run `lint-imports` as `make lint` does."""
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
