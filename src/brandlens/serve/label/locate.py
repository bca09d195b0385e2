"""Find the annotations of a folder that is to be labelled: imglab XML is continued, any other format read once."""

import sys
from pathlib import Path

from brandlens.annotations import dataset, formats
from brandlens.annotations.formats import imglab
from brandlens.annotations.issues import Issue
from brandlens.annotations.sample import Sample
from brandlens.datasets import scraped_layout
from brandlens.errors import AnnotationError, UserError
from brandlens.media_files import PICTURE_SUFFIXES, is_passed_over

NAME = "annotations.xml"
SUFFIXES = (".xml", ".json", ".csv", ".yaml", ".yml")


def locate(path: Path) -> Path:
    """Return the imglab file to read and write for a folder of pictures, or for an annotation file; it may be missing.

    Of a folder it is annotations.xml, else the one imglab file there is. Without any, annotations in another format are
    read and written there as imglab XML. Raises UserError where several could be meant, or none can be read.
    """
    if path.is_file():
        return path if dataset.detect_format(path) == imglab.NAME else _convert(path)
    if not path.is_dir():
        raise UserError(f"--label {path}: no such folder")
    if (path / NAME).exists():
        return path / NAME
    files = sorted(file for file in path.glob("[!.]*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if (path / scraped_layout.PARQUET).is_file():  # `brandlens logo collect` filled it: its manifest has no boxes
        files = [file for file in files if file.name != scraped_layout.CSV]
    found = {file: _format(file) for file in files}
    own = [file for file, name in found.items() if name == imglab.NAME]
    if own:
        return _only(own)
    others = [file for file, name in found.items() if name in ("coco", "csv")]
    if others:
        return _convert(_only(others))
    try:
        is_labelled = dataset.detect_format(path) != "yolo" or _has_yolo_labels(path)
    except AnnotationError:
        is_labelled = False
    return _convert(path) if is_labelled else path / NAME


def _has_yolo_labels(folder: Path) -> bool:
    """Return whether a folder has more than pictures: a text named as one of them, or names of classes."""
    files = [file for file in folder.rglob("*") if not is_passed_over(file.relative_to(folder))]
    stems = {file.stem for file in files if file.suffix.lower() in PICTURE_SUFFIXES} | {"classes"}
    return any(file.suffix == ".txt" and file.stem in stems for file in files) or any(
        file.suffix in (".yaml", ".yml") for file in files if file.parent == folder
    )


def _only(files: list[Path]) -> Path:
    if len(files) > 1:
        names = " and ".join(file.name for file in files[:2])
        raise UserError(f"{files[0].parent}: annotations in {names}; name the one to continue: --label {files[0]}")
    return files[0]


def _format(file: Path) -> str | None:
    """Return a file's format; None for a file that is in none."""
    try:
        return dataset.detect_format(file)
    except AnnotationError:
        if file.suffix.lower() == ".xml" and Sample(file, b"").kind != "folder" and b"<dataset" in file.read_bytes():
            raise  # labels that are damaged must not be begun anew
        return None


def _convert(path: Path) -> Path:
    """Write annotations as imglab XML in their dataset's folder; return that file, as it is if it is there already."""
    format = formats.get(dataset.detect_format(path))
    root = format.root_of(path)
    target = root / NAME
    if target.exists():
        return target
    issues: list[Issue] = []
    pictures = dataset.read(path, on_issue=issues.append)
    dataset.save(dataset.render(target, pictures, imglab.NAME, for_tools=True))
    num_boxes = sum(len(picture.boxes) for picture in pictures)
    print(
        f"{target}: {len(pictures):,} pictures and {num_boxes:,} boxes of {path} ({format.NAME}), as imglab XML; "
        f"labels are saved here, {path} stays as it is",
        file=sys.stderr,
    )
    if left_out := [issue for issue in issues if not issue.hint]:
        print(f"left out: {left_out[0]}" + (f"; and {len(left_out) - 1:,} more" if left_out[1:] else ""),
              file=sys.stderr)  # fmt: skip
    return target
