"""What suits labelled pictures."""

from collections.abc import Sequence

import numpy as np
import pytest

from brandlens import config
from brandlens.project import choose_logo

DEFAULTS = config.parse(config.defaults(), {}).logo


MANY = {str(number): 20 for number in range(27)}


@pytest.mark.parametrize(
    ("pictures_of", "has_accelerator", "has_pretrained", "model"),
    [
        pytest.param({}, True, True, "fcn", id="nothing"),
        pytest.param({"a": 500, "b": 59}, True, True, "fcn", id="few of one brand"),
        pytest.param({"a": 500, "b": 60}, False, True, "one_stage", id="enough for pretrained weights"),
        pytest.param({"a": 500, "b": 99}, True, False, "fcn", id="few of one brand, from scratch"),
        pytest.param({"a": 500, "b": 100}, True, False, "one_stage", id="many, and a GPU"),
        pytest.param({"a": 500}, False, False, "fcn", id="many, on a processor"),
        pytest.param({"a": 500}, False, True, "one_stage", id="many, on a processor, and pretrained weights"),
        pytest.param(MANY, True, False, "fcn", id="very many brands"),
        pytest.param(MANY, False, True, "one_stage", id="very many brands, and pretrained weights"),
    ],
)
def test_model(pictures_of: dict[str, int], has_accelerator: bool, has_pretrained: bool, model: str) -> None:
    chosen = {choice.key: choice.value for choice in choose_logo.model(pictures_of, has_accelerator, has_pretrained)}
    assert chosen["logo.train.model"] == model
    is_pretrained = has_pretrained and model == "one_stage"
    assert ("logo.train.one_stage.backbone" in chosen) == is_pretrained


@pytest.mark.parametrize(
    ("aspect_ratio", "num_brands", "chosen"),
    [
        pytest.param(3.4, 1, {}, id="wide as the default"),
        pytest.param(1.0, 1, {"logo.crop.window_wh": [48, 32]}, id="round"),
        pytest.param(
            3.4, 27, {"logo.crop.window_wh": [48, 32], "logo.crop.num_aspect_ratios": 3}, id="brands of many shapes"
        ),
    ],
)
def test_window(aspect_ratio: float, num_brands: int, chosen: dict[str, object]) -> None:
    assert {choice.key: choice.value for choice in choose_logo.window(aspect_ratio, num_brands)} == chosen


@pytest.mark.parametrize("num_pictures", [10, 500])
@pytest.mark.parametrize("num_brands", [1, 5, 27])
def test_every_choice_is_allowed(num_brands: int, num_pictures: int) -> None:
    content = config.defaults()["logo"]
    pictures_of = {str(brand): num_pictures for brand in range(num_brands)}
    for choice in (*choose_logo.augmentation(num_brands), *choose_logo.model(pictures_of, False, True)):
        section = content
        *path, name = choice.key.removeprefix("logo.").split(".")
        for part in path:
            section = section[part]
        assert name in section
        section[name] = choice.value
    config.parse({"logo": content}, config.defaults())


@pytest.mark.parametrize(
    ("sides", "picture_side", "chosen"),
    [
        pytest.param([], 800, {}, id="no logo"),
        pytest.param([30, 60, 90, 120], 800, {}, id="large enough"),
        pytest.param([16, 20, 20, 60], 800, {"min_size": 17}, id="small ones"),
        pytest.param([4, 5, 5, 60], 800, {"min_size": 14}, id="smaller than can be found"),
        pytest.param([80, 80, 80, 80], 4000, {"max_size": 1408}, id="small in large pictures"),
        pytest.param([30, 60, 90, 120, 14], 800, {}, id="a small one among large ones"),
    ],
)
def test_smallest_logo(sides: Sequence[int], picture_side: int, chosen: dict[str, int]) -> None:
    choices = choose_logo.smallest_logo(np.array(sides, float), np.array(sides) / picture_side, DEFAULTS)
    assert {choice.key.rpartition(".")[2]: choice.value for choice in choices} == chosen


@pytest.mark.parametrize(
    ("names", "are_splits", "predefined"),
    [
        (["a.xml"], False, None),
        (["a", "b", "c"], True, None),
        (["a", "b"], False, False),
        (["a", "b", "c"], False, False),
    ],
)
def test_annotation_files(names: list[str], are_splits: bool, predefined: bool | None) -> None:
    chosen = {choice.key: choice.value for choice in choose_logo.annotation_files(names, are_splits)}
    assert chosen["logo.collect.annotations"] == names
    assert chosen.get("logo.collect.predefined_splits") is predefined
