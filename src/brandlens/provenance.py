"""Where a model and its metrics come from: version, git revision, model name, source of the data and params."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brandlens import __version__
from brandlens.io import text_digest

UNKNOWN = "unknown"
PRETRAINED = "pretrained.json"  # in a training's run directory


@dataclass(frozen=True)
class Pretrained:
    """Weights or vectors of others that a training started from; UNKNOWN where nothing tells.

    name: what they are. source: the package with its version, the preset, the address or the file. license: as SPDX
    spells it. sha256: 64 hexadecimal digits of the file, or of the values where there is no one file.
    """

    name: str
    source: str
    license: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} ({self.source}; {self.license}; SHA-256 {self.sha256})"


def write_pretrained(run_dir: Path, pretrained: Sequence[Pretrained]) -> None:
    """Note in a training's run directory what it started from; `training.save_training` puts it into training.json."""
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / PRETRAINED).write_text(json.dumps([asdict(each) for each in pretrained]) + "\n", encoding="utf-8")


def read_pretrained(path: Path) -> list[Pretrained]:
    """Return what a training.json, or a run directory's note, says of it; nothing where there is no such file."""
    if not path.exists():
        return []
    content = json.loads(path.read_text(encoding="utf-8"))
    return from_mappings(content.get("pretrained", []) if isinstance(content, dict) else content)


def from_mappings(pretrained: Sequence[Mapping[str, str]]) -> list[Pretrained]:
    """Return what a JSON file, such as a model's card, says of it."""
    return [Pretrained(**each) for each in pretrained]


def revision() -> str:
    """Return the git commit of the working folder, with "+" when tracked files are changed; "unknown" without git.

    dvc.lock does not count: it says what came out, and a run that is under way has changed it.
    """
    try:
        commit = _git("rev-parse", "HEAD")
        counted = ":(top)", ":(top,exclude,glob)**/dvc.lock"
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", *counted)
        return commit + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def card_provenance(
    model: str, metrics: Mapping[str, Any], source: str, pretrained: Sequence[Pretrained] = ()
) -> dict[str, Any]:
    """Return a model card's provenance.

    model: the name of the architecture, as params.yaml has it. metrics: those of the test split. source: of the data.
    """
    made = {"brandlens": __version__, "revision": revision(), "model": model, "source": source}
    return made | {"pretrained": [asdict(each) for each in pretrained], "metrics": metrics}


def describe_run(
    section: Any,
    model: str,
    source: str,
    splits: Mapping[str, Any],
    results: Iterable[Path],
    pretrained: Sequence[Pretrained] = (),
) -> dict[str, Any]:
    """Return what the report tells of a run: date (UTC), git revision, model, source, params and each split's counts.

    section: the side's config, a dataclass of `brandlens.config`. model, source: as `card_provenance` takes them.
    results: files of the run that the report reads; it compares them with the digests that are noted here.
    """
    date = datetime.now(UTC).date().isoformat()
    run = {"brandlens": __version__, "revision": revision(), "date": date, "model": model, "source": source}
    digests = {path.name: text_digest(path) for path in results}
    started = [asdict(each) for each in pretrained]
    return run | {"pretrained": started, "splits": dict(splits), "params": asdict(section), "files": digests}
