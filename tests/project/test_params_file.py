"""params.yaml of a project: what is written is what was chosen, and all else keeps its default."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from brandlens import config
from brandlens.errors import ParamsError
from brandlens.project import params_file, stages
from brandlens.project.choices import Choice

HOME = Path(__file__).resolve().parents[2]
TRACKED = stages.tracked_params(stages.render(stages.SIDES, dict.fromkeys(stages.SIDES, ())))
CHOICES = [
    Choice("logo.collect.source", "folder", "your own"),
    Choice("logo.collect.annotations", ["../a: b.xml", "#c.xml", "größer.xml"], "three splits"),
    Choice("logo.crop.labels", ["yes", "1", "Öl"], "words that YAML could take for others"),
    Choice("logo.evaluate.threshold", {"min_recall": 0.9}, "another rule"),
    Choice("logo.collect.synthetic.artwork", {"Acme & Co": ["a.png"]}, "a mapping"),
    Choice("sentiment.collect.files.columns.label", None, "nothing"),
    Choice("sentiment.collect.files.columns.rating", "stars", "stars"),
    Choice("sentiment.train.bilstm.l2", 1e-5, "a small number"),
]


def load(text: str) -> dict[str, Any]:
    return YAML(typ="safe").load(text)


def merged() -> config.Config:
    content = config.defaults()
    for choice in CHOICES:
        *path, name = choice.key.split(".")
        section = content
        for part in path:
            section = section[part]
        section[name] = choice.value
    return config.parse(content, {})


def test_the_repositorys_own_is_the_full_one() -> None:
    own, _, digits = (HOME / "params.yaml").read_text(encoding="utf-8").partition("digits:")
    assert params_file.render_full([]) == own
    assert all(line.startswith("  ") for line in digits.splitlines()[1:])  # the last section, left out of projects


@pytest.mark.parametrize("render", [params_file.render_full, lambda choices: params_file.render(choices, TRACKED)])
def test_what_is_read_is_what_was_chosen(render: Any) -> None:
    assert config.parse(load(render(CHOICES)), config.defaults()) == merged()
    assert config.parse(load(render([])), config.defaults()) == config.parse(config.defaults(), {})


def test_only_what_differs_is_written_each_with_its_reason() -> None:
    text = params_file.render([*CHOICES, Choice("logo.crop.margin", 0.1, "the default itself")], TRACKED)
    for choice in CHOICES:
        assert f"# {choice.reason}" in text
    assert "margin" not in text
    assert len(text.splitlines()) < 50


def test_what_dvc_tracks_is_there() -> None:
    content = load(params_file.render([], TRACKED))
    for key in TRACKED:
        assert params_file.get(content, key) is not None


def test_in_full_every_key_keeps_its_unit() -> None:
    text = params_file.render_full([Choice("logo.train.fcn.epochs", 30, "more photographs")])
    assert "epochs: 30 # more photographs; passes over the augmented crops\n" in text


def test_a_change_leaves_the_rest_as_it_is() -> None:
    text = "# mine\nlogo:\n  crop:\n    margin: 0.2   # wide\n  augment: {}\n"
    changed = params_file.change(text, [Choice("logo.augment.hue", 0.1, "why"), Choice("seed", 2, "luck")])
    assert changed.startswith("# mine\nlogo:\n  crop:\n    margin: 0.2   # wide\n")
    assert load(changed) == {"logo": {"crop": {"margin": 0.2}, "augment": {"hue": 0.1}}, "seed": 2}
    assert params_file.change(text, []) == text
    assert load(params_file.change("", [Choice("seed", 2, "luck")])) == {"seed": 2}


def test_what_dvc_wants_is_added_at_its_default() -> None:
    content = load(params_file.complete("seed: 3\nlogo:\n  crop:\n    margin: 0.2\n", TRACKED))
    assert content["seed"] == 3
    assert content["logo"]["crop"] == {"margin": 0.2, "labels": []}
    for key in TRACKED:
        params_file.get(content, key)


def test_an_unknown_key_and_a_bad_value_are_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"logo\.crop\.margins is not a known key"):
        params_file.get(config.defaults(), "logo.crop.margins")
    with pytest.raises(ParamsError, match=r"params\.yaml: logo\.crop\.margin is -1"):
        params_file.check("logo: {crop: {margin: -1}}", tmp_path / "params.yaml")
