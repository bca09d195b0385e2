"""A copy of the project with everything small, and how its stages are run in it."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

HOME = Path(__file__).resolve().parents[2]
STAGES: dict[str, dict[str, Any]] = YAML(typ="safe").load(HOME / "dvc.yaml")["stages"]

SMALL = {
    "logo.collect.synthetic.num_images": [10, 5, 6],
    "logo.collect.synthetic.image_wh": [240, 160],
    "logo.collect.synthetic.logo_width_range": [0.3, 0.6],
    "logo.crop.jitter.copies": 1,
    "logo.crop.negatives_per_positive": 3.0,
    "logo.augment.samples_per_class": 48,
    "logo.detect.sliding_window.min_size": 40,
    "logo.train.width_multiplier": 0.25,
    "logo.train.fcn.epochs": 2,
    "logo.train.fcn.batch_size": 16,
    "logo.train.dense_patches.num_patches": 12,
    "logo.train.hard_negatives.max_images": 2,
    "logo.train.hard_negatives.epochs": 1,
    "logo.train.snowdon.epochs": 1,
    "logo.evaluate.gallery_images": 2,
    "logo.export.atol": 1e-3,  # how exact an export is, tests/logo and tests/sentiment say; this is after two steps
    "sentiment.embed.vector_size": 8,
    "sentiment.embed.epochs": 2,
    "sentiment.train.bilstm.units": 4,
    "sentiment.train.bilstm.epochs": 1,
    "sentiment.train.bilstm.self_training_epochs": 1,
    "sentiment.train.snowdon.units": 4,
    "sentiment.train.snowdon.epochs": 1,
    "sentiment.export.atol": 1e-3,
}
WRITTEN = ("pictures", "crops", "augmented", "trained", "downloads", "embedded", "reviews.parquet")
EAGERLY = """
from brandlens import training
import keras
keras.Model.run_eagerly = property(lambda _: True, lambda *_: None)
"""
IN_TURN = """
import runpy, sys
for path in sys.argv[1:]:
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
"""


def script(stage: Mapping[str, Any]) -> Path:
    """The script of a stage."""
    return HOME / str(stage["cmd"]).removeprefix("python ")


def copy_project(folder: Path) -> None:
    """Copy the project's own files, everything small in its params.yaml, and start DVC there."""
    for name in ("src", "pipelines", "data", "dvc.yaml", "params.yaml", ".gitignore", ".dvcignore"):
        source = HOME / name
        if source.is_dir():
            left_out = ("__pycache__", "*.egg-info", *(WRITTEN if name == "data" else ()))
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns(*left_out))
        else:
            shutil.copyfile(source, folder / name)
    change_params(folder, SMALL)
    thin_out(folder / "data/sentiment/sample.csv", 3)
    call(folder, "dvc", "init", "--no-scm", "--quiet")


def change_params(folder: Path, changes: Mapping[str, Any]) -> None:
    """Set knobs of a project's params.yaml by their dotted names."""
    yaml = YAML()
    content = yaml.load(folder / "params.yaml")
    for key, value in changes.items():
        *sections, knob = key.split(".")
        section = content
        for name in sections:
            section = section[name]
        assert knob in section, key
        section[knob] = value
    yaml.dump(content, folder / "params.yaml")


def thin_out(table: Path, step: int) -> None:
    """Keep every `step`-th row of a CSV file."""
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows[::step]])


def call(folder: Path, *words: str, **variables: str) -> str:
    """Run a command of this environment on a project's own code; return what it printed."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": paths, "PYTHONPATH": str(folder / "src"), **variables}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def run_stages(folder: Path, *names: str, eagerly: bool = False, **variables: str) -> str:
    """Run the scripts of stages in turn in one process, which loads TensorFlow once. DVC does not know of it.

    eagerly: have Keras build no graphs, which take longer than a training of two steps.
    """
    scripts = [script(STAGES[name]).relative_to(HOME).as_posix() for name in names]
    return call(folder, sys.executable, "-c", EAGERLY + IN_TURN if eagerly else IN_TURN, *scripts, **variables)


@pytest.fixture(scope="session")
def project() -> SimpleNamespace:
    """The functions of this file, for tests that cannot import it."""
    return SimpleNamespace(
        home=HOME,
        stages=STAGES,
        script=script,
        copy=copy_project,
        change_params=change_params,
        call=call,
        run=run_stages,
    )
