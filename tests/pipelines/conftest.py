"""A copy of the project with everything small, and how its stages are run in it."""

import csv
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

HOME = Path(__file__).resolve().parents[2]
STAGES: dict[str, dict[str, Any]] = YAML(typ="safe").load(HOME / "dvc.yaml")["stages"]

SMALL = {
    "logo.collect.synthetic.num_images": [8, 4, 5],
    "logo.collect.synthetic.image_wh": [240, 160],
    "logo.collect.synthetic.logo_width_range": [0.3, 0.6],
    "logo.crop.jitter.copies": 1,
    "logo.crop.negatives_per_positive": 3.0,
    "logo.augment.samples_per_class": 16,
    "logo.detect.sliding_window.min_size": 40,
    "logo.train.width_multiplier": 0.25,
    "logo.train.fcn.epochs": 1,
    "logo.train.fcn.batch_size": 16,
    "logo.train.dense_patches.num_patches": 6,
    "logo.train.hard_negatives.max_images": 2,
    "logo.train.hard_negatives.epochs": 1,
    "logo.train.snowdon.epochs": 1,
    "logo.evaluate.gallery_images": 2,
    "logo.export.atol": 1e-3,  # how exact an export is, tests/logo and tests/sentiment say; this is after two steps
    "sentiment.embed.vector_size": 8,
    "sentiment.embed.epochs": 1,
    "sentiment.train.bilstm.units": 4,
    "sentiment.train.bilstm.max_length": 32,
    "sentiment.train.bilstm.segment_length": 16,
    "sentiment.train.bilstm.batch_size": 128,
    "sentiment.train.bilstm.epochs": 1,
    "sentiment.train.bilstm.self_training_epochs": 1,
    "sentiment.train.snowdon.units": 4,
    "sentiment.train.snowdon.epochs": 1,
    "sentiment.export.atol": 1e-3,
}
WRITTEN = ("pictures", "crops", "augmented", "trained", "downloads", "embedded", "reviews.parquet")
IN_TURN = """
import runpy, sys
for path in sys.argv[1:]:
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
"""
DVC = """
import json, sys
from dvc.cli import main
for words in json.loads(sys.argv[1]):
    code = main(words)
    print("\\0", end="", flush=True)
    if code:
        sys.exit(code)
"""
# What the machine would decide: number format, locale, home. The export stages compare with Keras, in float32.
MACHINE = {
    "BRANDLENS_DTYPE_POLICY": "mixed_bfloat16", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0",
    "PYTHONIOENCODING": "utf-8",  # stages print arrows
}  # fmt: skip


def script(stage: Mapping[str, Any]) -> Path:
    """The script of a stage."""
    return HOME / str(stage["cmd"]).removeprefix("python ")


def copy_project(folder: Path) -> None:
    """Copy the project's own files, everything small in its params.yaml."""
    for name in ("src", "pipelines", "data", "dvc.yaml", "params.yaml", ".gitignore", ".dvcignore"):
        source = HOME / name
        if source.is_dir():
            left_out = ("__pycache__", "*.egg-info", *(WRITTEN if name == "data" else ()))
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns(*left_out))
        else:
            shutil.copyfile(source, folder / name)
    change_params(folder, SMALL)
    thin_out(folder / "data/sentiment/sample.csv", 9)


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
    """Run a command of this environment on the project's code; return what it printed."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": paths, "PYTHONPATH": str(HOME / "src"), **variables}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def dvc(folder: Path, *commands: Sequence[str], **variables: str) -> list[str]:
    """Run commands of DVC in one process; return what each printed."""
    return call(folder, sys.executable, "-c", DVC, json.dumps(commands), **variables).split("\0")


def run_stages(folder: Path, *names: str, **variables: str) -> str:
    """Run the scripts of stages in turn in one process, which loads TensorFlow once. DVC does not know of it."""
    scripts = [script(STAGES[name]).relative_to(HOME).as_posix() for name in names]
    return call(folder, sys.executable, "-c", IN_TURN, *scripts, **variables)


@contextmanager
def stage_server() -> Iterator[SimpleNamespace]:
    """Start a process that runs stages, see stage_server.py, on a MACHINE where little is set up; ends it at last.

    Yields `variables`, an environment in which `python` is that process, and `log`, the file of what stages print.
    """
    with tempfile.TemporaryDirectory() as name, Path(name, "log.txt").open("w") as log:
        folder, words = Path(name), [sys.executable, str(Path(__file__).with_name("stage_server.py"))]
        python = folder / "python"
        python.write_text(f'#!/bin/sh\nexec {shlex.join([*words, "run", name])} "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        environment = {**os.environ, "PYTHONPATH": str(HOME / "src"), "HOME": f"{name}/no such home", **MACHINE}
        serve = [*words, "serve", name]
        with subprocess.Popen(serve, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log) as process:
            while not (folder / "socket").exists():
                assert process.poll() is None
                time.sleep(0.01)
            path = os.pathsep.join([name, str(Path(sys.executable).parent), os.environ["PATH"]])
            yield SimpleNamespace(variables={"PATH": path}, log=folder / "log.txt")


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
        dvc=dvc,
        run=run_stages,
        server=stage_server,
    )
