"""What the benchmarks on real data share: a scratch copy of the project, its stages steered by params.yaml alone."""

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


def dataset(name: str, proof: str) -> Path:
    """The folder of a real dataset; ends the program where BRANDLENS_DATA has none with a file `proof`."""
    data = Path(os.environ.get("BRANDLENS_DATA", "."), name).resolve()
    if not (data / proof).exists():
        sys.exit(f"{data}: no {proof}; set BRANDLENS_DATA to the folder that holds {name}")
    return data


def enter(scratch: Path) -> None:
    """Make the copy, code, params and DVC's own folder, which remembers the stages that have run; go there."""
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
    """params.yaml of the project with these knobs of a side, logo or sentiment, changed."""
    yaml = YAML()
    content = yaml.load(HOME / "params.yaml")
    for key, value in changes.items():
        *sections, knob = key.split(".")
        section = content[side]
        for name in sections:
            section = section[name]
        section[knob] = value
    yaml.dump(content, Path("params.yaml"))


def repro(stage: str) -> None:
    """Run the stages up to this one; their output goes to standard error."""
    subprocess.run(["dvc", "repro", stage], check=True, stdout=sys.stderr)


def best_time(call: Callable[[], Any], times: int = 5) -> float:
    """Seconds that a call takes, the best of several."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def keep(name: str, key: str, result: Settings) -> None:
    """Put a result under its key into benchmarks/results/NAME.json, beside those that are there; print it."""
    path = HOME / "benchmarks/results" / f"{name}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**known, key: result}, indent=1) + "\n")
    print(json.dumps({key: result}))
