"""Where a model comes from: what its card says beside what it needs to run."""

import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from brandlens import __version__


def revision() -> str:
    """The git commit of the working folder, with "+" when files that git tracks are changed; "unknown" without git."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()


def card_provenance(network: str, metrics: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The card's provenance: version, git revision, network, source of the data and the test metrics."""
    return {"brandlens": __version__, "revision": revision(), "network": network, "source": source, "metrics": metrics}


def describe_run(section: Any, network: str, source: str, splits: Mapping[str, Any]) -> dict[str, Any]:
    """What a report says of a run: its day, git revision, network, source, params and what is in each split.

    section: a dataclass of brandlens.params. The day is UTC's.
    """
    day = datetime.now(UTC).date().isoformat()
    known = {"brandlens": __version__, "revision": revision(), "date": day, "network": network, "source": source}
    return known | {"splits": dict(splits), "params": asdict(section)}
