import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from brandlens.cli import main, serve
from brandlens.errors import ModelError, UserError
from brandlens.serve import server
from brandlens.serve.settings import Settings

Run = Callable[..., Settings]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """A function of the command line's words that returns what would be served, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(serve.TOKEN, raising=False)
    called = list[Settings]()
    monkeypatch.setattr(server, "run", lambda settings, _: called.append(settings))

    def call(*words: str) -> Settings:
        assert main.call(["serve", *words]) == 0
        return called.pop()

    return call


def test_defaults(run: Run) -> None:
    for side in ("logo", "sentiment"):
        with pytest.raises(UserError, match=r"no model in \./models"):
            run()
        Path("models", side).mkdir(parents=True)
    Path("models/logo/model.json").touch()
    assert run() == Settings(Path("models/logo"))
    Path("models/sentiment/model.json").touch()
    assert run() == Settings(Path("models/logo"), Path("models/sentiment"))
    assert run("--logo", "other").logo == Path("other")


def test_limits(run: Run) -> None:
    words = [word for name in serve.LIMITS for word in (f"--{name.replace('_', '-')}", "7")]
    settings = run("--logo", "x", *words)
    assert all(getattr(settings, name) == 7 for name in serve.LIMITS)


@pytest.mark.parametrize(
    "words", [["--port", "65536"], ["--port", "-1"], ["--max-body", "0"], ["--max-seconds", "inf"]]
)
def test_bad_numbers(run: Run, words: list[str]) -> None:
    with pytest.raises(SystemExit):
        run("--logo", "x", *words)


def test_label(run: Run) -> None:
    with pytest.raises(UserError, match="--label photos: no such folder"):
        run("--label", "photos")
    Path("photos").mkdir()
    assert run("--label", "photos") == Settings(label_folder=Path("photos"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "lens.example"])
def test_another_host_needs_a_token(run: Run, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    with pytest.raises(UserError, match=f"--host {host} may be reached from other machines; give a --token"):
        run("--logo", "x", "--host", host)
    assert run("--logo", "x", "--host", host, "--no-token").token is None
    assert run("--logo", "x", "--host", host, "--token", "abc").token == "abc"
    monkeypatch.setenv(serve.TOKEN, "of the environment")
    assert run("--logo", "x", "--host", host).token == "of the environment"
    with pytest.raises(UserError, match="leave one out"):
        run("--logo", "x", "--host", host, "--no-token")


@pytest.mark.parametrize("token", ["", " ", "ü", "a\nb"])
def test_bad_tokens(run: Run, token: str) -> None:
    with pytest.raises(UserError, match="the token is empty, or has signs"):
        run("--logo", "x", "--token", token)


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "prometheus_client"])
def test_without_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    for name in [name for name in sys.modules if name.startswith("brandlens.serve.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("brandlens.serve.server", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=rf"the service needs {package}.*; run: pip install 'brandlens\[serve\]'"):
        run("--logo", "x")


def test_no_model_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model\.json here"):
        main.call(["serve", "--logo", str(tmp_path), "--port", "0"])
