"""model.json, the card of an exported model: what both kinds say of themselves."""

import json
from pathlib import Path
from typing import Any

from brandlens.errors import ModelError

FORMAT = 1  # of a card; a newer one is refused
NAME = "model.json"


def read(folder: Path, kind: str) -> dict[str, Any]:
    """The card in a model's folder. kind: logo or sentiment.

    Raises ModelError when there is none, or that of another kind or format.
    """
    path = folder / NAME
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(f"{folder}: no {NAME} here; train one with `dvc repro`, or name its folder") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not a model card: {error}") from None
    if not isinstance(card, dict) or card.get("format") != FORMAT or card.get("kind") != kind:
        raise ModelError(f"{path}: not a {kind} model of format {FORMAT}; export it again")
    return card


def write(folder: Path, kind: str, content: dict[str, Any]) -> None:
    """Write a model's card to its folder."""
    card = {"format": FORMAT, "kind": kind, **content}
    (folder / NAME).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
