"""`brandlens logo collect`: what it prints, its exit codes, and what it refuses before any request."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from brandlens.cli import main
from brandlens.crawler.providers import registry
from brandlens.crawler.providers.openverse import Openverse
from brandlens.errors import UserError


@pytest.fixture(autouse=True)
def openverse(web, monkeypatch):
    """Replace Openverse by the fake web on the loopback address."""
    monkeypatch.setitem(
        registry.PROVIDERS, "openverse", lambda agent, _: Openverse(agent, base_url=web.url, interval=0.01)
    )


@pytest.fixture
def collect(tmp_path, monkeypatch, capsys):
    """Return a function of command line words → exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        code = main.call(["logo", "collect", "--out", "mugs", "--allow-network", "127.0.0.0/8", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_nothing_to_resume(collect):
    with pytest.raises(UserError, match="mugs: nothing to resume; give a QUERY"):
        collect()


def test_nothing_found(collect, web, tmp_path, capsys):
    with pytest.raises(UserError, match='nothing found for "mug"'):
        collect("mug")
    assert capsys.readouterr() == ("", "")  # the error is printed where it ends the program, and only there
    assert not (tmp_path / "mugs").exists()


def test_success(collect, web):
    web.results = {"mug": ["/pictures/good/1.jpg", "/pictures/copy/1.jpg"], "desk": ["/pictures/good/2.jpg"]}
    code, out, err = collect("mug", "--negative", "desk", "--contact", "me@example.org")
    mugs = Path("mugs")
    assert (code, err) == (0, "")
    assert out == (
        "mugs: 2 pictures, 1 of them without the logo; 1 duplicate left out\n"
        "next: draw boxes around the logo: brandlens serve --label mugs, in a browser; "
        f"or imglab -c {mugs / 'annotations.xml'} {mugs / 'pictures'}, then imglab {mugs / 'annotations.xml'}\n"
    )
    assert all("me@example.org" in agent for agent in web.user_agents)


def test_a_search_without_results_gives_exit_code_1(collect, web):
    web.results = {"mug": ["/pictures/good/1.jpg"]}
    code, out, err = collect("mug", "cup")
    assert code == 1
    assert out.startswith("mugs: 1 picture, 0 of them without the logo\n")
    assert err == 'brandlens: openverse: nothing found for "cup"; try other or fewer words, or another --provider\n'


def test_too_few_pictures(collect, web):
    web.results = {
        "mug": [f"/pictures/missing/{number}.jpg" for number in range(3)]
        + ["/pictures/good/1.jpg", "/pictures/odd/1.jpg"]
    }
    code, out, err = collect("mug")
    assert code == 1
    assert "4 failed: 3 missing, 1 status" in out
    assert err == (
        "brandlens: only 20% of the requested pictures were fetched, most often because: the server no longer has it; "
        "to retry: brandlens logo collect --retry --out mugs\n"
    )
    assert collect("mug", "--min-success", "0.2")[0] == 0


def test_retry(collect, web):
    paths = [f"/pictures/{kind}/1.jpg" for kind in ("missing", "odd", "good")]
    web.results = {"mug": paths}
    collect("mug")
    assert [web.request_counts[path] for path in paths] == [1, 1, 1]
    assert collect("--retry", "missing")[0] == 1
    collect("--retry")
    assert [web.request_counts[path] for path in paths] == [3, 2, 1]


def test_more_pictures_than_the_limit(collect, web):
    web.results = {"mug": [f"/pictures/good/{number}.jpg" for number in range(9)]}
    assert "4 pictures, 0 of them without the logo; 5 more above the limit" in collect("mug", "--limit", "4")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["--retry", "--negative", "desk"], "leave out QUERY", id="retry and a query"),
        pytest.param(["mug", "  "], "an empty QUERY", id="empty query"),
        pytest.param(["mug", "--allow-network", "home"], "home: not an address or network", id="not a network"),
        pytest.param(["mug", "--contact", "a\nb"], "--contact", id="contact that no header can hold"),
        pytest.param(["mug", "--provider", "commons"], "--contact", id="commons without a contact"),
        pytest.param(["none.txt", "--provider", "urls"], "none.txt: cannot be read", id="no file"),
        pytest.param(["none", "--provider", "folder"], "none: no such file", id="no folder"),
    ],
)
def test_errors_are_one_line_and_leave_no_folder(collect, tmp_path, words, message):
    with pytest.raises(UserError, match=message) as caught:
        collect(*words)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [["--limit", "0"], ["--min-success", "2"], ["--provider", "bing"], ["--retry", "bad"]]
)
def test_invalid_arguments(collect, words, capsys):
    with pytest.raises(SystemExit) as caught:
        collect("mug", *words)
    assert caught.value.code == 2


def test_missing_packages_are_named(tmp_path):
    code = "import sys; sys.modules.update(dict.fromkeys(['httpcore', 'httpx', 'pyarrow'])); sys.argv = sys.argv[1:]; "
    code += "from brandlens.cli import main; main.main()"
    words = ["brandlens", "logo", "collect", "mug", "--out", str(tmp_path / "mugs")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'brandlens: collecting pictures needs httpcore; run: pip install "brandlens[collect]"\n'


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_interrupted_by_the_user(web, tmp_path):
    urls = tmp_path / "mine.txt"
    urls.write_text("\n".join(web.url_of(f"/pictures/slow/{number}.jpg") for number in range(20)))
    out = tmp_path / "mugs"
    words = ["logo", "collect", str(urls), "--provider", "urls", "--out", str(out), "--allow-network", "127.0.0.1"]
    # a shell's background jobs, and all that they start, ignore this signal
    obey = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-c", f"{obey}from brandlens.cli import main; main.main()", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = out / "journal.jsonl"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (not journal.exists() or '"fetched"' not in journal.read_text()):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    captured = process.communicate(timeout=20)
    assert (process.returncode, *captured) == (130, "", "brandlens: interrupted; rerun to resume\n")
    assert 1 <= journal.read_text().count('"fetched"') < 20
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{out}: 20 pictures, 0 of them without the logo\nnext: draw boxes")
    assert done.stderr == ""
