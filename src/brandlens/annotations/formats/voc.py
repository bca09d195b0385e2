"""Pascal VOC: an XML file a picture, <annotation><filename>…<object><name>…<bndbox><xmin>…

A dataset's folder holds Annotations/, mostly JPEGImages/, and ImageSets/Main/*.txt with the names that belong to a
split; LabelImg and Roboflow put XML files and pictures into one folder. xmin and ymin count from 0 and xmax and ymax
are exclusive, as today's tools write them; in files that name a VOC challenge as their source they count from 1 and
include the last pixel. `ignore` is VOC's `difficult`. A size of 0 counts as not stated. Rotated boxes, of CVAT (an
attribute in degrees) and roLabelImg (robndbox, in radians), are read as the upright boxes around them.

A picture without an object has an XML file without one, or is named in ImageSets and has no XML file, as CVAT writes
it. A picture that is neither has not been labelled and is left out.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree
from xml.etree.ElementTree import SubElement

from tqdm import tqdm

from brandlens.annotations import text_files, validate, xml_reader
from brandlens.annotations.find_images import ImageFinder
from brandlens.annotations.issues import InvalidValueError, Issue, OnIssue, raise_issue, reporting
from brandlens.annotations.orientation import ToolExif
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.sample import Sample
from brandlens.annotations.voc_objects import CORNERS, parse_object
from brandlens.annotations.xml_reader import Element
from brandlens.io import free_name

NAME = "voc"
DESCRIPTION = "Pascal VOC: a folder, an XML file in it, or a list in its ImageSets/Main"
PATTERNS: tuple[str, ...] = ("ImageSets/Main/*.txt",)
FIXABLE = False
EXIF: ToolExif | None = "applied"  # LabelImg, CVAT and Label Studio turn pictures
ANNOTATIONS, PICTURES, LISTS = "Annotations", "JPEGImages", "ImageSets/Main"
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG")  # tried where a name has none


def sniff(sample: Sample) -> bool:
    """Return whether a file, or an XML file in a folder, is VOC's; or whether a text lies where its lists do."""
    return sample.xml_tag == "annotation" or (sample.kind == "text" and is_list(sample.path))


def read(path: Path, *, allow_outside: bool = False, on_issue: OnIssue = raise_issue) -> list[Picture]:
    """Return the pictures of a VOC folder, of one of its lists in ImageSets/Main, or of one XML file.

    A folder's pictures come in the order of its lists; those that none of them names come last, by name.
    allow_outside: allow pictures outside the folder. Raises AnnotationError: one line with the file, the line in it and
    the fix. An `on_issue` that does not raise gets every box and picture that is left out.
    """
    finder = ImageFinder(root_of(path), allow_outside=allow_outside, on_issue=on_issue)
    with reporting(raise_issue, str(path)):
        root, sources = _sources(path, finder, on_issue)
    pictures = []
    for place, source in tqdm(sources, desc=path.name, unit="file", delay=2, disable=None):
        with reporting(on_issue, place):
            if not validate.first_existing([source]):
                raise InvalidValueError(f"no {source.relative_to(root)} and no picture of that name", "remove the name")
            if source.suffix.lower() == xml_reader.SUFFIX:
                pictures.append(_picture(source, root, finder, on_issue))
            else:
                pictures.append(Picture(source, places=(place,)))
    return pictures


def is_list(path: Path) -> bool:
    """Return whether the file is one of ImageSets/Main."""
    return path.suffix == ".txt" and path.parent.as_posix().endswith(LISTS)


def root_of(path: Path) -> Path:
    """Return the dataset's folder of what `read` or `render` was given."""
    if is_list(path):
        return path.parents[2]
    folder = path.parent if path.suffix.lower() == xml_reader.SUFFIX else path
    return next((parent.parent for parent in (folder, *folder.parents) if parent.name == ANNOTATIONS), folder)


def image_folder(path: Path) -> Path:
    """Return the folder for the pictures of a dataset to be written."""
    return root_of(path) / PICTURES


def _sources(path: Path, finder: ImageFinder, on_issue: OnIssue) -> tuple[Path, list[tuple[str, Path]]]:
    """Return the dataset's folder, and of each picture a place and its XML file, or the picture where it has none."""
    root = root_of(path)
    if is_list(path):
        return root, list(_read_list(path, finder, on_issue))
    if path.is_file():
        return root, [(str(path), path)]
    folder = root / ANNOTATIONS if (root / ANNOTATIONS).is_dir() else root
    lists = sorted((root / LISTS).glob("[!.]*.txt")) if path == root else []
    places: dict[Path, str] = {}
    for file in lists:
        for place, source in _read_list(file, finder, on_issue):
            places.setdefault(source, place)
    for xml in sorted(xml_reader.files_below(path if path != root else folder)):
        places.setdefault(xml, str(xml))
    return root, [(place, source) for source, place in places.items()]


def _read_list(file: Path, finder: ImageFinder, on_issue: OnIssue) -> Iterator[tuple[str, Path]]:
    """Yield the place and the source of each line: a name, behind which a list of one label has 1, 0 or -1."""
    with reporting(raise_issue, str(file)):
        lines = text_files.read_text(file).split("\n")
    for number, line in enumerate(lines, 1):
        if line.strip():
            with reporting(on_issue, f"{file}, line {number}"):
                yield f"{file}, line {number}", _source(line.rstrip("\r"), finder)


def _source(line: str, finder: ImageFinder) -> Path:
    """Return the XML file that a line names, or the picture that has none."""
    root = finder.root
    first, _, last = line.strip().rpartition(" ")
    others = (line.strip().strip('"'), first.strip() if last in ("1", "0", "-1") else "")
    names = [validate.path_inside(Path(), validate.parse_name(name)) for name in (line, *filter(None, others))]
    xml = [root / ANNOTATIONS / name.parent / f"{name.name}.xml" for name in names]
    pictures = [
        root / folder / name.parent / (name.name + suffix)
        for name in names
        for folder in (PICTURES, "images")
        for suffix in IMAGE_SUFFIXES
    ]
    return finder.files.find((*xml, *pictures)) or xml[0]


def _picture(xml: Path, root: Path, finder: ImageFinder, on_issue: OnIssue) -> Picture:
    element = xml_reader.parse(text_files.read_bytes(xml))
    if element.tag != "annotation":
        raise InvalidValueError(f"the outermost element of {xml.name} is <{element.tag}>", "VOC has <annotation>")
    file = _find_picture(element, xml, root, finder)
    size: tuple[int | None, int | None] = (None, None)
    with reporting(on_issue, f"{xml}, line {element.line}"):
        stated = ((element.text_of("size", side) or "").strip() for side in ("width", "height"))
        size = validate.parse_size(*(None if side in ("", "0") else side for side in stated))
    first = 1 if (element.text_of("source", "database") or "").strip().startswith("The VOC") else 0
    boxes, places = [], [f"{xml}, line {element.line}"]
    for child in element.find("object"):
        with reporting(on_issue, f"{xml}, line {child.line}"):
            boxes.append(parse_object(child, first, f"{xml}, line {child.line}", on_issue))
            places.append(f"{xml}, line {child.line}")
    return Picture(file, tuple(boxes), *size, tuple(places))


def _find_picture(element: Element, xml: Path, root: Path, finder: ImageFinder) -> Path:
    """Return the picture that the file names: where `render` would have it, or where tools put it.

    Of before a renaming, as LabelImg leaves it, it is the picture of the XML file's own name.
    """
    name, folder = (_one_line(element.text_of(tag) or "") for tag in ("filename", "folder"))
    place = f"{xml}, line {element.line}"
    folders = _folders(xml, root)
    own = [folder / (xml.stem + suffix) for folder in folders for suffix in IMAGE_SUFFIXES]
    if not name.strip() and (picture := finder.files.find(own)):
        return picture
    name = validate.parse_name(name)
    base = validate.base_name(name)
    names = [name, base] if base.endswith(IMAGE_SUFFIXES) else [name, base, *(base + end for end in IMAGE_SUFFIXES)]
    inside = [] if validate.is_outside(name) else names
    file = finder.find(
        f"{folder}/{name}" if folder else name,
        place,
        elsewhere=[folder / name for name in inside or names[1:] for folder in folders],
        renamed=own,
    )
    beside = validate.first_existing(xml.with_suffix(suffix) for suffix in IMAGE_SUFFIXES)
    if beside and beside.stem != file.stem and file.parent == beside.parent:
        message = f"{file.name} is taken, as its <filename> says, though {beside.name} lies beside it"
        finder.on_issue(Issue(place, message, "correct <filename> if it is that one", hint=True))
    return file


def _folders(xml: Path, root: Path) -> list[Path]:
    """Return where a picture may lie that belongs to an XML file."""
    below = xml.parent.relative_to(root / ANNOTATIONS) if (root / ANNOTATIONS) in xml.parents else Path()
    folders = (root / PICTURES, root / PICTURES / below, root / "images", root / "images" / below, xml.parent, root)
    return list(dict.fromkeys(folders))


def _one_line(text: str) -> str:
    """Return a text, which may have been wrapped, with / between folders."""
    return (text.strip() if "\n" in text else text).replace("\\", "/")


def render(path: Path, pictures: Sequence[Picture], *, allow_outside: bool = False) -> RenderedFiles:
    """Return the files of these pictures: Annotations/*.xml and, last, a list that keeps their order.

    path: the dataset's folder, whose list is ImageSets/Main/default.txt, or a list ImageSets/Main/NAME.txt in it, so
    that several splits share a folder. Raises AnnotationError for what `read` would refuse or change.
    """
    root = root_of(path)
    files: dict[Path, bytes] = {}
    used: set[str] = set()  # in lower case
    names = []
    for picture in pictures:
        validate.check_boxes(path, picture)
        file = validate.relative_name(path, picture, root, allow_outside=allow_outside)
        name = free_name(_xml_stem(file), lambda stem: stem.lower() in used)
        used.add(name.lower())
        names.append(name)
        files[root / ANNOTATIONS / f"{name}.xml"] = _annotation(PurePosixPath(file), picture)
    files[path if is_list(path) else root / LISTS / "default.txt"] = "".join(f"{name}\n" for name in names).encode()
    return RenderedFiles(files)


def _xml_stem(file: str) -> str:
    """Return the name of a picture's XML file without suffix, below Annotations as the picture is below its folder."""
    parts = [part for part in PurePosixPath(file).with_suffix("").parts if part not in ("..", "/")]
    return "/".join(parts[1:] if len(parts) > 1 else parts)


def _annotation(file: PurePosixPath, picture: Picture) -> bytes:
    root = ElementTree.Element("annotation")
    SubElement(root, "folder").text = "" if file.parent == PurePosixPath() else str(file.parent)
    SubElement(root, "filename").text = file.name
    if (picture.width, picture.height) != (None, None):
        size = SubElement(root, "size")
        for side, length in (("width", picture.width), ("height", picture.height), ("depth", 3)):
            SubElement(size, side).text = str(length or 0)
    for box in picture.boxes:
        element = SubElement(root, "object")
        for tag, text in (("name", box.label), ("pose", "Unspecified"), ("truncated", "0")):
            SubElement(element, tag).text = text
        SubElement(element, "difficult").text = str(int(box.ignore))
        edges = (box.left, box.top, box.left + box.width, box.top + box.height)
        bndbox = SubElement(element, "bndbox")
        for corner, edge in zip(CORNERS, edges, strict=True):
            SubElement(bndbox, corner).text = str(edge)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
