"""Pascal VOC: an XML file a picture, <annotation><filename>…<object><name>…<bndbox><xmin>…

A dataset's folder holds Annotations/, mostly JPEGImages/ and ImageSets/Main/*.txt with the names that belong to a
split; LabelImg and Roboflow put XML files and pictures into one folder. xmin and ymin count from 0 and xmax and ymax
are exclusive, as today's tools write them; in files that name a VOC challenge as their source they count from 1 and
include the last pixel. `ignore` is VOC's `difficult`. A size of 0 is none.

A picture without an object has an XML file without one, or is named in ImageSets and has no XML file, as CVAT does it.
A picture that is neither has not been labelled and is left out.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element as Made
from xml.etree.ElementTree import SubElement, indent, tostring

from tqdm import tqdm

from brandlens.annotations import text_files, validate, xml_reader
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue, reporting
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.xml_reader import Element
from brandlens.boxes import Box

ANNOTATIONS, PICTURES, LISTS = "Annotations", "JPEGImages", "ImageSets/Main"
CORNERS = ("xmin", "ymin", "xmax", "ymax")
SUFFIXES = (".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG")  # tried where a name has none


def read(path: Path, *, anywhere: bool = False, tell: OnIssue = raise_issue) -> list[Picture]:
    """The pictures of a VOC folder, of one of its lists in ImageSets/Main, or of one XML file.

    A folder's pictures come in the order of its lists, what none of them names by name. anywhere: allow pictures
    outside the folder. Raises AnnotationError: one line with the file, the line in it and the mend. A `tell` that does
    not raise hears of every box and picture that is left out.
    """
    with reporting(raise_issue, str(path)):
        root, sources = _sources(path, tell)
    pictures = []
    for place, source in tqdm(sources, desc=path.name, unit="file", delay=2, disable=None):
        with reporting(tell, place):
            if not validate.existing([source]):
                raise InvalidValueError(f"no {source.relative_to(root)} and no picture of that name", "remove the name")
            if source.suffix == ".xml":
                pictures.append(_picture(source, root, anywhere, tell))
            else:
                pictures.append(Picture(source, places=(place,)))
    return pictures


def is_list(path: Path) -> bool:
    """Whether the file is one of ImageSets/Main."""
    return path.suffix == ".txt" and path.parent.as_posix().endswith(LISTS)


def root_of(path: Path) -> Path:
    """The dataset's folder of what `read` or `render` was given."""
    if is_list(path):
        return path.parents[2]
    folder = path.parent if path.suffix == ".xml" else path
    return next((each.parent for each in (folder, *folder.parents) if each.name == ANNOTATIONS), folder)


def _sources(path: Path, tell: OnIssue) -> tuple[Path, list[tuple[str, Path]]]:
    """The dataset's folder, and a place and an XML file, or a picture without one, for each picture."""
    root = root_of(path)
    if is_list(path):
        return root, list(_listed(path, root, tell))
    if path.is_file():
        return root, [(str(path), path)]
    folder = root / ANNOTATIONS if (root / ANNOTATIONS).is_dir() else root
    lists = sorted((root / LISTS).glob("*.txt")) if path == root else []
    found: dict[Path, str] = {}
    for names in lists:
        for place, source in _listed(names, root, tell):
            found.setdefault(source, place)
    for each in sorted((path if path != root else folder).rglob("*.xml")):
        found.setdefault(each, str(each))
    return root, [(place, source) for source, place in found.items()]


def _listed(names: Path, root: Path, tell: OnIssue) -> Iterator[tuple[str, Path]]:
    """What the lines of a list stand for: names, behind which a list of one label has 1, 0 or -1."""
    with reporting(raise_issue, str(names)):
        lines = text_files.text(names).split("\n")
    for number, line in enumerate(lines, 1):
        if line.strip():
            with reporting(tell, f"{names}, line {number}"):
                yield f"{names}, line {number}", _source(line.rstrip("\r"), root)


def _source(line: str, root: Path) -> Path:
    """The XML file of this name, or the picture that has none."""
    first, _, last = line.strip().rpartition(" ")
    others = (line.strip().strip('"'), first.strip() if last in ("1", "0", "-1") else "")
    named = [line, *filter(None, others)]
    inside = [validate.inside(Path(), validate.name(name)) for name in named]
    xml = [root / ANNOTATIONS / name.parent / f"{name.name}.xml" for name in inside]
    pictures = [
        root / folder / name.parent / (name.name + suffix)
        for name in inside
        for folder in (PICTURES, "images")
        for suffix in SUFFIXES
    ]
    return validate.existing((*xml, *pictures)) or xml[0]


def _picture(xml: Path, root: Path, anywhere: bool, tell: OnIssue) -> Picture:
    element = xml_reader.parse(text_files.content(xml))
    if element.tag != "annotation":
        raise InvalidValueError(f"the outermost element of {xml.name} is <{element.tag}>", "VOC has <annotation>")
    file = _file(element, xml, root, anywhere)
    sides: tuple[int | None, int | None] = (None, None)
    with reporting(tell, f"{xml}, line {element.line}"):
        stated = ((element.said("size", side) or "").strip() for side in ("width", "height"))
        sides = validate.size(*(None if side in ("", "0") else side for side in stated))
    first = 1 if (element.said("source", "database") or "").strip().startswith("The VOC") else 0
    boxes, places = [], [f"{xml}, line {element.line}"]
    for each in element.find("object"):
        with reporting(tell, f"{xml}, line {each.line}"):
            boxes.append(_box(each, first))
            places.append(f"{xml}, line {each.line}")
    return Picture(file, tuple(boxes), *sides, tuple(places))


def _box(element: Element, first: int) -> Box:
    drawn = next(element.find("bndbox"), None)
    if drawn is None:
        raise InvalidValueError("<object> has no bndbox", "draw an upright box or remove it")
    left, top, right, bottom = (validate.number((drawn.said(corner) or "").strip(), corner) for corner in CORNERS)
    ignore = (element.said("difficult") or "").strip().lower() in ("1", "true")
    return validate.box(left - first, top - first, right, bottom, validate.label(element.said("name")), ignore)


def _file(element: Element, xml: Path, root: Path, anywhere: bool) -> Path:
    """The picture that the file names: where `render` would have it, or where tools put it."""
    named, folder = (_line(element.said(tag) or "") for tag in ("filename", "folder"))
    named = validate.name(named)
    base = validate.base(named)
    names = [base] if base.endswith(SUFFIXES) else [base, *(base + suffix for suffix in SUFFIXES)]
    literal, outside = None, None
    try:
        literal = validate.inside(root, f"{folder}/{named}" if folder else named, anywhere=anywhere)
        names = [named, *(name for name in names if name != named)]
    except InvalidValueError as error:
        outside = error
    candidates = (place / name for name in names for place in _places(xml, root))
    found = validate.existing([literal, *candidates] if literal else candidates) or literal
    if found is None:
        raise outside
    return found


def _line(text: str) -> str:
    """A text that may have been wrapped, in one line."""
    return (text.strip() if "\n" in text else text).replace("\\", "/")


def _places(xml: Path, root: Path) -> list[Path]:
    """Folders in which the picture of an XML file may lie."""
    beside = xml.parent.relative_to(root / ANNOTATIONS) if (root / ANNOTATIONS) in xml.parents else Path()
    return [root / PICTURES, root / PICTURES / beside, root / "images", root / "images" / beside, xml.parent, root]


def render(path: Path, pictures: Sequence[Picture], *, anywhere: bool = False) -> RenderedFiles:
    """The files of these pictures: Annotations/*.xml and, last, a list that keeps their order.

    path: the dataset's folder, whose list is ImageSets/Main/default.txt, or a list ImageSets/Main/NAME.txt in it, so
    that several splits share a folder. Raises AnnotationError for what `read` would refuse or change.
    """
    root = root_of(path)
    made: dict[Path, bytes] = {}
    taken: set[str] = set()
    names = []
    for picture in pictures:
        validate.writable(path, picture)
        named = validate.relative(path, picture, root, anywhere=anywhere)
        name = _free(named, taken)
        names.append(name)
        made[root / ANNOTATIONS / f"{name}.xml"] = _annotation(PurePosixPath(named), picture)
    made[path if is_list(path) else root / LISTS / "default.txt"] = "".join(f"{name}\n" for name in names).encode()
    return RenderedFiles(made)


def _free(named: str, taken: set[str]) -> str:
    """A name without suffix for the picture's XML file, below Annotations as the picture is below its folder."""
    parts = [part for part in PurePosixPath(named).with_suffix("").parts if part not in ("..", "/")]
    stem = "/".join(parts[1:] if len(parts) > 1 else parts)
    name, number = stem, 2
    while name.lower() in taken:
        name, number = f"{stem}-{number}", number + 1
    taken.add(name.lower())
    return name


def _annotation(named: PurePosixPath, picture: Picture) -> bytes:
    root = Made("annotation")
    SubElement(root, "folder").text = "" if named.parent == PurePosixPath() else str(named.parent)
    SubElement(root, "filename").text = named.name
    if (picture.width, picture.height) != (None, None):
        size = SubElement(root, "size")
        for side, length in (("width", picture.width), ("height", picture.height), ("depth", 3)):
            SubElement(size, side).text = str(length or 0)
    for box in picture.boxes:
        drawn = SubElement(root, "object")
        for tag, said in (("name", box.label), ("pose", "Unspecified"), ("truncated", "0")):
            SubElement(drawn, tag).text = said
        SubElement(drawn, "difficult").text = str(int(box.ignore))
        edges = (box.left, box.top, box.left + box.width, box.top + box.height)
        place = SubElement(drawn, "bndbox")
        for corner, edge in zip(CORNERS, edges, strict=True):
            SubElement(place, corner).text = str(edge)
    indent(root)
    return tostring(root, encoding="utf-8", xml_declaration=True)
