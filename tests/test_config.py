"""params.yaml: what is read, and the one line that names what is wrong."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from brandlens import config
from brandlens.config.sentiment import check_labels
from brandlens.errors import ParamsError

OWN = Path(__file__).parents[1] / "params.yaml"


def change(tree: dict, key: str, value: object) -> dict:
    """A copy of params.yaml's content with one dotted key set; None as a key's value deletes nothing."""
    tree = copy.deepcopy(tree)
    *path, last = key.split(".")
    place = tree
    for name in path:
        place = place[name]
    place[last] = value
    return tree


@pytest.fixture
def content() -> dict:
    return YAML(typ="safe").load(OWN)


def loaded(tree: dict, folder: Path) -> config.Config:
    path = folder / "params.yaml"
    with path.open("w") as file:
        YAML().dump(tree, file)
    return config.load(path)


def test_the_projects_own_params_are_read() -> None:
    logo = config.load(OWN).logo
    assert logo.crop.window_wh == (75, 22)
    assert logo.collect.source == "sample"


@pytest.mark.parametrize("name", ["bilstm", "snowdon"])
def test_the_active_section_is_that_of_the_model(content: dict, tmp_path: Path, name: str) -> None:
    train = loaded(change(content, "sentiment.train.model", name), tmp_path).sentiment.train
    assert train.active is getattr(train, name)


def test_every_knob_says_its_unit() -> None:
    knobs = [line for line in OWN.read_text().splitlines() if re.search(r": [^#\s]", line.split("#")[0])]
    assert len(knobs) > 60
    assert [line for line in knobs if "  # " not in line] == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        pytest.param("logo.crop.window_hw", 3, "logo.crop.window_hw is not a known key", id="unknown key"),
        pytest.param("logo.crop.window_wh", 75, "logo.crop.window_wh is 75; it must be a list", id="number for a list"),
        pytest.param(
            "logo.crop.window_wh", [75], "logo.crop.window_wh has 1 items; it must have 2", id="list too short"
        ),
        pytest.param(
            "logo.crop.jitter.copies",
            "many",
            "logo.crop.jitter.copies is 'many'; it must be a whole number",
            id="text for a number",
        ),
        pytest.param(
            "logo.crop.jitter.copies",
            2.5,
            "logo.crop.jitter.copies is 2.5; it must be a whole number",
            id="half a copy",
        ),
        pytest.param(
            "logo.crop.jitter.copies",
            True,
            "logo.crop.jitter.copies is True; it must be a whole number",
            id="a truth value for a number",
        ),
        pytest.param("logo.crop.margin", -0.1, "logo.crop.margin is -0.1; allowed: from 0 to 2", id="below the range"),
        pytest.param("logo.detect.sliding_window.scale_factor", float("nan"), "scale_factor is nan", id="not a number"),
        pytest.param(
            "logo.train.model", "resnet", "logo.train.model is 'resnet'; allowed: fcn, snowdon", id="no such choice"
        ),
        pytest.param(
            "logo.train.one_stage.image_size", 300, "must be a multiple of 32", id="a size the network cannot halve"
        ),
        pytest.param(
            "logo.train.snowdon.weight_decay", 0.01, "which only optimizer: adamw applies", id="weight decay of adam"
        ),
        pytest.param(
            "logo.train.one_stage.scale_range", [2.0, 0.5], "from the smallest to the largest", id="zoom turned round"
        ),
        pytest.param(
            "logo.detect.one_stage.image_sizes",
            [],
            "logo.detect.one_stage.image_sizes is empty",
            id="no size to look at",
        ),
        pytest.param("logo.train", None, "logo.train is None; it must be a section", id="empty section"),
        pytest.param(
            "logo.collect.split_ratios", [0.5, 0.1, 0.1], "logo.collect.split_ratios add up to 0.7", id="ratios"
        ),
        pytest.param(
            "logo.collect.source", "folder", "logo.collect.annotations names 0 files", id="folder without files"
        ),
        pytest.param("logo.collect.source", "scraped", "source: scraped wants one", id="scraped, no file"),
        pytest.param(
            "logo.collect.source",
            "synthetic",
            "logo.collect.synthetic.artwork is empty",
            id="synthetic, no artwork",
        ),
        pytest.param(
            "logo.collect.synthetic.logo_width_range",
            [0.6, 0.2],
            "from the narrowest to the widest",
            id="widths turned round",
        ),
        pytest.param("logo.evaluate.threshold", {}, "exactly one of {maximize: f1}", id="no rule"),
        pytest.param(
            "sentiment.embed.vectors", "glove.txt", "method is word2vec and vectors is glove.txt", id="vectors"
        ),
        pytest.param("sentiment.embed.method", "pretrained", "pretrained wants vectors: a file", id="no vectors"),
        pytest.param("sentiment.embed.epochs", 0, "method: word2vec wants at least 1", id="no epochs"),
        pytest.param(
            "sentiment.train.snowdon.weight_decay",
            0.1,
            "sentiment.train.snowdon.weight_decay is 0.1, which only optimizer: adamw applies; set it to 0",
            id="weight decay of adam",
        ),
        pytest.param(
            "logo.evaluate.threshold", {"min_precision": 0.9, "min_recall": 0.9}, "exactly one of", id="two rules"
        ),
        pytest.param(
            "sentiment.evaluate.threshold", {"min_f1": 0.9}, "allowed here: maximize, min_precision", id="unknown rule"
        ),
        pytest.param("logo.evaluate.threshold", {"min_recall": 95}, "from 0 to 1", id="no fraction"),
        pytest.param("logo.evaluate.threshold", {"best": "f1"}, "is called", id="a rule's old name"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(content: dict, tmp_path: Path, key: str, value: object, words: str) -> None:
    with pytest.raises(ParamsError) as caught:
        loaded(change(content, key, value), tmp_path)
    message = str(caught.value)
    assert words in message
    assert message.startswith(str(tmp_path / "params.yaml"))
    assert "\n" not in message


def test_a_file_that_the_defaults_come_from_must_have_every_key(content: dict) -> None:
    del content["logo"]["train"]["model"]
    with pytest.raises(ParamsError, match=r"logo\.train\.model is missing"):
        config.parse(content, {})


@pytest.mark.parametrize(
    ("tree", "changed"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"logo": {"train": {}}}, {}, id="an empty section"),
        pytest.param({"logo": {"train": {"fcn": {"epochs": 20}}}}, {"logo.train.fcn.epochs": 20}, id="one knob"),
        pytest.param(
            {"logo": {"evaluate": {"threshold": {"min_recall": 0.9}}}},
            {"logo.evaluate.threshold": {"min_recall": 0.9}},
            id="one rule in place of another",
        ),
    ],
)
def test_a_key_that_is_not_there_has_its_default(content: dict, tmp_path: Path, tree: object, changed: dict) -> None:
    for key, value in changed.items():
        content = change(content, key, value)
    assert loaded(tree, tmp_path) == config.parse(content, {})


def test_a_missing_file_and_broken_yaml_are_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="no such file"):
        config.load(tmp_path / "params.yaml")
    texts = {
        "logo: [": "not YAML",
        "[" * 5000: "nested too deep",
        "": "the file is None",
        "seed: 2001-13-45": "not YAML: month must",
    }
    for text, words in texts.items():
        (tmp_path / "params.yaml").write_text(text)
        with pytest.raises(ParamsError, match=words):
            config.load(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("value", "read"),
    [pytest.param("1e-05", 1e-5, id="as DVC writes it"), pytest.param(0, 0.0, id="whole number for a float")],
)
def test_numbers_are_taken_by_type(content: dict, tmp_path: Path, value: object, read: float) -> None:
    tree = change(content, "logo.train.fcn.l2", value)
    assert loaded(tree, tmp_path).logo.train.fcn.l2 == read


def test_the_active_section_is_that_of_the_chosen_model(content: dict, tmp_path: Path) -> None:
    for model in ("fcn", "snowdon", "one_stage"):
        train = loaded(change(content, "logo.train.model", model), tmp_path).logo.train
        assert train.active is getattr(train, model)


COLLECT = "sentiment.collect"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"labels": ["good"]}, "labels has 1 items; it must have two or more", id="one label"),
        pytest.param({"labels": ["a", "A "]}, "each must be there once", id="the same label twice"),
        pytest.param({"labels": ["a", "unsure"]}, "unsure is what a review without known words is", id="unsure"),
        pytest.param({"labels": ["positive", "negative"]}, r"of two the last one is scored", id="the wrong way round"),
        pytest.param({"labels": [1, 2]}, r'it must be a text, in quotes: "1"', id="numbers without quotes"),
        pytest.param({"labels": ["a", "b"], "source": "imdb"}, "source: imdb has", id="labels that movies lack"),
        pytest.param({"files": {"columns": {"neutral_labels": ["0"]}}}, '"0" means negative and neutral', id="a word"),
        pytest.param({"labels": ["a", "b", "c"], "source": "files",
                      "files": {"train": ["a.csv"], "columns": {"teacher": "p"}}},
                     r"teacher is p, one column for two labels, and there are 3; name one a label: \{a: COLUMN, b",
                     id="one column of a teacher"),
        pytest.param({"labels": ["a", "b", "c"], "source": "files",
                      "files": {"train": ["a.csv"], "columns": {"teacher": {"a": "p", "b": "q"}}}},
                     "teacher has columns for a, b, and the labels are a, b, c; name one a label",
                     id="a label without a teacher"),
        pytest.param({"source": "files", "files": {"train": ["a.csv"], "columns": {"teacher": {"good": "p"}}}},
                     r"teacher\.good: good is no label; those are negative, neutral, positive", id="a teacher's label"),
        pytest.param({"source": "files",
                      "files": {"train": ["a.csv"], "columns": {"teacher": {"negative": "p", "positive": "p"}}}},
                     "teacher: p, p must differ; name one column a label", id="a teacher's column twice"),
        pytest.param({"files": {"columns": {"teacher": ["p", "q"]}}}, r"teacher is \['p', 'q'\]; it must be a text",
                     id="a list of a teacher's columns"),
        pytest.param({"labels": ["negative", "neutral", "positive"], "source": "files",
                      "files": {"train": ["a.csv"], "columns": {"label": None, "rating": "stars"}}},
                     "middle_ratings: neutral", id="no ratings are neutral"),
        pytest.param({"labels": ["a", "b"], "source": "files",
                      "files": {"train": ["a.csv"], "columns": {"label": None, "rating": "stars"}}},
                     "ratings become negative, neutral and positive", id="ratings are no names"),
    ],
)  # fmt: skip
def test_labels_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        config.parse({"sentiment": {"collect": changes}}, config.defaults())


@pytest.mark.parametrize(
    ("labels", "teacher", "columns"),
    [
        pytest.param(None, None, (), id="none"),
        pytest.param(None, "p", ("p",), id="one column of two labels"),
        pytest.param(["a", "b", "c"], {"A": "p", "c": "r", "b": "q"}, ("p", "r", "q"), id="one a label, in any case"),
        pytest.param(["1", "2"], {1: "p", 2: "q"}, ("p", "q"), id="stars"),
    ],
)
def test_columns_of_a_teacher(labels: list[str] | None, teacher: object, columns: tuple[str, ...]) -> None:
    files = {"train": ["a.csv"], "columns": {"teacher": teacher}}
    params = {"sentiment": {"collect": {"source": "files", "labels": labels, "files": files}}}
    assert config.parse(params, config.defaults()).sentiment.collect.files.columns.teacher_columns == columns


def test_a_teacher_is_checked_against_the_labels_that_a_source_has() -> None:
    files = {"train": ["a.csv"], "columns": {"teacher": {"negative": "n", "positive": "p"}}}
    sentiment = config.parse(
        {"sentiment": {"collect": {"source": "files", "files": files}}}, config.defaults()
    ).sentiment
    check_labels(sentiment, ("negative", "positive"))
    with pytest.raises(
        ParamsError, match="columns for negative, positive, and the labels are negative, neutral, positive"
    ):
        check_labels(sentiment, ("negative", "neutral", "positive"))


def test_a_threshold_is_of_two_labels() -> None:
    params = {"collect": {"labels": ["a", "b", "c"]}, "evaluate": {"threshold": {"min_precision": 0.9}}}
    with pytest.raises(ParamsError, match=r"of 3 labels \(a, b, c\) the likeliest is taken, without a threshold"):
        config.parse({"sentiment": params}, config.defaults())
    params["collect"]["labels"] = ["a", "b"]
    assert config.parse({"sentiment": params}, config.defaults()).sentiment.collect.labels == ("a", "b")
