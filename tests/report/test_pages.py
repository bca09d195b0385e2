"""The pages of a small run: every number is that of metrics.json, every text is escaped, nothing comes from outside."""

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from brandlens.report import load, pages
from brandlens.report.render import hundredths

NAMES = ["index.html", "logo.html", "sentiment.html"]


class Page(HTMLParser):
    """What a page is made of: names of tags, addresses, its visible texts, and the numbers that name their metric."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.numbers: list[tuple[list[str], str, str, str]] = []
        self.texts: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.open: list[dict[str, str | None]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append(tag)
        self.addresses += [attributes[name] or "" for name in ("src", "href") if name in attributes]
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        self.pictures += [attributes] if tag == "img" else []
        self.open = [attributes] if "data-metric" in attributes else []

    def handle_data(self, data: str) -> None:
        if self.open:
            shown = self.open.pop()
            path = json.loads(shown["data-metric"] or "")
            self.numbers.append((path, shown["value"] or "", shown.get("data-form") or "", data))
        if data.strip() and self.tags[-1] not in {"style", "script"}:
            self.texts.append(data.strip())


@pytest.fixture(scope="module")
def written(reports: SimpleNamespace) -> dict[str, Page]:
    return {path.name: Page(path) for path in pages.write(reports.first)}


def metric(folder: Path, path: list[str]) -> float:
    side, *keys = path
    value: Any = json.loads((folder / side / "metrics.json").read_text(encoding="utf-8"))
    for key in keys:
        value = value[key]
    return value


def test_three_pages(written: dict[str, Page]) -> None:
    assert list(written) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_that_of_the_metrics(reports: SimpleNamespace, written: dict[str, Page], name: str) -> None:
    found = written[name].numbers
    assert len(found) > 20
    for path, value, form, shown in found:
        expected = metric(reports.first, path)
        assert float(value) == expected, path
        forms = (
            [hundredths(1 - expected)] if form == "rest"
            else [f"{expected:.3f}", hundredths(expected), f"{expected:,.0f}"]
        )  # fmt: skip
        assert shown in forms, path


def test_the_headline_numbers_are_there(written: dict[str, Page]) -> None:
    told = {tuple(path) for path, *_ in written["index.html"].numbers}
    assert told >= {
        ("logo", "boxes", "precision"), ("logo", "boxes", "recall"), ("logo", "crops", "precision"),
        ("logo", "baselines", "sift", "crops", "recall"), ("sentiment", "accuracy"),
        ("sentiment", "baselines", "tfidf", "accuracy"),
    }  # fmt: skip
    assert "the talk (published)" in written["index.html"].texts
    assert "0.966" in written["index.html"].texts


@pytest.mark.parametrize("name", NAMES)
def test_a_page_needs_nothing_from_elsewhere(written: dict[str, Page], name: str) -> None:
    assert all(address.startswith(("data:", "#")) or address in NAMES for address in written[name].addresses)
    assert not {"link", "iframe", "object"} & {*written[name].tags}
    assert len(written[name].ids) == len({*written[name].ids})
    assert all(picture.get("alt") for picture in written[name].pictures)


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_texts_are_escaped(written: dict[str, Page], name: str) -> None:
    assert "fizz" not in written[name].tags
    assert ("Dr. <Fizz>" in written[name].texts) == (name != "sentiment.html")


def test_the_words_that_moved_a_score_are_marked(reports: SimpleNamespace, written: dict[str, Page]) -> None:
    text = (reports.first / "sentiment.html").read_text(encoding="utf-8")
    assert '<mark class="down" title="-0.30">not</mark>&lt;/b&gt; like it &amp;' in text
    assert '<mark class="up" title="+0.20">Great</mark>, <mark class="up" title="+0.20">GREAT</mark> film' in text


def test_a_changed_parameter_is_told_and_one_that_is_not_known_is_not(written: dict[str, Page]) -> None:
    assert {"logo.train.seed", "7", "1"} <= {*written["logo.html"].texts}


def test_the_same_results_give_the_same_pages(reports: SimpleNamespace) -> None:
    before = [path.read_bytes() for path in pages.write(reports.first)]
    assert [path.read_bytes() for path in pages.write(reports.first)] == before


@pytest.mark.parametrize("side", ["logo", "sentiment"])
def test_one_side_alone(tmp_path: Path, reports: SimpleNamespace, side: str) -> None:
    shutil.copytree(reports.first / side, tmp_path / side)
    assert [path.name for path in pages.write(tmp_path)] == ["index.html", f"{side}.html"]
    assert f"{side}.html" in Page(tmp_path / "index.html").addresses


def test_no_results_at_all(tmp_path: Path) -> None:
    with pytest.raises(load.ResultsError, match="no results here; make them with: dvc repro"):
        pages.write(tmp_path)


@pytest.mark.parametrize("name", ["run.json", "training.json", "training.csv", "mistakes.csv", "neighbors.csv"])
def test_what_an_older_run_did_not_write_is_left_out(tmp_path: Path, reports: SimpleNamespace, name: str) -> None:
    shutil.copytree(reports.first / "sentiment", tmp_path / "sentiment")
    (tmp_path / "sentiment" / name).unlink()
    assert len(pages.write(tmp_path)) == 2


@pytest.mark.parametrize(
    ("network", "look", "mined"),
    [
        pytest.param("slide", "the scores of the first look", True, id="slide"),
        pytest.param("shot", "the mean over the sizes", False, id="shot"),
    ],
)
def test_where_the_network_looks(
    tmp_path: Path, reports: SimpleNamespace, network: str, look: str, mined: bool
) -> None:
    shutil.copytree(reports.first / "logo", tmp_path / "logo")
    run = json.loads((tmp_path / "logo/run.json").read_text(encoding="utf-8"))
    (tmp_path / "logo/run.json").write_text(json.dumps({**run, "model": network}), encoding="utf-8")
    pages.write(tmp_path)
    text = " ".join(Page(tmp_path / "logo.html").texts)
    assert look in text
    assert ("hard-negative mining" in text) == mined


def test_an_evaluation_of_nothing(tmp_path: Path, reports: SimpleNamespace) -> None:
    shutil.copytree(reports.first / "logo", tmp_path / "logo")
    for name in ("boxes.csv", "crops.csv", "predictions.csv"):
        path = tmp_path / "logo" / name
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert len(pages.write(tmp_path)) == 2
