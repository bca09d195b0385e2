"""A project that `brandlens init` made, in DVC's hands: its stages run on the user's own files."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.project import minutes, run
from brandlens.project.devices import Devices
from brandlens.project.questions import Questions


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project beside the user's files, in a git repository."""
    home = tmp_path_factory.mktemp("größer, with space")
    random = np.random.default_rng(0)
    pictures = []
    for number in range(12):
        path = home / f"photos/{number}.png"
        images.write(path, random.integers(0, 256, (60, 80, 3), np.uint8))
        pictures.append(Picture(path, (Box(5, 8, 40, 32, "acme"),) if number % 4 else ()))
    annotations.write(home / "pictures.xml", pictures)
    rows = [f"number {n} is {'good' if n % 2 else 'bad'} in all {n * 7919 % 1000} ways,{n % 2}" for n in range(60)]
    (home / "reviews.csv").write_text("\n".join(["text,label", *rows]))
    subprocess.run(["git", "init", "--quiet"], cwd=home, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr(Devices, "start", lambda _: None)
        patch.setattr(minutes, "measure", lambda: 100.0)
        options = run.Options(Path("mine"), [Path("pictures.xml")], [Path("reviews.csv")])
        run.make(options, Questions(interactive=False))
    return home / "mine"


def test_its_stages_run_and_see_a_change_of_the_users_files(project: SimpleNamespace, made: Path) -> None:
    """Those that need no training."""
    output = project.call(made, "dvc", "repro", "logo-collect", "sentiment-collect")
    assert "Running stage 'logo-collect'" in output
    assert len(annotations.read(made / "data/logo/pictures/train.xml")) > 0
    assert (made / "data/sentiment/reviews.parquet").exists()
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=made, capture_output=True, text=True, check=True
    ).stdout
    assert "data/" not in status  # what stages write is left out of git
    (made / "../reviews.csv").write_text((made / "../reviews.csv").read_text() + "\nanother fine one,1\n")
    planned = project.call(made, "dvc", "repro", "--dry", "logo-collect", "sentiment-collect")
    assert "Stage 'logo-collect' didn't change" in planned
    assert "Running stage 'sentiment-collect'" in planned
