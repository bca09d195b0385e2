"""Labels that cannot be the classes of a detector are told apart from those that can."""

import pytest

from brandlens.annotations.class_names import BACKGROUND, find_problem


@pytest.mark.parametrize("label", ["", "cola", "7 up", "Zoë & Co.", "...", "Background"])
def test_a_label(label: str) -> None:
    assert find_problem(label) is None


@pytest.mark.parametrize("label", [BACKGROUND, ".", "..", "a/b", "a\\b"])
def test_no_class(label: str) -> None:
    assert find_problem(label)
