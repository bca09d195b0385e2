"""Labelled pictures and tables of reviews, small; and a project made without DVC, Keras or a measured rate."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.project import files, minutes, run
from brandlens.project.devices import Devices
from brandlens.project.questions import Questions
from brandlens.project.run import Options

Make = Callable[..., list[str]]
WORDS = [
    "good",
    "great",
    "fine",
    "bad",
    "awful",
    "nice",
    "device",
    "app",
    "crash",
    "works",
    "love",
    "hate",
    "screen",
    "battery",
    "price",
    "quick",
    "slow",
    "very",
    "not",
]


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither DVC nor Keras is started, and the rate is a given one."""
    monkeypatch.setattr(files, "start_dvc", lambda folder: None)
    monkeypatch.setattr(Devices, "start", lambda devices: None)
    monkeypatch.setattr(minutes, "measure", lambda: 100.0)


def write_pictures(file: Path, *brands: str, count: int = 12, seed: int = 0, format: str = "imglab") -> Path:
    """Write pictures of noise, one in four without a box, the others with one of a brand, and their annotations."""
    random = np.random.default_rng([seed, *file.stem.encode()])
    pictures = []
    for number in range(count):
        path = file.with_name(f"{file.stem}-{number}.png")
        images.write(path, random.integers(0, 256, (60, 80, 3), np.uint8))
        boxes = () if number % 4 == 3 else (Box(5, 8, 40, 32, brands[number % len(brands)]),)
        pictures.append(Picture(path, boxes))
    annotations.write(file, pictures, format)
    return file


def write_reviews(file: Path, count: int = 60) -> Path:
    """Write a table with the columns comment and stars, 1 and 5 in turn."""
    random = np.random.default_rng(0)
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["comment", "stars"])
        rows.writerows([" ".join(random.choice(WORDS, 8)), 1 + 4 * (number % 2)] for number in range(count))
    return file


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the user works in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def make(light: None, home: Path, capsys: pytest.CaptureFixture[str]) -> Make:
    """A function that makes a project and returns what it printed, by line."""

    def call(folder: str = "mine", *, answers: Sequence[str] = (), **options: object) -> list[str]:
        lines = iter(answers)
        questions = Questions(bool(answers), lambda _: next(lines))
        run.make(Options(Path(folder), **options), questions)  # type: ignore[arg-type]  # as the test says
        return capsys.readouterr().out.splitlines()

    return call
