"""What benchmarks on real data share: a scratch copy of the project, configured by params.yaml alone, and results."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from brandlens.project import choose_logo

HOME = Path(__file__).resolve().parent.parent
COPIED = (
    "src",
    "pipelines",
    "data/logo/tavuno.png",
    "data/sentiment/sample.csv",
    "params.yaml",
    "dvc.yaml",
    ".dvcignore",
)
Settings = Mapping[str, Any]
PRETRAINED: Settings = {  # of logo, as `brandlens init` chooses it
    "augment.samples_per_class": 50,
    "train.model": "one_stage",
    **choose_logo.PRETRAINED,
}


def dataset(name: str, file: str) -> Path:
    """Return the folder of a real dataset; exit the program where BRANDLENS_DATA has none that holds `file`."""
    data = Path(os.environ.get("BRANDLENS_DATA", "."), name).resolve()
    if not (data / file).exists():
        sys.exit(f"{data}: no {file}; set BRANDLENS_DATA to the folder that holds {name}")
    return data


def enter(scratch: Path) -> None:
    """Copy the project to a folder that keeps DVC's own files, which know the stages that have run; go there."""
    for name in COPIED:
        source, target = HOME / name, scratch / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    if not (scratch / ".dvc").exists():
        subprocess.run(["dvc", "init", "--no-scm", "--quiet"], cwd=scratch, check=True)
    os.environ["PYTHONPATH"] = str((scratch / "src").resolve())  # its own code, whatever happens to the project's
    os.chdir(scratch)


def write_params(side: str, changes: Settings) -> None:
    """Write params.yaml of the project with these keys of a side, logo or sentiment, changed."""
    yaml = YAML()
    content = yaml.load(HOME / "params.yaml")
    for path, value in changes.items():
        *sections, key = path.split(".")
        section = content[side]
        for name in sections:
            section = section[name]
        if key not in section:
            sys.exit(f"{side}.{path}: no such key in params.yaml")
        section[key] = value
    yaml.dump(content, Path("params.yaml"))


def repro(stage: str) -> None:
    """Run the stages up to this one; their output goes to standard error."""
    subprocess.run(["dvc", "repro", stage], check=True, stdout=sys.stderr)


def best_time(call: Callable[[], Any], times: int = 5) -> float:
    """Return the seconds that a call takes, the best of several."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def kept(name: str) -> dict[str, Any]:
    """Return what benchmarks/results/NAME.json holds; nothing where there is none."""
    path = HOME / "benchmarks/results" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def keep(name: str, key: str, result: Settings) -> None:
    """Put a result under its key into benchmarks/results/NAME.json, beside those that are there; print it."""
    path = HOME / "benchmarks/results" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**kept(name), key: result}, indent=1) + "\n")
    print(json.dumps({key: result}))
