"""Read and write annotations in any registered format; tell a format by content or by name."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from brandlens.annotations import formats, orientation, text_files
from brandlens.annotations.find_images import recording_missing
from brandlens.annotations.issues import InvalidValueError, OnIssue, Tolerated
from brandlens.annotations.orientation import Exif
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.sample import Sample
from brandlens.errors import AnnotationError
from brandlens.io import atomic_write


def read(
    path: Path | str, *, allow_outside: bool = False, on_issue: OnIssue | None = None, exif: Exif = "auto"
) -> list[Picture]:
    """Return the labelled pictures of an annotation file or folder, in its order; the format is detected by content.

    allow_outside: allow pictures outside the dataset's folder. exif: whether boxes were drawn on pictures as EXIF turns
    them ("applied") or as their files store them ("ignored"); "auto": as the stated size says, else as the tools that
    write the format do. Raises AnnotationError: one line with the file, the place in it and the fix, and prints hints
    on stderr; an `on_issue` that does not raise gets every hint, and every box and picture that is left out, instead.
    """
    path = Path(path)
    format = formats.get(detect_format(path))
    by_tools = formats.exif_of(format)
    if exif == "ignored" and by_tools is None:
        raise AnnotationError(
            f"{path}: {format.NAME} has fractions of pictures as EXIF turns them; exif cannot be ignored, but auto"
        )
    tolerated = Tolerated()
    pictures = format.read(path, allow_outside=allow_outside, on_issue=on_issue or tolerated)
    tolerated.print()
    if by_tools is None:
        return pictures
    if exif == "auto":
        return [replace(picture, exif_applied=by_tools == "applied") for picture in pictures]
    return [orientation.drawn_as(picture, exif == "applied") for picture in pictures]


def missing_pictures(path: Path) -> list[list[Path]]:
    """Return, of each picture that an annotation file names and that is nowhere, the files that it may be.

    The likeliest comes first. Raises AnnotationError as `read` does.
    """
    with recording_missing() as missing:
        read(path, on_issue=lambda issue: None)
    return missing


def write(
    path: Path | str, pictures: Sequence[Picture], format: str = "imglab", *, allow_outside: bool = False
) -> None:
    """Write labelled pictures in a format, every file whole or not at all; say on stderr what has no place in it.

    format: its name, whatever that of the file is. allow_outside: allow pictures outside the dataset's folder. Raises
    AnnotationError for what would not be read back as it is, ValueError for an unknown format.
    """
    save(render(Path(path), pictures, format, allow_outside=allow_outside))


def render(
    path: Path, pictures: Sequence[Picture], format: str, *, allow_outside: bool = False, for_tools: bool = False
) -> RenderedFiles:
    """Return the files to write.

    Boxes in pictures that EXIF turns are converted to what the format's tools show, where the stated size would not
    tell; for_tools: everywhere, since other programs do not ask the size. Raises AnnotationError as `write` does.
    """
    chosen = formats.get(format)
    by_tools = formats.exif_of(chosen)
    converted = orientation.converted_for(pictures, by_tools, only_ambiguous=not for_tools or by_tools is None)
    return chosen.render(path, converted, allow_outside=allow_outside)


def save(rendered: RenderedFiles) -> None:
    """Write the files that a format's `render` returned, and its notes on stderr."""
    for file, data in rendered.files.items():
        with atomic_write(file) as temporary:
            temporary.write_bytes(data)
    for note in rendered.notes:
        print(note, file=sys.stderr)


def format_of(path: Path) -> str:
    """Return the name of the format that the name of a file to be written stands for; the longest pattern decides.

    Raises AnnotationError for a name that stands for none, as a folder's.
    """
    name = PurePath(path.parent, path.name.lower())
    matching = [
        (pattern, format)
        for format in formats.registered()
        for pattern in format.PATTERNS
        if path.match(pattern) or name.match(pattern)
    ]
    if not matching:
        choices = ", ".join(formats.names())
        raise AnnotationError(f"{path}: the name does not tell the format; pass --format, one of: {choices}")
    return max(matching, key=lambda match: len(match[0]))[1].NAME


def detect_format(path: Path) -> str:
    """Return the name of the format that a file or folder is in. Raises AnnotationError for none."""
    try:
        sample = Sample.of(path)
        for format in formats.registered():
            if format.sniff(sample):
                return format.NAME
        raise _refusal(sample)
    except InvalidValueError as error:
        raise AnnotationError(f"{path}: {error.message}; {error.fix}") from None


def _refusal(sample: Sample) -> InvalidValueError:
    """Return what to say of a file or folder that is in no format."""
    if sample.xml_tag is not None:
        return _xml_refusal(sample)
    if sample.kind == "folder":
        if json_files := [*sorted(sample.path.glob("[!.]*.json")), *sorted(sample.path.glob("[!.]*/[!.]*.json"))]:
            return InvalidValueError("a folder with JSON", f"name the file: {json_files[0]}")
        return InvalidValueError("a folder without annotations", "name the annotation file")
    if sample.kind == "json":
        return InvalidValueError("a JSON list, no COCO file", "export it as COCO")
    if sample.kind == "picture":
        return InvalidValueError("a picture", "name the file with its annotations")
    text_files.check_kind(sample.start)
    text_files.decode(sample.start, truncated=True)  # raises for an encoding that cannot be read
    *others, last = formats.names()
    return InvalidValueError(f"in none of the formats {', '.join(others)} and {last}", "export it as one of these")


def _xml_refusal(sample: Sample) -> InvalidValueError:
    file = sample.xml_file
    inside = f"{file.relative_to(sample.path)} in it: " if file and sample.kind == "folder" else ""
    if sample.xml_tag == "annotations":
        return InvalidValueError(f"{inside}CVAT's own XML", "export it as COCO or Pascal VOC")
    if sample.xml_tag in ("dataset", ""):
        return InvalidValueError(f"{inside}imglab XML", "name that file instead of the folder")
    return InvalidValueError(
        f"{inside}the outermost element is <{sample.xml_tag}>", "imglab writes <dataset>, Pascal VOC <annotation>"
    )
