"""The pages of a small run: every number is that of metrics.json, every text is escaped, nothing comes from outside."""

import json
import shutil
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from brandlens.metrics import classification
from brandlens.metrics.registry import Metric
from brandlens.report import compare, load, pages
from brandlens.report.render import format_percent

NAMES = ["index.html", "logo.html", "sentiment.html"]


class Page(HTMLParser):
    """The parts of a page: names of tags, addresses, its visible texts, and the numbers that name their metric."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.numbers: list[tuple[list[str], str, bool, str]] = []
        self.texts: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.open: list[dict[str, str | None]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append(tag)
        self.addresses += [attributes[name] or "" for name in ("src", "href") if name in attributes]
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        self.images += [attributes] if tag == "img" else []
        self.open = [attributes] if "data-metric" in attributes else []

    def handle_data(self, data: str) -> None:
        if self.open:
            cell = self.open.pop()
            path = json.loads(cell["data-metric"] or "")
            self.numbers.append((path, cell["value"] or "", "data-rest" in cell, data))
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
    numbers = written[name].numbers
    assert len(numbers) > 20
    for path, value, rest, text in numbers:
        expected = metric(reports.first, path)
        assert float(value) == expected, path
        forms = [f"{expected:.3f}", format_percent(expected), f"{expected:,.0f}"]
        assert text in ([format_percent(1 - expected)] if rest else forms), path


def test_every_interval_is_that_of_the_metrics(reports: SimpleNamespace, written: dict[str, Page]) -> None:
    low, high = metric(reports.first, ["logo", "intervals", "boxes", "ap50"])
    texts = written["logo.html"].texts
    assert f"{low:.3f}–{high:.3f}" in texts
    low, high = metric(reports.first, ["logo", "intervals", "boxes", "precision"])
    assert f"{format_percent(1 - high)}–{format_percent(1 - low)}" in texts


def test_the_headline_numbers_are_there(written: dict[str, Page]) -> None:
    paths = {tuple(path) for path, *_ in written["index.html"].numbers}
    assert paths >= {
        ("logo", "boxes", "precision"), ("logo", "boxes", "recall"), ("logo", "crops", "precision"),
        ("logo", "baselines", "sift", "crops", "recall"), ("sentiment", "accuracy"),
        ("sentiment", "baselines", "tfidf", "accuracy"),
    }  # fmt: skip
    assert "the talk (published)" in written["index.html"].texts
    assert "0.966" in written["index.html"].texts


def test_an_added_metric_has_its_column(
    reports: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(reports.first / "sentiment", tmp_path / "sentiment")
    path = tmp_path / "sentiment" / "metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    for values in (metrics, *metrics["baselines"].values()):
        values["mcc"] = 0.25
    metrics["intervals"]["mcc"] = [0.125, 0.375]
    path.write_text(json.dumps(metrics), encoding="utf-8")
    monkeypatch.setitem(classification.METRICS, "mcc", Metric("MCC", classification.accuracy))
    pages.write(tmp_path)
    texts = Page(tmp_path / "sentiment.html").texts
    assert {"MCC", "0.250", "0.125–0.375"} <= {*texts}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_needs_nothing_from_elsewhere(written: dict[str, Page], name: str) -> None:
    assert all(address.startswith(("data:", "#")) or address in NAMES for address in written[name].addresses)
    assert not {"link", "iframe", "object"} & {*written[name].tags}
    assert len(written[name].ids) == len({*written[name].ids})
    assert all(image.get("alt") for image in written[name].images)


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_texts_are_escaped(written: dict[str, Page], name: str) -> None:
    assert "fizz" not in written[name].tags
    assert ("Dr. <Fizz>" in written[name].texts) == (name != "sentiment.html")


def test_the_words_that_changed_a_score_are_marked(reports: SimpleNamespace, written: dict[str, Page]) -> None:
    text = (reports.first / "sentiment.html").read_text(encoding="utf-8")
    assert '<mark class="down" title="-0.30">not</mark>&lt;/b&gt; like it &amp;' in text
    assert '<mark class="up" title="+0.20">Great</mark>, GREAT film' in text


def test_the_params_are_listed_without_the_folders_of_files(written: dict[str, Page]) -> None:
    texts = written["logo.html"].texts
    assert texts[texts.index("logo.train.epochs") + 1] == "7"
    assert texts[texts.index("logo.collect.annotations") + 1] == "train.xml"


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
    ("model", "words", "mined"),
    [
        pytest.param("fcn", "the scores of the first pass", True, id="fcn"),
        pytest.param("one_stage", "averaged over the image sizes", False, id="one_stage"),
    ],
)
def test_heatmaps_are_explained(tmp_path: Path, reports: SimpleNamespace, model: str, words: str, mined: bool) -> None:
    shutil.copytree(reports.first / "logo", tmp_path / "logo")
    run = json.loads((tmp_path / "logo/run.json").read_text(encoding="utf-8"))
    (tmp_path / "logo/run.json").write_text(json.dumps({**run, "model": model}), encoding="utf-8")
    pages.write(tmp_path)
    text = " ".join(Page(tmp_path / "logo.html").texts)
    assert words in text
    assert ("hard-negative mining" in text) == mined


def test_the_page_names_what_a_training_started_from(tmp_path: Path, reports: SimpleNamespace) -> None:
    shutil.copytree(reports.first / "logo", tmp_path / "logo")
    run = json.loads((tmp_path / "logo/run.json").read_text(encoding="utf-8"))
    started = {"name": "Net", "source": "net 1.0", "license": "MIT", "sha256": "ab" * 32}
    (tmp_path / "logo/run.json").write_text(json.dumps({**run, "pretrained": [started]}), encoding="utf-8")
    pages.write(tmp_path)
    text = " ".join(Page(tmp_path / "logo.html").texts)
    assert "The training started from Net (net 1.0; license: MIT; SHA-256" in text
    assert "ab" * 6 in text


def test_an_evaluation_of_nothing(tmp_path: Path, reports: SimpleNamespace) -> None:
    shutil.copytree(reports.first / "logo", tmp_path / "logo")
    for name in ("boxes.csv", "crops.csv", "predictions.csv"):
        path = tmp_path / "logo" / name
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    metrics = json.loads((tmp_path / "logo" / "metrics.json").read_text(encoding="utf-8"))
    metrics["boxes"] |= {"true_positives": 0, "false_negatives": 0}
    for values in metrics["crops"]["per_class"].values():
        values["count"] = 0
    (tmp_path / "logo" / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    assert len(pages.write(tmp_path)) == 2


@pytest.mark.parametrize("labels", [("negative", "neutral", "positive"), ("1", "2", "3", "4", "5")], ids=len)
def test_a_page_of_more_labels(labelled_reports: Callable[[Sequence[str]], Path], labels: tuple[str, ...]) -> None:
    """It has the whole matrix and each label's metrics, and no threshold; runs of these labels can be compared."""
    folder = labelled_reports(labels)
    html = (pages.write(folder)[1]).read_text(encoding="utf-8")
    assert html.count('<td class="right">') == len(labels)
    assert 'id="slider"' not in html
    assert "the highest probability" in html
    assert all(f'["sentiment", "per_class", "{label}", "auc"]' in html.replace("&#34;", '"') for label in labels)
    assert ("quadratic kappa" in html) == (labels[0] == "1")
    (comparison,) = compare.compare([folder, folder])
    assert "calibration error" in [row.title for row in comparison.metrics]
