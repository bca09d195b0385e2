"""A file of reviews → a file of scores, in parts, so that a killed run goes on where it stopped."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from brandlens import __version__, io
from brandlens.errors import UserError
from brandlens.sentiment import text_reader
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.explain import explain, telling
from brandlens.sentiment.score_writers import KINDS, Row

CHUNK = 4096  # reviews a part; a killed run loses less than that
STATE, OURS = "state.json", re.compile(r"(\.\d+\.)?(\d{6}\.\w+|state\.json)$")

Progress = Callable[[text_reader.Chunk, bool], None]


def columns(explained: bool) -> list[str]:
    """The names of a row's values, in their order."""
    return ["text", "label", "score", *(["words"] if explained else [])]


def rows(classifier: SentimentClassifier, some: Sequence[str], explained: bool) -> list[Row]:
    """One row a text: text, label (positive, negative, unsure), score (0 to 1, four digits) and, explained, words.

    words: every token with what it adds to the score; none of a text that the classifier is unsure of.
    """
    found: list[Row] = []
    for text, each in zip(some, classifier.score(some), strict=True):
        row: Row = {"text": text, "label": each.label, "score": round(float(each.score), 4)}
        if explained:
            changes = explain(classifier, text) if each.label != "unsure" else []
            row["words"] = [[word, round(change, 4)] for word, change in changes]
        found.append(row)
    return found


def flatten(row: Row) -> Row:
    """A row for tables: of its words those that moved the score most, as one text, such as "rocks +0.43; not -0.12"."""
    if "words" not in row:
        return row
    return row | {"words": "; ".join(f"{word} {change:+.2f}" for word, change in telling(row["words"]))}


@dataclass(frozen=True)
class ScoringJob:
    """What is to be scored, and how. model: what `digest` says of it."""

    source: Path
    column: str
    out: Path
    explained: bool
    model: str

    def __post_init__(self) -> None:
        """Raises UserError for a file that cannot be written, before anything is scored."""
        end, folder = self.out.suffix.lower(), self.out.parent
        if end not in KINDS:
            raise UserError(f"--out {self.out}: the name must end in {', '.join(KINDS)}")
        if not folder.is_dir():
            raise UserError(f"--out {self.out}: there is no folder {folder}; make it, or name another file")
        if self.out.is_dir():
            raise UserError(f"--out {self.out}: is a folder; name a file")
        if self.source.exists() and self.out.exists() and self.out.samefile(self.source):
            raise UserError(f"--out {self.out}: is the file to be scored; name another")
        if end == ".parquet":
            text_reader.pyarrow(self.out)

    def state(self) -> dict[str, Any]:
        """All that the parts depend on."""
        found = self.source.stat()
        return {
            "source": str(self.source.resolve()), "bytes": found.st_size, "changed": found.st_mtime_ns,
            "column": self.column, "explained": self.explained, "model": self.model,
            "part": CHUNK, "brandlens": __version__,
        }  # fmt: skip


def digest(folder: Path) -> str:
    """What tells one exported model from another: a hash of its folder's files."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        found.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def run(job: ScoringJob, classifier: SentimentClassifier, progress: Progress = lambda chunk, kept: None) -> int:
    """Score a file into another, and return how many rows it has.

    Every CHUNK rows become a file in the folder OUT.parts. Parts that a killed run left there are kept, if they are of
    the same file, column, model and options. In the end they are joined and the folder goes; OUT appears whole or not
    at all. progress: called for each chunk, and told whether its part was kept.
    Raises UserError, as `texts.chunks` does, and for a disk that does not take the scores.
    """
    end, names = job.out.suffix.lower(), columns(job.explained)
    kind, made, count = KINDS[end], [], 0
    reading = text_reader.chunks(job.source, job.column, CHUNK)
    first = list(islice(reading, 1))  # a file that cannot be read leaves no folder behind
    try:
        folder = _folder(job)
        for chunk in chain(first, reading):
            part = folder / f"{len(made):06}{end}"
            kept = part.exists()
            if not kept:
                found = rows(classifier, chunk.texts, job.explained)
                with io.atomic_write(part) as unfinished:
                    kind.write(unfinished, found if end == ".jsonl" else list(map(flatten, found)), names)
            made.append(part)
            count += len(chunk.texts)
            progress(chunk, kept)
        with io.atomic_write(job.out) as unfinished:
            kind.join(unfinished, made, names)
        shutil.rmtree(folder)
    except OSError as error:
        raise UserError(f"--out {job.out}: cannot be written: {error.strerror or error}") from None
    return count


def _folder(job: ScoringJob) -> Path:
    """The folder for a job's parts, with those in it that are of the same job and no others."""
    folder = job.out.with_name(job.out.name + ".parts")
    wanted = json.dumps(job.state(), indent=2)
    if folder.exists() and any(not OURS.match(path.name) for path in folder.iterdir()):
        raise UserError(f"{folder}: is in the way, and holds other files; move it, or name another --out")
    if not (folder / STATE).exists() or (folder / STATE).read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with io.atomic_write(folder / STATE) as unfinished:
            unfinished.write_text(wanted, encoding="utf-8")
    return folder
