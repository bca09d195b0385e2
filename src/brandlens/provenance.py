"""Where a model and its metrics come from: version, git revision, model name, source of the data and params."""

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brandlens import __version__
from brandlens.io import text_digest


def revision() -> str:
    """Return the git commit of the working folder, with "+" when tracked files are changed; "unknown" without git."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def card_provenance(model: str, metrics: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return a model card's provenance.

    model: the name of the architecture, as params.yaml has it. metrics: those of the test split. source: of the data.
    """
    return {"brandlens": __version__, "revision": revision(), "model": model, "source": source, "metrics": metrics}


def describe_run(
    section: Any, model: str, source: str, splits: Mapping[str, Any], results: Iterable[Path]
) -> dict[str, Any]:
    """Return what the report tells of a run: date (UTC), git revision, model, source, params and each split's counts.

    section: the side's config, a dataclass of `brandlens.config`. model, source: as `card_provenance` takes them.
    results: files of the run that the report reads; it compares them with the digests that are noted here.
    """
    date = datetime.now(UTC).date().isoformat()
    run = {"brandlens": __version__, "revision": revision(), "date": date, "model": model, "source": source}
    digests = {path.name: text_digest(path) for path in results}
    return run | {"splits": dict(splits), "params": asdict(section), "files": digests}
