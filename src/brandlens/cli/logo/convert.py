"""`brandlens logo convert`: annotations from one format into another."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from brandlens import annotations
from brandlens.annotations import Picture, dataset, formats, orientation
from brandlens.annotations.copy_images import copy_images
from brandlens.annotations.issues import InvalidValueError, Tolerated
from brandlens.annotations.orientation import Exif
from brandlens.cli.parser import Commands, add_command
from brandlens.errors import AnnotationError, UserError
from brandlens.io import locked

DESCRIPTION = """Write labelled pictures in another format.

The content of IN tells its format, the name of OUT tells its own; OUT may also be a folder, with --format. Several
lists in one folder make its train, val and test.
Pictures stay where they are and are named relative to OUT, so OUT must stand beside or above them; or copy them.
Boxes without width or height are left out, and named. Boxes in pictures that EXIF turns are written as the tools of
OUT's format show these: imglab as stored, all others turned.

formats:
{formats}"""

EXAMPLES = (
    "brandlens logo convert pictures.xml pictures.json",
    "brandlens logo convert pictures.xml yolo --format yolo --copy",
)
EXIT_CODES = "Exit codes: 0 all done, 2 usage or input error."


def add_parser(commands: Commands) -> None:
    """Add `convert` to the commands."""
    parser = add_command(
        commands,
        "convert",
        "labelled pictures from one format into another",
        DESCRIPTION.format(formats=describe_formats()),
        EXAMPLES,
        EXIT_CODES,
    )
    parser.add_argument("source", type=Path, metavar="IN", help="annotation file or folder")
    parser.add_argument("target", type=Path, metavar="OUT", help="file or folder to write")
    parser.add_argument("--format", choices=formats.names(), help="of OUT; default: by its name")
    parser.add_argument("--copy", action="store_true", help="copy the pictures beside OUT too")
    parser.add_argument("--allow-outside", action="store_true", help="allow pictures outside the folders of IN and OUT")
    add_exif(parser)
    parser.set_defaults(run=run)


def add_exif(parser: argparse.ArgumentParser) -> None:
    """Add the option that says what boxes were drawn on."""
    parser.add_argument(
        "--exif",
        choices=get_args(Exif),
        default="auto",
        help="boxes of pictures that EXIF turns were drawn on them turned (applied) or as stored (ignored); auto, the "
        "default: as the size beside them says, and where that does not tell, as the format's tools do: imglab "
        "ignored, others applied",
    )


def describe_formats() -> str:
    """Return a line a format: its name, what it is, and which names of OUT stand for it."""
    return "\n".join(
        f"  {format.NAME:7} {format.DESCRIPTION} (OUT: {', '.join(format.PATTERNS)})" for format in formats.registered()
    )


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens logo convert`; return the exit code."""
    target, allow_outside = arguments.target, arguments.allow_outside
    format = arguments.format or dataset.format_of(target)
    tolerated = Tolerated(strict=False)
    read = annotations.read(arguments.source, allow_outside=allow_outside, on_issue=tolerated, exif=arguments.exif)
    tolerated.print()
    pictures = [with_size(picture) for picture in read]
    try:
        with locked(target, "OUT"):
            if arguments.copy:
                pictures = copy_images(pictures, formats.get(format).image_folder(target))
            write(target, pictures, format, allow_outside)
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror or error}; name another") from None
    num_boxes = sum(len(picture.boxes) for picture in pictures)
    print(f"{target}: {len(pictures):,} pictures with {num_boxes:,} boxes as {format}")
    if not num_boxes:
        print(
            f"{arguments.source}: no boxes at all: every picture is background; is it the right one?", file=sys.stderr
        )
    return 0


def with_size(picture: Picture) -> Picture:
    """Return the picture with its size, which other tools expect, where its file tells it."""
    if None not in (picture.width, picture.height):
        return picture
    try:
        header = orientation.header_of(picture.path)
    except InvalidValueError:
        return picture
    width, height = orientation.shown_size(header) if picture.exif_applied else (header.width, header.height)
    if orientation.is_labelled_as_stored((picture.width, picture.height), header, picture.exif_applied) is None:
        return picture
    return replace(picture, width=width, height=height)


def write(target: Path, pictures: Sequence[Picture], format: str, allow_outside: bool) -> None:
    """Write the pictures. Raises AnnotationError rather than overwrite a file of other content."""
    rendered = dataset.render(target, pictures, format, allow_outside=allow_outside, for_tools=True)
    for file, data in rendered.files.items():
        if file not in rendered.extended and file.exists() and (not file.is_file() or file.read_bytes() != data):
            raise AnnotationError(f"{file}: exists with other content; remove it or name another OUT")
    dataset.save(rendered)
