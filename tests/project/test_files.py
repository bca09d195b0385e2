"""Files of a project: all or none, nothing overwritten."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from brandlens.config import packaged
from brandlens.errors import UserError
from brandlens.project import files

FILES = {"dvc.yaml": b"a", "pipelines/logo/x.py": b"b", ".gitignore": b"/models/\n", "README.md": b"new"}


@pytest.fixture(autouse=True)
def without_dvc(light: None) -> None:
    """DVC is started in tests/pipelines."""


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("folder", ["new", "far/away/new"])
def test_a_new_folder(home: Path, folder: str) -> None:
    files.write_new(Path(folder), FILES)
    assert written(home / folder) == set(FILES)
    assert [path.name for path in (home / folder).parent.iterdir()] == ["new"]


def test_a_folder_with_files_of_the_users(home: Path) -> None:
    (home / ".gitignore").write_bytes(b"secret\n/models/")
    (home / "README.md").write_bytes(b"mine")
    (home / "pictures.xml").write_bytes(b"mine")
    files.write_new(Path(), FILES)
    assert written(home) == {*FILES, "pictures.xml"}
    assert (home / ".gitignore").read_bytes() == b"secret\n/models/\n"
    assert (home / "README.md").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("there", "message"),
    [
        pytest.param(["dvc.yaml", "params.yaml"], "a project already; change it with --update", id="a project"),
        pytest.param(["dvc.yaml"], "dvc.yaml: exists; move it away", id="a file of the same name"),
        pytest.param(["pipelines/logo/x.py"], "pipelines: exists", id="a script"),
        pytest.param([".dvc/config"], r"\.dvc: exists", id="DVC without a project"),
    ],
)
def test_nothing_is_overwritten(home: Path, there: list[str], message: str) -> None:
    for name in there:
        (home / "old" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "old" / name).write_text("mine")
    with pytest.raises(UserError, match=message):
        files.write_new(Path("old"), FILES)
    assert written(home / "old") == set(there)


def test_a_folder_that_is_a_file(home: Path) -> None:
    Path("file").write_text("mine")
    with pytest.raises(UserError, match="file: a file; name a folder"):
        files.write_new(Path("file"), FILES)


@pytest.mark.parametrize("is_there", [False, True])
def test_nothing_is_left_where_dvc_does_not_start(home: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    def fail(folder: Path) -> None:
        raise UserError("no DVC")

    monkeypatch.setattr(files, "start_dvc", fail)
    if is_there:
        Path("new").mkdir()
        Path("new/mine.txt").write_text("mine")
        Path("new/.gitignore").write_text("mine")
    with pytest.raises(UserError, match="no DVC"):
        files.write_new(Path("new"), FILES)
    assert sorted(path.as_posix() for path in Path().rglob("*")) == (
        ["new", "new/.gitignore", "new/mine.txt"] if is_there else []
    )
    if is_there:
        assert Path("new/.gitignore").read_text() == "mine"


def test_what_the_stages_write_is_left_out_of_git() -> None:
    lines = files.settings()[".gitignore"].decode().splitlines()
    stages = YAML(typ="safe").load(packaged.path("dvc.yaml"))["stages"].values()
    every_out = [out for stage in stages for key in ("outs", "metrics") for out in stage.get(key, [])]
    assert len(every_out) > 10
    left_in = [out for out in every_out if not any(f"/{out}/".startswith(line.rstrip("/") + "/") for line in lines)]
    assert left_in == []


def test_replace_files_tells_what_changed(home: Path) -> None:
    Path("a").write_bytes(b"1")
    assert files.replace_files(home, {"a": b"1", "b/c": b"2"}) == ["b/c"]
    assert Path("b/c").read_bytes() == b"2"


@pytest.mark.parametrize(
    ("git", "words"),
    [(None, ["--no-scm"]), ("project/.git", []), (".git", ["--subdir"])],
    ids=["no git", "a repository of its own", "inside of one"],
)
def test_how_dvc_is_started(tmp_path: Path, git: str | None, words: list[str]) -> None:
    project = tmp_path / "project"
    project.mkdir()
    if git:
        (tmp_path / git).mkdir()
    assert files._git_words(project) == words
