"""The program itself: its usage, its exit codes, and how little it imports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from brandlens import __version__, images, model_card
from brandlens.cli import logo, main

HEAVY = (
    "defusedxml",
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "gensim",
    "sklearn",
    "matplotlib",
    "PIL",
    "dvc",
    "onnx",
    "ruamel",
)


@pytest.mark.parametrize(
    ("words", "code", "output"),
    [
        pytest.param([], 2, "COMMAND", id="no words"),
        pytest.param(["logo"], 2, "COMMAND", id="no command"),
        pytest.param(["logo", "paint"], 2, "paint", id="an unknown command"),
        pytest.param(["logo", "detect"], 2, "INPUT", id="no pictures"),
        pytest.param(["sentiment", "score", "--format", "xml", "x"], 2, "--format", id="an unknown format"),
        pytest.param(["--version"], 0, f"brandlens {__version__}", id="version"),
        pytest.param(["--help"], 0, "sentiment", id="help"),
        pytest.param(["logo", "--help"], 0, "convert", id="help of a side"),
    ],
)
def test_usage(capsys: pytest.CaptureFixture[str], words: list[str], code: int, output: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main.call(words)
    assert caught.value.code == code
    out, err = capsys.readouterr()
    assert output in (err if code else out)
    assert (out if code else err) == ""


@pytest.mark.parametrize(
    ("provenance", "lines"),
    [
        pytest.param({}, [], id="a card of an older version"),
        pytest.param({"pretrained": []}, [], id="from scratch"),
        pytest.param(
            {"pretrained": [{"name": "Net", "source": "net 1.0", "license": "MIT", "sha256": "ab"}]},
            [f"{Path('models', 'logo')} started from Net (net 1.0; MIT; SHA-256 ab)"],
            id="from others' weights",
        ),
        pytest.param({"pretrained": [{"another": "form"}]}, [], id="of another form"),
        pytest.param(None, [], id="no provenance"),
    ],
)
def test_the_version_tells_what_models_started_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], provenance: object, lines: list
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models", "logo").mkdir(parents=True)
    model_card.write(Path("models", "logo"), "logo", {"provenance": provenance})
    with pytest.raises(SystemExit):
        main.call(["--version"])
    assert capsys.readouterr().out.splitlines() == [f"brandlens {__version__}", *lines]


def test_every_command_says_its_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    commands = [*(["logo", command] for command in logo.COMMANDS), ["sentiment", "score"], ["report"]]
    for words in commands:
        with pytest.raises(SystemExit):
            main.call([*words, "--help"])
        assert "Exit codes: 0 " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        pytest.param(["picture.png", "--model", "none"], 2, "brandlens: none: no model.json here", id="no model"),
        pytest.param(["none.png"], 2, "brandlens: none.png: no such file", id="no picture"),
        pytest.param(["none/*.png"], 2, "brandlens: none/*.png: no file matches", id="no match"),
        pytest.param(["broken.png"], 1, "brandlens: broken.png: not a picture", id="a broken picture"),
        pytest.param(["picture.png"], 0, "", id="all done"),
    ],
)
def test_the_program_ends_with_a_line_and_a_code(
    tmp_path: Path,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    line: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    images.write(Path("picture.png"), np.full((20, 30, 3), 128, np.uint8))
    Path("broken.png").write_bytes(b"broken")
    monkeypatch.setattr(sys, "argv", ["brandlens", "logo", "detect", "--model", str(model_folder), *words])
    with pytest.raises(SystemExit) as caught:
        main.main()
    assert caught.value.code == code
    out, err = capfd.readouterr()
    assert out == ("" if code else "picture.png: no logo\n")
    assert len(err.splitlines()) == (1 if code else 0)
    assert err.startswith(line)


def test_running_a_model_imports_the_light_libraries_alone(tmp_path: Path, model_folder: Path) -> None:
    """In a process of its own: what the command line imports at its start, and after each command."""
    images.write(tmp_path / "picture.png", np.full((20, 30, 3), 128, np.uint8))
    code = f"""
import sys
from brandlens.cli import logo, main
main.parser()  # of all commands
loaded = [name for name in {HEAVY} if name in sys.modules]
assert main.call(["logo", "detect", "--model", {str(model_folder)!r}, "--draw", "drawn", "picture.png"]) == 0
assert main.call(["logo", "suggest", "--model", {str(model_folder)!r}, "picture.png"]) == 0
assert main.call(["logo", "convert", "suggestions.xml", "suggestions.json"]) == 0
assert main.call(["logo", "check", "suggestions.json"]) == 1  # there is not one box
print(loaded, [name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["[] []"], done.stderr


def test_a_command_imports_no_other(tmp_path: Path, model_folder: Path) -> None:
    images.write(tmp_path / "picture.png", np.full((20, 30, 3), 128, np.uint8))
    code = f"""
import sys
from brandlens.cli import logo, main
assert main.call(["logo", "detect", "--model", {str(model_folder)!r}, "picture.png"]) == 0
print([name for name in ("brandlens.sentiment", "brandlens.annotations.formats", "tqdm") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.splitlines()[-1:], done.stderr) == (["[]"], "")


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_file_name_that_is_not_valid_text(tmp_path: Path, model_folder: Path, format: str) -> None:
    """In a process of its own, which writes strict UTF-8."""
    images.write(tmp_path / "picture.png", np.full((20, 30, 3), 128, np.uint8))
    name = os.fsdecode(b"caf\xe9.png")
    try:
        (tmp_path / "picture.png").rename(tmp_path / name)
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    words = ["logo", "detect", "--model", str(model_folder), "--format", format, "."]
    done = subprocess.run(
        [sys.executable, "-c", "from brandlens.cli.main import main; main()", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    if format == "text":
        assert done.stdout.decode("utf-8") == "caf\\udce9.png: no logo\n"
    else:
        assert json.loads(done.stdout)["picture"] == name
