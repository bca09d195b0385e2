"""Files of a project → its folder: all of them or none, and never over one that is there."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from brandlens import __version__
from brandlens.config import packaged
from brandlens.errors import UserError
from brandlens.io import atomic_write
from brandlens.project import stages

ADDED_TO = (".gitignore", ".dvcignore")  # lines are added to those that are there
KEPT = ("README.md",)  # one that is there stays as it is
IGNORED = "# what the stages write\n"  # the part of the repository's .gitignore that a project has too
VIRTUAL_ENVIRONMENT = ".venv/\n__pycache__/\n"

Files = Mapping[str, bytes]  # content by path from the project's folder


def scripts(sides: Collection[str]) -> dict[str, bytes]:
    """Return the stage scripts of these sides, and that of the report."""
    folder = packaged.path("pipelines")
    found = sorted(path.relative_to(folder) for path in folder.rglob("*.py"))
    return {
        f"pipelines/{path.as_posix()}": (folder / path).read_bytes()
        for path in found
        if path.parts[0] in sides or len(path.parts) == 1
    }


def samples(sides: Collection[str]) -> dict[str, bytes]:
    """Return the data of the built-in sample for these sides."""
    return {stages.SAMPLES[side]: packaged.path(stages.SAMPLES[side]).read_bytes() for side in sides}


def settings() -> dict[str, bytes]:
    """Return the files that are the same in every project: what git and DVC leave out, and the version of brandlens."""
    ignored = packaged.path(".gitignore").read_text(encoding="utf-8").partition(IGNORED)
    return {
        ".gitignore": (VIRTUAL_ENVIRONMENT + "".join(ignored[1:])).encode(),
        ".dvcignore": packaged.path(".dvcignore").read_bytes(),
        stages.VERSION: requirement().encode(),
    }


def requirement() -> str:
    """Return the project's requirements.txt."""
    return (
        "# The version that the stages run with; brandlens init --update writes the one that is installed.\n"
        f"brandlens[train]=={__version__}\n"
    )


def is_project(folder: Path) -> bool:
    """Return whether there is a project in a folder."""
    return (folder / "dvc.yaml").exists() and (folder / "params.yaml").exists()


def check_free(folder: Path, files: Files) -> None:
    """Raise UserError where a file of the project would overwrite one."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: a file; name a folder")
    if is_project(folder):
        raise UserError(f"{folder}: a project already; change it with --update, or name another folder")
    tops = dict.fromkeys([*(name.split("/")[0] for name in files), ".dvc"])
    for name in tops:
        if name not in (*ADDED_TO, *KEPT) and (folder / name).exists() and not _is_shared(folder / name, files, name):
            raise UserError(f"{folder / name}: exists; move it away, or name another folder")


def _is_shared(path: Path, files: Files, top: str) -> bool:
    """Return whether a folder that is there, such as data, has none of the project's files."""
    return path.is_dir() and top != ".dvc" and not any((path.parent / n).exists() for n in files if n.startswith(top))


def write_new(folder: Path, files: Files) -> None:
    """Write a project's files, all or none, and start DVC there. Raises UserError, see `check_free`."""
    check_free(folder, files)
    check_dvc()
    is_new = not folder.exists()
    added = _with_lines_there(folder, files)
    before = {name: (folder / name).read_bytes() if (folder / name).exists() else None for name in added}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _staged(folder.parent, added) as staged:
            if is_new:
                staged.rename(folder)
            else:
                _move(staged, folder, added)
        start_dvc(folder)
    except (OSError, UserError) as error:
        _undo(folder, before, is_new)
        if isinstance(error, UserError):
            raise
        raise UserError(f"{folder}: cannot be written: {error.strerror or error}; name another folder") from None


def _undo(folder: Path, before: Mapping[str, bytes | None], is_new: bool) -> None:
    """Leave a folder as it was. before: content of each file; None where there was none."""
    shutil.rmtree(folder / ".dvc", ignore_errors=True)
    for name, content in before.items():
        path = folder / name
        if content is not None:
            path.write_bytes(content)
            continue
        path.unlink(missing_ok=True)
        for parent in path.relative_to(folder).parents:
            if parent != Path():
                with suppress(OSError):  # it has other files
                    (folder / parent).rmdir()
    if is_new:
        shutil.rmtree(folder, ignore_errors=True)


def _with_lines_there(folder: Path, files: Files) -> dict[str, bytes]:
    """Return the files, with the lines of those that are there before the new ones, and without those that are kept."""
    merged = {}
    for name, content in files.items():
        path = folder / name
        if name in KEPT and path.exists():
            continue
        if name in ADDED_TO and path.exists():
            there = path.read_bytes()
            new = [line for line in content.splitlines() if line and line not in there.splitlines()]
            content = b"\n".join([there.rstrip(b"\n"), *new]).lstrip(b"\n") + b"\n"  # noqa: PLW2901
        merged[name] = content
    return merged


@contextmanager
def _staged(parent: Path, files: Files) -> Iterator[Path]:
    """Write files into a temporary folder beside the project's, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=".brandlens-", dir=parent, ignore_cleanup_errors=True) as temporary:
        root = Path(temporary) / "project"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield root


def _move(staged: Path, folder: Path, files: Files) -> None:
    """Move files one by one into a folder that is there."""
    for name in files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (staged / name).replace(target)


def replace_files(folder: Path, files: Files) -> list[str]:
    """Write files of a project anew, each whole or not at all; return the names of those that changed."""
    changed = [name for name in files if not _has(folder / name, files[name])]
    for name in changed:
        with atomic_write(folder / name) as temporary:
            temporary.write_bytes(files[name])
    return changed


def _has(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def check_dvc() -> None:
    """Raise UserError where DVC is not installed."""
    if importlib.util.find_spec("dvc") is None:
        raise UserError('a project needs dvc; run: pip install "brandlens[train]"')


def start_dvc(folder: Path) -> None:
    """Run `dvc init`: in a git repository as a part of it, elsewhere without one. Raises UserError when it fails."""
    words = ["init", "--quiet", *_git_words(folder.resolve())]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "dvc", *words], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
    )  # fmt: skip
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"{folder}: dvc {' '.join(words)}: {lines[0]}")


def _git_words(folder: Path) -> list[str]:
    if (folder / ".git").exists():
        return []
    return ["--subdir"] if any((parent / ".git").exists() for parent in folder.parents) else ["--no-scm"]
