"""Kill `dvc repro` by SIGKILL at random moments and run it again: are the metrics those of a run left alone?

Works on a copy of the project with everything small, as tests/pipelines has it. POSIX only.
"""

import argparse
import json
import os
import random
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
METRICS = ("reports/logo/metrics.json", "reports/sentiment/metrics.json")
SPEEDS = ("per_second", "_ms", "seconds")  # parts of the names of metrics that no two runs share


def repro(folder: Path) -> subprocess.Popen[bytes]:
    """Start `dvc repro` with its children in a process group of their own."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": paths, "PYTHONPATH": str(folder / "src")}
    with (folder / "repro.log").open("ab") as log:
        return subprocess.Popen(
            ["dvc", "repro"], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )


def finish(folder: Path) -> float:
    """Run `dvc repro` to its end and return the seconds it took."""
    start = time.monotonic()
    if repro(folder).wait():
        sys.exit((folder / "repro.log").read_text(errors="replace")[-3000:])
    return time.monotonic() - start


def scores(folder: Path) -> dict[str, float]:
    """Return all metrics but speeds, by their dotted names."""
    flat: dict[str, float] = {}

    def add(name: str, value: object) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                add(f"{name}.{key}", item)
        elif isinstance(value, int | float) and not any(part in name for part in SPEEDS):
            flat[name] = value

    for name in METRICS:
        add(Path(name).parent.name, json.loads((folder / name).read_text(encoding="utf-8")))
    return flat


def main() -> int:
    """Run once alone and once with kills, print what differs, and return 1 if anything does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    helpers = runpy.run_path(str(PROJECT / "tests" / "pipelines" / "conftest.py"))
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        alone, killed = Path(name, "alone"), Path(name, "killed")
        for folder in (alone, killed):
            folder.mkdir()
            helpers["copy_project"](folder)
        seconds = finish(alone)
        print(f"left alone: {seconds:.0f} s", flush=True)
        for number in range(arguments.kills):
            process = repro(killed)
            moment = moments.uniform(0.5, seconds / 4)
            try:
                process.wait(moment)
                (killed / "dvc.lock").unlink(missing_ok=True)  # it came to its end: everything anew
                note = "had ended; begun anew"
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                done = (killed / "dvc.lock").read_text().count("cmd:") if (killed / "dvc.lock").exists() else 0
                note = f"killed, {done} stages done"
            print(f"{number + 1}: after {moment:.1f} s: {note}", flush=True)
        print(f"run to its end: {finish(killed):.0f} s")
        first, second = scores(alone), scores(killed)
    differing = {
        name: (first.get(name), second.get(name)) for name in first | second if first.get(name) != second.get(name)
    }
    print(f"{len(first)} metrics, {len(differing)} differ", *map(str, differing.items()), sep="\n  ")
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
