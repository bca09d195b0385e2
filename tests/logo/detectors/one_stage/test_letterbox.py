"""Pictures as the network takes them: of the size asked for, of sides that it can halve, with all of the picture."""

import numpy as np
import pytest

from brandlens.logo.detectors.one_stage import letterbox


def white(width: int, height: int) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


@pytest.mark.parametrize(
    ("size", "longer_side", "expected"),
    [
        pytest.param((200, 100), 50, (50, 25), id="shrunk"),
        pytest.param((20, 10), 50, (50, 25), id="grown"),
        pytest.param((10, 64), 64, (10, 64), id="as it is"),
        pytest.param((1000, 2), 64, (64, 1), id="a line"),
    ],
)
def test_the_longer_side_has_the_size_asked_for(
    size: tuple[int, int], longer_side: int, expected: tuple[int, int]
) -> None:
    assert letterbox.resize_longest(white(*size), longer_side).shape[1::-1] == expected


@pytest.mark.parametrize(
    ("size", "expected"), [((32, 64), (32, 64)), ((33, 1), (64, 32)), ((1, 32), (32, 32))], ids=["fits", "wide", "tall"]
)
def test_sides_are_padded_to_multiples(size: tuple[int, int], expected: tuple[int, int]) -> None:
    padded = letterbox.pad_to_stride(white(*size))
    assert padded.shape[1::-1] == expected
    assert (padded[: size[1], : size[0]] == 255).all()
    assert (padded == 255).all(axis=-1).sum() == size[0] * size[1]


def test_a_square_holds_the_whole_picture() -> None:
    squared = letterbox.letterbox(white(100, 50), 64)
    assert squared.shape == (64, 64, 3)
    assert (squared[:32] == 255).all()
    assert (squared[32:] == letterbox.GREY).all()
