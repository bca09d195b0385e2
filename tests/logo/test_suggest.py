"""Suggested boxes: how uncertain they are, their order, and the journal of a run that was killed."""

import math
from pathlib import Path

import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo import suggest
from brandlens.logo.suggest import Journal, Suggestion


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        pytest.param([], -math.inf, id="no detections"),
        pytest.param([0.5], 0.0, id="at the threshold"),
        pytest.param([0.9, 0.2, 1.0], -1.386, id="the nearest counts"),
    ],
)
def test_uncertainty(scores: list[float], expected: float) -> None:
    detections = [Detection("cola", score, 0, 0, 1, 1) for score in scores]
    assert suggest.uncertainty(detections, 0.5) == pytest.approx(expected, abs=1e-3)


def suggestion(name: str, uncertainty: float, *boxes: Box) -> Suggestion:
    return Suggestion(Picture(Path(name), boxes, 40, 30), uncertainty)


CLEAR = suggestion("clear.png", -2.5, Box(1, 2, 10, 5, "cola"), Box(20, 2, 9, 9, "fizz"))
EMPTY = suggestion("empty.png", -math.inf)
FAINT = suggestion("faint.png", -0.1, Box(1, 2, 10, 5, "cola"))


def test_the_least_certain_picture_comes_first() -> None:
    assert suggest.rank_by_uncertainty([]) == []
    assert suggest.rank_by_uncertainty([EMPTY, CLEAR, FAINT]) == [FAINT.picture, CLEAR.picture, EMPTY.picture]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a folder with the files of a model."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "network.onnx").write_bytes(b"weights")
    return tmp_path / "model"


def test_a_journal_resumes_and_forgets_a_line_cut_short(tmp_path: Path, model: Path) -> None:
    path = tmp_path / "below" / "x.part"
    journal = Journal(path, model, 0.5)
    assert journal.done == {}
    for known in (CLEAR, EMPTY):
        journal.add(known)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"picture": "cut sho')
    again = Journal(path, model, 0.5)
    assert again.done == journal.done == {known.picture.path: known for known in (CLEAR, EMPTY)}
    again.add(FAINT)
    assert list(Journal(path, model, 0.5).done.values()) == [CLEAR, EMPTY, FAINT]


def test_a_journal_of_another_threshold_or_model_begins_anew(tmp_path: Path, model: Path) -> None:
    Journal(tmp_path / "x.part", model, 0.5).add(CLEAR)
    assert Journal(tmp_path / "x.part", model, 0.6).done == {}
    Journal(tmp_path / "x.part", model, 0.5).add(CLEAR)
    (model / "network.onnx").write_bytes(b"other weights")
    assert Journal(tmp_path / "x.part", model, 0.5).done == {}


def test_a_journal_survives_a_resumption_that_is_killed(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.part"
    Journal(path, model, 0.5).add(CLEAR)

    def kill(file: Path, *_: object, **__: object) -> None:
        file.write_bytes(b"")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "write_text", kill)
        Journal(path, model, 0.5)
    assert list(Journal(path, model, 0.5).done.values()) == [CLEAR]
