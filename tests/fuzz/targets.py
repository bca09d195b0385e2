"""What is fuzzed: every reader of the project, each with files to start from and what must hold for any bytes.

A reader may refuse with a UserError, one line; every other exception is a fault, and so is an answer that breaks what
the format defines. `test_targets.py` runs each target for a moment in every test run, `run.py` for as long as wanted.
"""

import contextlib
import csv
import io
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from brandlens import annotations, config, image_headers, images, video
from brandlens.annotations import Picture, formats
from brandlens.annotations.dataset import detect_format, save
from brandlens.boxes import Box
from brandlens.datasets import reviews, tables
from brandlens.datasets.import_reviews import import_reviews
from brandlens.errors import UserError, printable
from brandlens.logo.crops import crop_set, manifest
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.report import load
from brandlens.sentiment.classifier import INT8_NETWORK, SentimentClassifier
from brandlens.sentiment.score_file import read_chunks

WEIGHTS = "model.keras"  # only a training reads it
PARAMS = Path(__file__).parents[2] / "params.yaml"


@dataclass(frozen=True)
class Target:
    """One reader. seeds: whole, good files. check: reads one file's bytes; the folder is empty and its own.

    Raises UserError where the bytes are refused, anything else for a fault.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    check: Callable[[bytes, Path], None]


def run(target: Target, data: bytes) -> bool:
    """Check a target with these bytes; return whether they were taken. Raises what is a fault."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        try:
            target.check(data, Path(folder))
        except UserError as error:
            assert printable(str(error)).isprintable()
            return False
    return True


# Annotations: what is read and written again is the same.

PICTURES = (
    ("a.png", (64, 48), (Box(2, 3, 20, 10, "Fizz"), Box(30, 20, 12, 20, "Dr. Bolt & Söhne"))),
    ("b c.png", (40, 40), ()),
    ("ü.png", (30, 50), (Box(0, 0, 30, 50, "Fizz"),)),
)
DATASETS = {"imglab": "list.xml", "coco": "list.json", "csv": "list.csv", "voc": "voc", "yolo": "yolo"}
ANNOTATION_FILES = (
    ("imglab", "list.xml"), ("coco", "list.json"), ("csv", "list.csv"), ("voc", "voc/Annotations/a.xml"),
    ("voc", "voc/ImageSets/Main/default.txt"), ("yolo", "yolo/labels/a.txt"), ("yolo", "yolo/data.yaml"),
    ("yolo", "yolo/train.txt"),
)  # fmt: skip


def _write_dataset(format: str, path: Path) -> None:
    """Write a small dataset of a format, with its pictures."""
    image_folder = formats.get(format).image_folder(path)
    pictures = []
    for name, (width, height), boxes in PICTURES:
        images.write(image_folder / name, np.zeros((height, width, 3), np.uint8))
        pictures.append(Picture(image_folder / name, boxes, width, height))
    with contextlib.redirect_stderr(io.StringIO()):
        annotations.write(path, pictures, format)


@cache
def _dataset_files(format: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        _write_dataset(format, Path(folder, DATASETS[format]))
        return files_of(Path(folder))


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _content(pictures: Sequence[Picture]) -> list[tuple[str, tuple[Box, ...]]]:
    return sorted((picture.path.as_posix(), tuple(sorted(picture.boxes, key=repr))) for picture in pictures)


def _annotation_target(format: str, file: str) -> Target:
    def check(data: bytes, folder: Path) -> None:
        _write(folder, {**_dataset_files(format), file: data})
        path = folder / DATASETS[format]
        left_out: list[object] = []
        pictures = annotations.read(path, on_issue=left_out.append)
        for picture in pictures:
            for box in picture.boxes:
                assert box.width > 0 and box.height > 0 and box.label, f"an empty box: {box}"
        if detect_format(path) != format:
            return  # bytes of another format under this name: its own target has them
        rendered = formats.get(format).render(path, pictures, allow_outside=False)
        save(rendered)
        if (
            not rendered.notes
        ):  # what has no place in a format is reported, such as what sticks out of a picture in YOLO
            assert _content(annotations.read(path)) == _content(pictures), "written and read again, it is another one"

    return Target(f"{format}-{Path(file).name}", lambda: [_dataset_files(format)[file]], check)


# Tables: training and scoring read alike, and a plain CSV file as the csv module does.

TEXTS = ("Great, great film!", 'He said "wow", twice', "two\nlines", "Schön; sehr schön", "", "a\tb | c", "no")
ODD_SIGNS = ";\t|\\"


def _csv(delimiter: str) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerows([["id", "text", "label"], *([number, text, "pos"] for number, text in enumerate(TEXTS))])
    return file.getvalue().encode()


def _parquet() -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table({"text": list(TEXTS), "raw": [text.encode() for text in TEXTS]}), file)
    return file.getvalue()


TABLES: dict[str, Callable[[], list[bytes]]] = {
    ".csv": lambda: [_csv(","), _csv(";"), b"sep=,\r\n" + _csv(","), _csv(",").decode().encode("utf-16")],
    ".tsv": lambda: [_csv("\t")],
    ".jsonl": lambda: ["\n".join(json.dumps({"text": text, "n": 1}, ensure_ascii=False) for text in TEXTS).encode()],
    ".txt": lambda: ["\n".join(TEXTS).encode()],
    ".parquet": lambda: [_parquet()],
}


def _table_target(suffix: str) -> Target:
    def check(data: bytes, folder: Path) -> None:
        path = folder / f"reviews{suffix}"
        path.write_bytes(data)
        scored = [text for chunk in read_chunks(path, "text", 3) for text in chunk.texts]
        rows = list(tables.read_rows(path, "text"))
        assert [row.text for row in rows] == scored, "scoring reads other rows"
        assert all(not row.text for row in rows if row.problem)
        if scored:
            assert _trained(path) == [text for text in scored if text.strip()], "training reads other texts"
        if suffix == ".csv" and (plain := _plain_csv(data)) is not None:
            assert scored == plain, "a plain CSV file is read as another one"

    return Target(f"table{suffix}", TABLES[suffix], check)


@cache
def _default_params() -> config.Config:
    return config.load(PARAMS)


def _trained(path: Path) -> list[str]:
    files = _default_params().sentiment.collect.files
    columns = replace(files.columns, text="text", max_bad_rows=1.0)
    files = replace(files, train=(), val=(), test=(), unlabelled=(str(path),), columns=columns)
    return [review.text for review in import_reviews(files)]


def _plain_csv(data: bytes) -> list[str] | None:
    """Return the texts that the csv module reads, None for bytes in which there is more than one way to read them."""
    try:
        text = data.decode()
        if text.startswith("sep=") or not text.replace("\n", "").isprintable() or set(ODD_SIGNS) & set(text):
            return None
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (UnicodeError, csv.Error, ValueError):
        return None
    if header.count("text") != 1 or any(row and len(row) != len(header) for row in rows):
        return None
    return [row[header.index("text")] for row in rows if row]


# Pictures and clips.


@cache
def _picture_seeds() -> list[bytes]:
    pixels = np.random.default_rng(1).integers(0, 255, (12, 16, 3), np.uint8)
    pixels = cv2.resize(pixels, (48, 36), interpolation=cv2.INTER_CUBIC)
    seeds = []
    for suffix in (".png", ".jpg", ".webp", ".bmp", ".tiff", ".gif", ".avif", ".jp2"):
        with contextlib.suppress(cv2.error):
            done, data = cv2.imencode(suffix, pixels)
            if done:
                seeds.append(data.tobytes())
    return seeds


def _check_picture(data: bytes, folder: Path) -> None:
    path = folder / "picture"
    path.write_bytes(data)
    pixels = images.read(path, max_pixels=1_000_000)
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.size
    assert image_headers.parse(data) is not None


@cache
def _clip_seeds() -> list[bytes]:
    seeds = []
    with tempfile.TemporaryDirectory() as folder:
        for name, code in (("clip.mp4", "mp4v"), ("clip.avi", "MJPG"), ("clip.mkv", "MJPG")):
            path = Path(folder) / name
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 10, (32, 32))
            for shade in range(4):
                writer.write(np.full((32, 32, 3), 60 * shade, np.uint8))
            writer.release()
            if path.is_file() and path.stat().st_size:
                seeds.append(path.read_bytes())
    return seeds


def _check_clip(data: bytes, folder: Path) -> None:
    path = folder / "clip.mp4"
    path.write_bytes(data)
    with video.open_video(path) as reader:
        times = [frame.seconds for _, frame in zip(range(50), reader.frames(), strict=False)]
    assert all(np.isfinite(times)) and times == sorted(times), f"times that go back: {times}"


# params.yaml.


def _params_seeds() -> list[bytes]:
    return [PARAMS.read_bytes()]


def _check_params(data: bytes, folder: Path) -> None:
    path = folder / "params.yaml"
    path.write_bytes(data)
    config.load(path)


# Folders that the stages write: one file of them changed. The input's first line names it.


def _folder_target(name: str, files: Callable[[], dict[str, bytes]], check: Callable[[Path, bool], None]) -> Target:
    """Make a target of a folder. check: reads it; gets whether the changed file is as it was written."""

    def run_check(data: bytes, folder: Path) -> None:
        good = files()
        file, _, content = data.partition(b"\n")
        changed = file.decode("ascii", "replace")
        if changed not in good:
            return
        _write(folder, {**good, changed: content})
        check(folder, content == good[changed])

    return Target(name, lambda: [file.encode() + b"\n" + content for file, content in files().items()], run_check)


def files_of(folder: Path, suffixes: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Return the files of a folder by name, those of the given suffixes, all without any."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (not suffixes or path.suffix in suffixes)
    }


def _crop_files() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        window = WindowSpec(("cola", "fizz"), 16, 12, 0.3, (1.0, 2.0))
        records = [
            manifest.CropRecord(f"{label}.png", "train", label, "labelled", "a.png", 0, 0, 16, 12)
            for label in ("background", "cola", "fizz")
        ]
        for record in records:
            images.write(folder / record.file, np.full((12, 16, 3), 99, np.uint8))
        manifest.write_manifest(folder, window, records)
        crops = crop_set.CropSet(np.zeros((2, 12, 16, 3), np.uint8), np.arange(2), np.zeros((2, 4), np.float32))
        crop_set.save(crops, folder / "crops.npz")
        return files_of(folder, (".csv", ".json", ".npz"))


def _check_crops(folder: Path, _: bool) -> None:
    window, records = manifest.read_manifest(folder)
    manifest.class_ids(records, window.labels)
    crop_set.load(folder / "crops.npz")


def _reviews_files() -> dict[str, bytes]:
    rows = [
        reviews.Review(str(number), text, reviews.TWO_LABELS[number % 2], 5.0, "", "train")
        for number, text in enumerate(TEXTS)
    ]
    with tempfile.TemporaryDirectory() as name:
        reviews.write(Path(name) / "reviews.parquet", reviews.Reviews.from_rows(rows))
        return files_of(Path(name))


def _check_reviews(folder: Path, _: bool) -> None:
    assert reviews.read(folder / "reviews.parquet").text == list(TEXTS), "a review was changed without a word"


def model_targets(logo: Path, sentiment: Path) -> list[Target]:
    """Return the targets of two exported models' folders: a changed network never gives a score."""

    def check_logo(folder: Path, is_unchanged: bool) -> None:
        LogoDetector.load(folder, threads=1).detect(np.full((64, 64, 3), 128, np.uint8))
        assert is_unchanged or _is_harmless(folder, logo), "a changed file of the model was not noticed"

    def check_sentiment(folder: Path, is_unchanged: bool) -> None:
        for int8 in (False, True):
            if not int8 or (folder / INT8_NETWORK).exists():
                SentimentClassifier.load(folder, threads=1, int8=int8).score(["a great film"])
        assert is_unchanged or _is_harmless(folder, sentiment), "a changed file of the model was not noticed"

    return [
        _folder_target("model-logo", cache(lambda: _read_by_inference(logo)), check_logo),
        _folder_target("model-sentiment", cache(lambda: _read_by_inference(sentiment)), check_sentiment),
    ]


def _read_by_inference(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in files_of(folder).items() if name != WEIGHTS}


def _is_harmless(folder: Path, original: Path) -> bool:
    """Return whether it is the card that differs, in layout alone or by lacking its digest as older cards do."""
    data, written = ((path / "model.json").read_bytes() for path in (folder, original))
    card = json.loads(data)
    return data != written and ("sha256" not in card or card == json.loads(written))


def report_targets(logo: Path, sentiment: Path) -> list[Target]:
    """Return the targets of two folders of results."""

    def check_logo(folder: Path, _: bool) -> None:
        load.read_logo(folder)

    def check_sentiment(folder: Path, _: bool) -> None:
        load.read_sentiment(folder)

    suffixes = (".csv", ".json")
    return [
        _folder_target("report-logo", cache(lambda: files_of(logo, suffixes)), check_logo),
        _folder_target("report-sentiment", cache(lambda: files_of(sentiment, suffixes)), check_sentiment),
    ]


TARGETS = (
    *(_annotation_target(format, file) for format, file in ANNOTATION_FILES),
    *map(_table_target, TABLES),
    Target("picture", _picture_seeds, _check_picture),
    Target("clip", _clip_seeds, _check_clip),
    Target("params", _params_seeds, _check_params),
    _folder_target("crops", cache(_crop_files), _check_crops),
    _folder_target("reviews", cache(_reviews_files), _check_reviews),
)
