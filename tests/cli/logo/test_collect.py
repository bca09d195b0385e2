"""`brandlens logo collect`: what it prints, its exit codes, and what it refuses before asking anyone."""

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
    """The small web on the loopback address stands in for Openverse."""
    monkeypatch.setitem(registry.PROVIDERS, "openverse", lambda agent, _: Openverse(agent, base=web.url, pace=0.01))


@pytest.fixture
def collect(tmp_path, monkeypatch, capsys):
    """A function of command line words → exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def called(*words):
        code = main.call(["logo", "collect", "--out", "mugs", "--allow", "127.0.0.0/8", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return called


def test_nothing_to_do(collect):
    with pytest.raises(UserError, match="mugs: nothing to go on with; give a QUERY"):
        collect()


def test_nothing_found(collect, web, tmp_path):
    with pytest.raises(UserError, match='nothing found for "mug"'):
        collect("mug")
    assert not (tmp_path / "mugs").exists()


def test_all_is_well(collect, web):
    web.results = {"mug": ["/pictures/good/1.jpg", "/pictures/copy/1.jpg"], "desk": ["/pictures/good/2.jpg"]}
    code, out, err = collect("mug", "--negative", "desk", "--contact", "me@example.org")
    mugs = Path("mugs")
    assert (code, err) == (0, "")
    assert out == (
        "mugs: 2 pictures, 1 of them without the logo; 1 duplicate left out\n"
        f"next: draw boxes around the logo: imglab -c {mugs / 'annotations.xml'} {mugs / 'pictures'}, "
        f"then imglab {mugs / 'annotations.xml'}\n"
    )
    assert all("me@example.org" in agent for agent in web.agents)


def test_a_search_that_brought_nothing_is_told_by_the_exit_code(collect, web):
    web.results = {"mug": ["/pictures/good/1.jpg"]}
    code, out, err = collect("mug", "cup")
    assert code == 1
    assert out.startswith("mugs: 1 picture, 0 of them without the logo\n")
    assert err == 'brandlens: openverse: nothing found for "cup"; try other or fewer words, or another --provider\n'


def test_too_few_that_came(collect, web):
    web.results = {
        "mug": [f"/pictures/missing/{at}.jpg" for at in range(3)] + ["/pictures/good/1.jpg", "/pictures/odd/1.jpg"]
    }
    code, out, err = collect("mug")
    assert code == 1
    assert "4 refused: 3 missing, 1 status" in out
    assert err == (
        "brandlens: only 20% of the pictures asked for came, mostly because: the server no longer has it; "
        "to ask again: brandlens logo collect --retry --out mugs\n"
    )
    assert collect("mug", "--enough", "0.2")[0] == 0


def test_asking_again(collect, web):
    web.results = {"mug": ["/pictures/missing/1.jpg", "/pictures/odd/1.jpg", "/pictures/good/1.jpg"]}
    collect("mug")
    asked = web.asked["/pictures/missing/1.jpg"], web.asked["/pictures/odd/1.jpg"], web.asked["/pictures/good/1.jpg"]
    assert asked == (1, 1, 1)
    assert collect("--retry", "missing")[0] == 1
    collect("--retry")
    asked = web.asked["/pictures/missing/1.jpg"], web.asked["/pictures/odd/1.jpg"], web.asked["/pictures/good/1.jpg"]
    assert asked == (3, 2, 1)


def test_more_than_the_limit(collect, web):
    web.results = {"mug": [f"/pictures/good/{at}.jpg" for at in range(9)]}
    assert "4 pictures, 0 of them without the logo; 5 more not asked for yet" in collect("mug", "--limit", "4")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["--retry", "--negative", "desk"], "leave out QUERY", id="retry and a query"),
        pytest.param(["mug", "  "], "an empty QUERY", id="empty query"),
        pytest.param(["mug", "--allow", "home"], "home: not an address or network", id="no network"),
        pytest.param(["mug", "--contact", "a\nb"], "--contact", id="no header"),
        pytest.param(["mug", "--provider", "commons"], "--contact", id="commons without a contact"),
        pytest.param(["none.txt", "--provider", "urls"], "none.txt: cannot be read", id="no file"),
        pytest.param(["none", "--provider", "folder"], "none: no such file", id="no folder"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(collect, tmp_path, words, told):
    with pytest.raises(UserError, match=told) as caught:
        collect(*words)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--limit", "0"], ["--enough", "2"], ["--provider", "bing"], ["--retry", "bad"]])
def test_words_that_argparse_refuses(collect, words, capsys):
    with pytest.raises(SystemExit) as caught:
        collect("mug", *words)
    assert caught.value.code == 2


def test_without_its_packages(tmp_path):
    code = "import sys; sys.modules.update(dict.fromkeys(['httpcore', 'httpx', 'pyarrow'])); sys.argv = sys.argv[1:]; "
    code += "from brandlens.cli import main; main.main()"
    words = ["brandlens", "logo", "collect", "mug", "--out", str(tmp_path / "mugs")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'brandlens: collecting pictures needs httpcore; run: pip install "brandlens[collect]"\n'


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_stopped_by_the_user(web, tmp_path):
    urls = tmp_path / "mine.txt"
    urls.write_text("\n".join(web.whole(f"/pictures/slow/{at}.jpg") for at in range(20)))
    words = [
        "logo",
        "collect",
        str(urls),
        "--provider",
        "urls",
        "--out",
        str(tmp_path / "mugs"),
        "--allow",
        "127.0.0.1",
    ]
    # a shell's background jobs, and all that they start, ignore this signal
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-c", f"{heeds}from brandlens.cli import main; main.main()", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = tmp_path / "mugs" / "journal.jsonl"
    until = time.monotonic() + 20
    while time.monotonic() < until and (not journal.exists() or '"fetched"' not in journal.read_text()):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "brandlens: interrupted; rerun to resume\n")
    assert 1 <= journal.read_text().count('"fetched"') < 20
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{tmp_path / 'mugs'}: 20 pictures, 0 of them without the logo\nnext: draw boxes")
    assert done.stderr == ""
