"""A format that is registered from outside is detected, read, written and converted to like the built-in ones."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from brandlens import annotations
from brandlens.annotations import Picture, dataset, formats
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue, reporting
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.sample import Sample
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.errors import AnnotationError

PICTURES = [("a.png", Box(1, 2, 3, 4, "cola")), ("b.png", Box(5, 6, 7, 8, "fizz"))]


class Toy:
    """A line a picture with one box: name, left, top, width, height, label, after a first line `toy`."""

    NAME = "toy"
    DESCRIPTION = "the tests' own: a file"
    PATTERNS = ("*.toy", "toys/*.json")
    FIXABLE = True

    def sniff(self, sample: Sample) -> bool:
        return sample.text is not None and sample.text.startswith("toy\n")

    def read(self, path: Path, *, allow_outside: bool = False, on_issue: OnIssue = raise_issue) -> list[Picture]:
        del allow_outside
        pictures = []
        for number, line in enumerate(path.read_text().splitlines()[1:], 2):
            with reporting(on_issue, f"{path}, line {number}"):
                try:
                    name, left, top, width, height, label = line.split()
                    box = Box(int(left), int(top), int(width), int(height), label)
                except ValueError:
                    raise InvalidValueError("not a name, four numbers and a label", "fix it") from None
                pictures.append(Picture(path.parent / name, (box,), places=(f"{path}, line {number}",) * 2))
        return pictures

    def render(self, path: Path, pictures: Sequence[Picture], *, allow_outside: bool = False) -> RenderedFiles:
        del allow_outside
        rows = [(picture.path.name, box) for picture in pictures for box in picture.boxes]
        lines = [f"{name} {box.left} {box.top} {box.width} {box.height} {box.label}" for name, box in rows]
        return RenderedFiles({path: "\n".join(["toy", *lines, ""]).encode()})

    def root_of(self, path: Path) -> Path:
        return path.parent

    def image_folder(self, path: Path) -> Path:
        return path.parent / "toy pictures"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the format for one test."""
    monkeypatch.setattr(formats, "_formats", [*formats.BUILT_IN])
    formats.register(Toy())


@pytest.fixture
def file(toy: None, tmp_path: Path) -> Path:
    """Write two pictures, here without their files, as drinks.toy."""
    annotations.write(tmp_path / "drinks.toy", pictures(tmp_path), "toy")
    return tmp_path / "drinks.toy"


def pictures(folder: Path) -> list[Picture]:
    return [Picture(folder / name, (box,)) for name, box in PICTURES]


def test_it_is_detected_and_read(file: Path) -> None:
    assert dataset.detect_format(file) == "toy"
    assert annotations.read(file) == pictures(file.parent)


def test_its_issues_are_reported(file: Path) -> None:
    file.write_text(file.read_text() + "c.png 1 2\n")
    issues: list[object] = []
    assert len(annotations.read(file, on_issue=issues.append)) == 2
    assert [str(issue) for issue in issues] == [f"{file}, line 4: not a name, four numbers and a label; fix it"]
    with pytest.raises(AnnotationError, match="line 4"):
        annotations.read(file)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        pytest.param("drinks.toy", "toy", id="its own suffix"),
        pytest.param("drinks.TOY", "toy", id="in capitals"),
        pytest.param("toys/drinks.json", "toy", id="the longer of two patterns decides"),
        pytest.param("drinks.json", "coco", id="another's suffix"),
    ],
)
def test_a_name_stands_for_it(toy: None, name: str, format: str) -> None:
    assert dataset.format_of(Path(name)) == format


def test_it_is_converted_to_and_from(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coco, again = file.with_suffix(".json"), file.with_name("again.toy")
    assert main.call(["logo", "convert", str(file), str(coco)]) == 0
    assert [image["file_name"] for image in json.loads(coco.read_text())["images"]] == ["a.png", "b.png"]
    assert main.call(["logo", "convert", str(coco), str(again)]) == 0
    assert again.read_bytes() == file.read_bytes()
    assert capsys.readouterr().out.endswith(f"{again}: 2 pictures with 2 boxes as toy\n")


@pytest.mark.parametrize(
    ("command", "words"),
    [("convert", "toy     the tests' own: a file (OUT: *.toy, toys/*.json)"), ("check", "(toy, imglab, coco, csv)")],
)
def test_the_help_names_it(
    toy: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, words: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        main.call(["logo", command, "--help"])
    assert words in capsys.readouterr().out


def test_errors_name_it(toy: None, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(AnnotationError, match="in none of the formats toy, imglab, coco, csv, voc and yolo"):
        annotations.read(tmp_path / "x")
    with pytest.raises(AnnotationError, match="one of: toy, imglab"):
        dataset.format_of(tmp_path)


def test_a_name_is_taken_once(toy: None) -> None:
    with pytest.raises(ValueError, match="'toy' already"):
        formats.register(Toy())


def test_a_name_that_no_format_has() -> None:
    with pytest.raises(ValueError, match="'toy'; there are: imglab, "):
        formats.get("toy")
