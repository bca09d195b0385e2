"""A file of reviews → a file of scores, in parts, so that a killed run resumes where it stopped."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice, starmap
from pathlib import Path
from typing import Any

from brandlens import __version__
from brandlens.datasets import tables
from brandlens.datasets.reviews import TWO_LABELS
from brandlens.errors import UserError
from brandlens.io import atomic_write, import_pyarrow, locked
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.explain import Span, to_cell
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.score_writers import WRITERS, Record
from brandlens.sentiment.terms.lexicon import Lexicon

CHUNK = 4096  # reviews a part; a killed run loses less than that
NESTED = ("scores", "reason", "words", "spans", "terms")  # of a record, which tables have in another shape or place
STATE, PART_FILES = "state.json", re.compile(r"(\.\d+\.)?(\d{6}\.\w+|state\.json)$")


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of a file.

    texts: one a row, "" where it cannot be read. problems: of these rows. progress: share of the file read, 0 to 1.
    """

    texts: list[str]
    problems: list[str]
    progress: float


def read_chunks(path: Path, column: str, size: int, encoding: str | None = None) -> Iterator[Chunk]:
    """Yield the texts in a column of a table, `size` rows at a time. Raises UserError, see `tables.read_rows`."""
    rows = tables.read_rows(
        path, column, encoding=encoding, hint="; choose one with --column", encoding_option="--encoding"
    )
    while batch := list(islice(rows, size)):
        problems = [row.problem for row in batch if row.problem]
        yield Chunk([row.text for row in batch], problems, batch[-1].progress)


def column_names(explained: bool, labels: Sequence[str] = TWO_LABELS, with_terms: bool = False) -> list[str]:
    """Return the names of a table's columns, in their order: with one for each of more than two labels.

    Every table has a column for why a text is unsure, which is empty where it is not.
    """
    scores = [f"score_{label}" for label in labels] if len(labels) > 2 else []
    optional = [*(["words"] if explained else []), *(["terms"] if with_terms else [])]
    return ["text", "label", "score", *scores, "reason", *optional]


def flatten(record: Record) -> Record:
    """Return a record for tables: a column a label for its scores; its words are the spans that changed the score most.

    These are written as "not bad +0.43; slow -0.12", and terms as "battery negative 0.97; price positive 0.91".
    """
    flat = {name: value for name, value in record.items() if name not in NESTED}
    flat |= {f"score_{label}": score for label, score in record.get("scores", {}).items()}
    flat["reason"] = record.get("reason")
    if "words" in record:
        flat["words"] = to_cell(record["text"], starmap(Span, record["spans"]))
    if "terms" in record:
        flat["terms"] = format_terms(record["terms"])
    return flat


def format_terms(terms: Sequence[Mapping[str, Any]]) -> str:
    """Return a record's terms as "battery negative 0.97; price positive 0.91"."""
    return "; ".join(f"{term['term']} {term['label']} {term['score']:.2f}" for term in terms)


@dataclass(frozen=True)
class ScoringJob:
    """A file to score into another.

    column: of the texts. encoding: of the file, see `tables.read_rows`. explained: whether records have words.
    lexicon: terms that they are to have, or None. model: the digest of the model's folder, to tell models apart.
    Raises UserError for a file that cannot be written, before anything is scored.
    """

    source: Path
    column: str
    out: Path
    explained: bool
    model: str
    encoding: str | None = None
    lexicon: Lexicon | None = None

    def __post_init__(self) -> None:
        suffix, folder = self.out.suffix.lower(), self.out.parent
        if suffix not in WRITERS:
            raise UserError(f"--out {self.out}: the name must end in {', '.join(WRITERS)}")
        if not folder.is_dir():
            raise UserError(f"--out {self.out}: there is no folder {folder}; make it, or name another file")
        if self.out.is_dir():
            raise UserError(f"--out {self.out}: is a folder; name a file")
        if self.source.exists() and self.out.exists() and self.out.samefile(self.source):
            raise UserError(f"--out {self.out}: is the file to be scored; name another")
        if self.source.is_dir() and folder.samefile(self.source):
            raise UserError(f"--out {self.out}: lies in the folder to be scored; name another")
        if suffix == ".parquet":
            import_pyarrow(f"--out {self.out}: Parquet files need")

    def run(
        self, classifier: SentimentClassifier, on_chunk: Callable[[Chunk, bool], object] = lambda chunk, resumed: None
    ) -> int:
        """Score the file, and return how many rows it has.

        Every CHUNK rows become a file in the folder OUT.parts. Parts that a killed run left there are kept, if they are
        of the same job. In the end they are joined and the folder is deleted; OUT appears whole or not at all.
        on_chunk: called for each chunk, and whether its part was there already.
        Raises UserError, as `read_chunks` does, for a disk that does not take the scores, and where another run writes
        OUT.
        """
        with locked(self.out):
            return self._run(classifier, on_chunk)

    def _run(self, classifier: SentimentClassifier, on_chunk: Callable[[Chunk, bool], object]) -> int:
        suffix, columns = (
            self.out.suffix.lower(),
            column_names(self.explained, classifier.labels, self.lexicon is not None),
        )
        predictor = SentimentPredictor(classifier, self.explained, self.lexicon)
        writer, parts, num_rows = WRITERS[suffix], list[Path](), 0
        chunks = read_chunks(self.source, self.column, CHUNK, self.encoding)
        first = list(islice(chunks, 1))  # a file that cannot be read leaves no folder behind
        try:
            folder = self._parts_folder()
            for chunk in chain(first, chunks):
                part = folder / f"{len(parts):06}{suffix}"
                resumed = part.exists()
                if not resumed:
                    records = predictor.predict(chunk.texts)
                    with atomic_write(part) as temporary:
                        writer.write(temporary, records if suffix == ".jsonl" else list(map(flatten, records)), columns)
                parts.append(part)
                num_rows += len(chunk.texts)
                on_chunk(chunk, resumed)
            with atomic_write(self.out) as temporary:
                writer.join(temporary, parts, columns)
            shutil.rmtree(folder)
        except OSError as error:
            raise UserError(f"--out {self.out}: cannot be written: {error.strerror or error}") from None
        return num_rows

    def state(self) -> dict[str, Any]:
        """Return all that the parts depend on."""
        stats = {part.name: part.stat() for part in tables.list_parts(self.source)}
        return {
            **asdict(self), "source": str(self.source.resolve()), "out": self.out.name, "chunk": CHUNK,
            "brandlens": __version__,
            "parts": {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()},
        }  # fmt: skip

    def _parts_folder(self) -> Path:
        """Return the folder for the parts, with those in it that are of the same job and no others."""
        folder = self.out.with_name(self.out.name + ".parts")
        state = json.dumps(self.state(), indent=2)
        if folder.exists() and any(not PART_FILES.match(path.name) for path in folder.iterdir()):
            raise UserError(f"{folder}: is in the way, and holds other files; move it, or name another --out")
        if not (folder / STATE).exists() or (folder / STATE).read_text(encoding="utf-8") != state:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            with atomic_write(folder / STATE) as temporary:
                temporary.write_text(state, encoding="utf-8")
        return folder
