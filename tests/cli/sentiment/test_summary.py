"""`brandlens sentiment summary`: its page and tables, and its errors."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from brandlens.cli import main
from brandlens.errors import UserError

Summarize = Callable[..., tuple[int, str, str]]
TABLES = ("periods", "groups", "terms", "change_points", "quotes", "sightings")


@pytest.fixture
def summarize(
    sentiment_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Summarize:
    """A function of rows and options → exit code, standard output and standard error; it writes the folder `out`."""
    monkeypatch.chdir(tmp_path)

    def called(rows: list[list[str]], *words: str) -> tuple[int, str, str]:
        with Path("reviews.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["text", "when", "shop"], *rows])
        options = ["--file", "reviews.csv", "--out", "out", "--model", str(sentiment_folder), *words]
        code = main.call(["sentiment", "summary", *options])
        return code, *capsys.readouterr()

    return called


def read(name: str) -> list[dict[str, str]]:
    with Path("out", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_no_rows(summarize: Summarize) -> None:
    code, out, _ = summarize([], "--group", "shop")
    assert code == 0
    assert out.startswith("0 reviews")
    assert [read(name) for name in TABLES] == [[]] * len(TABLES)
    assert "<h1>Reviews of reviews.csv</h1>" in Path("out/summary.html").read_text()


def test_a_fall_in_the_middle(summarize: Summarize) -> None:
    rows = [
        ["good film" if day < 15 else "awful film", f"{day}/03/2024", ("A", "=1+1", "<b>C</b>")[turn]]
        for day in range(1, 29)
        for turn in range(3)
    ]
    rows += [["zzz", "", "A"], ["good film", "soon", "only once"]]
    code, out, error = summarize(rows, "--date", "when", "--group", "shop", "--terms", "film")
    assert code == 1
    assert error == 'brandlens: reviews.csv, row 87: no date in column "when": "soon"\n'
    assert "fell from" in out
    assert "on 2024-03-15" in out, out
    assert "Unsure, and not in it: 1 (1 too few known words)." in out
    assert "2 reviews without a date" in out
    (change, *_) = read("change_points")
    assert (change["column"], change["period"]) == ("", "2024-03-15")
    assert float(change["high"]) < 0
    groups = {row["group"]: row for row in read("groups")}
    assert groups.keys() == {"A", "'=1+1", "<b>C</b>", "only once"}
    assert (groups["A"]["reviews"], groups["A"]["unsure"]) == ("28", "1")
    assert (groups["only once"]["reviews"], groups["only once"]["low"]) == ("1", "")
    assert len([row for row in read("periods") if not row["column"]]) == 28
    assert read("terms")[0]["reviews"] == "85"
    page = Path("out/summary.html").read_text()
    assert "&lt;b&gt;C&lt;/b&gt;" in page
    assert "<b>C" not in page
    assert '<mark class="up" title="film: positive">' in page


def test_hostile_texts_are_escaped(summarize: Summarize) -> None:
    text = "good film </script><script>alert(1)</script> \"' <img src=x>"
    assert (
        summarize([[text, "2024-03-05", '"><script>']], "--date", "when", "--group", "shop", "--terms", "film")[0] == 0
    )
    page = Path("out/summary.html").read_text()
    assert page.count("<script>") == 1
    assert "<img" not in page


def test_one_period(summarize: Summarize) -> None:
    _, out, _ = summarize([["good film", "2024-03-05", "A"]] * 3, "--date", "when")
    assert "All dates are in one period" in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--date", "when"], "every date may be day-first or month-first", id="order of day and month"),
        pytest.param(["--date", "day"], 'no column "day"', id="no column"),
        pytest.param(["--date", "shop"], "has no date", id="no dates"),
        pytest.param(["--date-format", "day-first"], "name it by --date", id="format of nothing"),
        pytest.param(["--by", "week"], "no dates to summarize by", id="period of nothing"),
        pytest.param(["--sightings-dates", "x"], "no sightings", id="dates of nothing"),
        pytest.param(["--out", "reviews.csv"], "is a file", id="out"),
    ],
)
def test_what_is_refused(summarize: Summarize, options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        summarize([["good film", "03/04/2024", "A"]], *options)
    assert not Path("out").exists()


def test_a_column_of_too_many_groups(summarize: Summarize) -> None:
    with pytest.raises(UserError, match='"shop" has more than 1,000 different values'):
        summarize([["good", "", str(number)] for number in range(1001)], "--group", "shop")


def test_without_jinja2(summarize: Summarize, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="needs Jinja2"):
        summarize([])
