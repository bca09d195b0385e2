"""model.json, the card of an exported model: what inference needs beside the network, for logo and sentiment alike."""

import json
from pathlib import Path
from typing import Any

from brandlens.errors import ModelError

FORMAT = 1  # of a card; any other is refused
NAME = "model.json"


def read(folder: Path, kind: str) -> dict[str, Any]:
    """Read the card in a model's folder.

    kind: logo or sentiment. Raises ModelError when there is no card, or one of another kind or format.
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
    """Write the card of a model of this kind, logo or sentiment, to its folder."""
    card = {"format": FORMAT, "kind": kind, **content}
    (folder / NAME).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
