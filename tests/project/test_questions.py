"""Questions: asked on a terminal, answered by the default elsewhere."""

import pytest

from brandlens.project.questions import MAX_QUESTIONS, Questions


def typed(*lines: str) -> Questions:
    answers = iter(lines)
    return Questions(True, lambda _: next(answers), lambda _: None)


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        pytest.param([""], "a", id="nothing typed"),
        pytest.param(["b"], "b", id="a name"),
        pytest.param([" B "], "b", id="another case"),
        pytest.param(["2"], "b", id="a number"),
        pytest.param(["9", "x", "b"], "b", id="asked again until it is one"),
    ],
)
def test_choose(lines: list[str], answer: str) -> None:
    assert typed(*lines).choose("Which?", ["a", "b"], "a") == answer


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        pytest.param([""], ["a", "b", "c"], id="all"),
        pytest.param(["a, 3"], ["a", "c"], id="some"),
        pytest.param(["a, x", "c"], ["c"], id="one of them unknown"),
    ],
)
def test_choose_several(lines: list[str], answer: list[str]) -> None:
    assert typed(*lines).choose_several("Which?", ["a", "b", "c"], "all") == answer


def test_elsewhere_the_default_is_printed() -> None:
    printed: list[str] = []
    questions = Questions(False, lambda _: pytest.fail("asked"), printed.append)
    assert questions.choose("Which?", ["a", "b"], "b") == "b"
    assert printed == ["Which? 1 a | 2 b: b (the default)"]


def test_the_end_of_the_input_is_the_default() -> None:
    def closed(_: str) -> str:
        raise EOFError

    assert Questions(True, closed, lambda _: None).choose("Which?", ["a", "b"], "a") == "a"


def test_no_more_than_three_are_asked() -> None:
    questions = typed(*["b"] * MAX_QUESTIONS)
    answers = [questions.choose("Which?", ["a", "b"], "a") for _ in range(MAX_QUESTIONS + 1)]
    assert answers == ["b"] * MAX_QUESTIONS + ["a"]
