"""`brandlens logo convert`: annotations from one format into another."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from brandlens import annotations
from brandlens.annotations import Picture, copy_images, dataset, orientation
from brandlens.annotations.issues import InvalidValueError
from brandlens.errors import AnnotationError, UserError

CONVERT = """Write labelled pictures in another format.

IN is an imglab XML file, a COCO JSON file, a CSV table, a Pascal VOC folder or a list in its ImageSets/Main, a YOLO
folder, its data.yaml or a list of its pictures; its content tells which.
OUT is a file whose name ends in .xml (imglab), .json (COCO), .csv or .txt (YOLO, or VOC in ImageSets/Main); or a
folder, with --format. Several lists in one folder make its train, val and test.
Pictures stay where they are and are named relative to OUT, so OUT must stand beside or above them; or copy them."""

EXIT = "Exit codes: 0 all done, 2 nothing could be done."


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `convert` into the commands."""
    convert = commands.add_parser(
        "convert",
        help="labelled pictures from one format into another",
        description=CONVERT,
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    convert.add_argument("source", type=Path, metavar="IN", help="annotation file or folder")
    convert.add_argument("target", type=Path, metavar="OUT", help="file or folder to write")
    convert.add_argument("--format", choices=tuple(dataset.FORMATS), help="of OUT; default: by its name")
    convert.add_argument("--copy", action="store_true", help="copy the pictures beside OUT too")
    convert.add_argument("--anywhere", action="store_true", help="allow pictures outside the folders of IN and OUT")
    convert.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """`brandlens logo convert`; returns the exit code."""
    target, anywhere = arguments.target, arguments.anywhere
    format = arguments.format or dataset.format_of(target)
    pictures = [sized(picture) for picture in annotations.read(arguments.source, anywhere=anywhere)]
    try:
        if arguments.copy:
            pictures = copy_images.copy_images(pictures, dataset.image_folder(target, format))
        write(target, pictures, format, anywhere)
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror or error}; name another") from None
    boxes = sum(len(picture.boxes) for picture in pictures)
    print(f"{target}: {len(pictures):,} pictures with {boxes:,} boxes as {format}")
    return 0


def sized(picture: Picture) -> Picture:
    """The picture with its size, which other tools want stated, where its file says it."""
    if None not in (picture.width, picture.height):
        return picture
    try:
        header = orientation.header_of(picture.path)
    except InvalidValueError:
        return picture
    return replace(picture, width=header.width, height=header.height)


def write(target: Path, pictures: Sequence[Picture], format: str, anywhere: bool) -> None:
    """Write the pictures. Raises AnnotationError rather than write over what says something else."""
    rendered = dataset.FORMATS[format].render(target, pictures, anywhere=anywhere)
    for file, data in rendered.files.items():
        if file not in rendered.grown and file.exists() and (not file.is_file() or file.read_bytes() != data):
            raise AnnotationError(f"{file}: is there and says something else; remove it or name another OUT")
    dataset.save(rendered)
