"""model.json, the card of an exported model: what inference needs beside the network, for logo and sentiment alike.

It names the SHA-256 of the files that it belongs to, and its own, so that a folder that was half copied, mixed from two
exports or damaged is distinguished from a whole one.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from brandlens.errors import ModelError
from brandlens.io import file_digest, write_json

FORMAT = 1  # of a card; any other is refused
NAME = "model.json"
DIGEST = "sha256"  # of all else in the card


def read(folder: Path, kind: str) -> dict[str, Any]:
    """Read the card in a model's folder.

    kind: logo or sentiment. Raises ModelError when there is no card, one of another kind or format, or one whose
    content is not what was written.
    """
    path = folder / NAME
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(f"{folder}: no {NAME} here; train one with `dvc repro`, or name its folder") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not a model card: {error}") from None
    if not isinstance(card, dict) or card.get("format") != FORMAT or card.get("kind") != kind:
        raise ModelError(f"{path}: not a {kind} model of format {FORMAT}; export it again")
    if (DIGEST in card or "files" in card) and card.get(DIGEST) != _digest(card):
        raise ModelError(f"{path}: not as it was exported; export the model again")
    return card


def check_files(folder: Path, card: dict[str, Any], names: Iterable[str]) -> bool:
    """Compare files of a model's folder with its card. Raises ModelError for one that is missing or another.

    Returns False for a card without digests, as older versions wrote: their files are to be compared by what they hold.
    """
    digests = card.get("files", {})
    for name in names:
        try:
            digest = file_digest(folder / name)
        except FileNotFoundError:
            raise ModelError(
                f"{folder / name}: no such file; copy the whole folder, or export the model again"
            ) from None
        except OSError as error:
            raise ModelError(f"{folder / name}: cannot be read: {error.strerror or error}") from None
        if digests and digests.get(name) != digest:
            raise mixed(folder, name)
    return bool(digests)


def mixed(folder: Path, name: str, other: str = NAME) -> ModelError:
    """Return the error for two files of a folder that are of two exports, or one of which was half copied."""
    return ModelError(
        f"{folder}: {name} and {other} do not belong together; copy the whole folder, or export the model again"
    )


def write(folder: Path, kind: str, content: dict[str, Any], names: Iterable[str] = ()) -> None:
    """Write the card of a model of this kind, logo or sentiment, to its folder.

    names: of the files in the folder that it belongs to; of those that are there the card keeps the SHA-256.
    """
    files = [folder / name for name in names]
    digests = {file.name: file_digest(file) for file in files if file.is_file()}
    card: dict[str, Any] = {"format": FORMAT, "kind": kind, **content, "files": digests}
    card[DIGEST] = _digest(card)
    write_json(card, folder / NAME)


def _digest(card: dict[str, Any]) -> str:
    """Return the SHA-256 of what the card says, however it is laid out."""
    content = {key: value for key, value in card.items() if key != DIGEST}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
