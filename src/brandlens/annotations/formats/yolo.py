"""YOLO: a text file a picture, a line a box: class, centre x and y, width and height as shares of the picture.

The label file of a picture in a folder `images` lies in the same place below `labels`, of others beside the picture.
Class names stand in data.yaml (Ultralytics, Roboflow, CVAT), classes.txt (LabelImg, Label Studio) or obj.names
(Darknet). The shares are of the picture as shown, turned by EXIF; the records hold boxes in the picture as stored.
Fractions of pixels are rounded to whole pixels' edges. A picture without a label file has no boxes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from brandlens import images
from brandlens.annotations import orientation, text_files, validate, yolo_layout
from brandlens.annotations.issues import InvalidValueError, Issue, OnIssue, raise_issue, reporting
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.yolo_layout import Entry, labels_of, resolve
from brandlens.boxes import Box
from brandlens.errors import AnnotationError
from brandlens.image_headers import Header

SLACK = 0.001  # share by which a box may stick out of its picture


def read(path: Path, *, anywhere: bool = False, tell: OnIssue = raise_issue) -> list[Picture]:
    """The pictures of a YOLO dataset: its data.yaml (all its splits), a list of pictures, or a folder of pictures.

    anywhere: allow pictures outside the dataset's folder. Raises AnnotationError: one line with the file, the line in
    it and the mend. A `tell` that does not raise hears of every box and picture that is left out.
    """
    with reporting(raise_issue, str(path)):
        dataset = resolve(path, anywhere)
    sources: dict[Path, str] = {}
    for entry in dataset.entries:
        for place, file in _listed(entry, anywhere, tell) if entry.path.is_file() else _found(entry, tell):
            sources.setdefault(file, place)
    pictures = []
    for file, place in tqdm(sources.items(), desc=path.name, unit="picture", delay=2, disable=None):
        with reporting(tell, place):
            header = orientation.header_of(file)
            boxes, places = _boxes(labels_of(file, dataset.root), dataset.labels, header, tell)
            pictures.append(Picture(file, boxes, header.width, header.height, (place, *places)))
    return pictures


def root_of(path: Path) -> Path:
    """The dataset's folder, to which names are relative, of what `render` was given."""
    return path.parent if path.suffix == ".txt" else path


def _listed(entry: Entry, anywhere: bool, tell: OnIssue) -> Iterator[tuple[str, Path]]:
    """The pictures that a list names, a line each, relative to its folder."""
    folder = entry.path.parent
    with reporting(raise_issue, str(entry.path)):
        lines = text_files.text(entry.path).split("\n")
    for number, line in enumerate(lines, 1):
        place = f"{entry.path}, line {number}"
        if not line.strip():
            continue
        with reporting(tell, place):
            named = validate.name(line.rstrip("\r")).removeprefix("./")
            plain = named.strip().removeprefix("./").removeprefix("data/")  # which CVAT puts before what is not in it
            meant = (validate.inside(folder, each, anywhere=anywhere) for each in (named, named.strip(), plain))
            found = validate.existing(meant)
            if found is None:
                raise InvalidValueError(f"{named} is not there", "add the picture or remove the line")
            yield place, found


def _found(entry: Entry, tell: OnIssue) -> Iterator[tuple[str, Path]]:
    """The pictures below a folder, by name. Tells of label files whose pictures are missing."""
    folder = entry.path / "images" if (entry.path / "images").is_dir() else entry.path
    pictures = sorted(file for file in folder.rglob("*") if file.suffix.lower() in images.SUFFIXES and file.is_file())
    yield from ((str(file), file) for file in pictures)
    mirror = labels_of(folder / "any", entry.root).parent
    if mirror == folder:
        return
    used = {labels_of(file, entry.root) for file in pictures}
    for stray in sorted(mirror.rglob("*.txt")):
        if stray not in used and stray.name != "classes.txt" and stray.stat().st_size:
            tell(Issue(str(stray), f"its picture is not in {folder}", "add the picture or remove this file"))


def _boxes(
    path: Path, labels: Mapping[int, str], header: Header, tell: OnIssue
) -> tuple[tuple[Box, ...], tuple[str, ...]]:
    """The boxes of a label file, in the picture as stored, and their places."""
    boxes, places = [], []
    lines = text_files.text(path).splitlines() if validate.existing([path]) else []
    for number, line in enumerate(lines, 1):
        with reporting(tell, f"{path}, line {number}"):
            if line.strip():
                boxes.append(_box(line.split(), labels, header))
                places.append(f"{path}, line {number}")
    return tuple(boxes), tuple(places)


def _box(fields: Sequence[str], labels: Mapping[int, str], header: Header) -> Box:
    if len(fields) != 5 and (len(fields) < 7 or len(fields) % 2 == 0):
        raise InvalidValueError(f"{len(fields)} values", "write class, centre x, centre y, width, height")
    label = labels.get(int(fields[0])) if fields[0].isdecimal() and len(fields[0]) < 10 else None
    if label is None:
        raise InvalidValueError(f'class "{fields[0][:20]}" has no name', "name it in data.yaml or classes.txt")
    shares = [validate.number(field, "share") for field in fields[1:]]
    if not all(-SLACK <= share <= 1 + SLACK for share in shares):
        raise InvalidValueError("values that are no shares of the picture, from 0 to 1", "divide pixels by its size")
    if len(shares) == 4:
        x, y, wide, tall = shares
        edges = (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    else:  # a polygon
        edges = (min(shares[::2]), min(shares[1::2]), max(shares[::2]), max(shares[1::2]))
    width, height = orientation.shown_size(header)
    left, top, right, bottom = (edge * side for edge, side in zip(edges, (width, height) * 2, strict=True))
    return orientation.to_stored(validate.box(left, top, right, bottom, label), header)


def render(path: Path, pictures: Sequence[Picture], *, anywhere: bool = False) -> RenderedFiles:
    """Label files, a list of the pictures in their order and, last, data.yaml.

    path: the dataset's folder, whose list is train.txt, or a list NAME.txt in it: then NAME is added to the data.yaml
    that is there, so that several splits share one. A box that sticks out is cut off at the edge, and ignore boxes,
    which YOLO has no place for, are left out; notes say how many. Raises AnnotationError for what `read` would refuse
    or change, and for pictures outside the folder, whatever `anywhere` says.
    """
    del anywhere  # a label file lies where its picture does
    root, split = root_of(path), path.stem if path.suffix == ".txt" else "train"
    config = root / "data.yaml"
    said = _said(config)
    labels = list(said.pop("names").values())
    labels += sorted({box.label for each in pictures for box in each.boxes if not box.ignore} - set(labels))
    made: dict[Path, bytes] = {}
    counts: Counter[str] = Counter()
    names = []
    for picture in pictures:
        validate.writable(path, picture)
        names.append(validate.relative(path, picture, root))
        file = yolo_layout.mirror(root / names[-1], root)
        if file in made:
            raise AnnotationError(f"{path}: two pictures share the label file {file.name}; rename {picture.path.name}")
        made[file] = "".join(_lines(picture, labels, counts)).encode()
    made[root / f"{split}.txt"] = "".join(f"./{name}\n" for name in names).encode()
    made[config] = _configuration(said | {split: f"{split}.txt"}, labels).encode()
    notes = tuple(f"{path}: {count} {what}" for what, count in counts.items() if count)
    return RenderedFiles(made, notes, frozenset({config}))


def _said(config: Path) -> dict[str, Any]:
    """The splits and the names in a data.yaml that is there already; no names where there is none."""
    if not config.exists():
        return {"names": {}}
    with reporting(raise_issue, str(config)):
        said = yolo_layout.content(config)
        names = yolo_layout.named(said)
        splits = {key: value for key, value in said.items() if key not in ("names", "nc", "path")}
        if sorted(names) != list(range(len(names))) or not all(isinstance(value, str) for value in splits.values()):
            raise InvalidValueError("not as brandlens writes it", "name another folder")
        return splits | {"names": dict(sorted(names.items()))}


def _configuration(splits: Mapping[str, str], labels: Sequence[str]) -> str:
    """A data.yaml; what its folder is called does not matter."""
    lines = [f"{key}: {_quoted(value)}" for key, value in splits.items()]
    names = [f"  {at}: {_quoted(label)}" for at, label in enumerate(labels)]
    return "\n".join([*lines, "names:" if names else "names: {}", *names, ""])


def _quoted(text: str) -> str:
    """A YAML text in which nothing but what prints stands as it is."""
    kept = (sign if sign.isprintable() and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in text)
    return f'"{"".join(kept)}"'


def _lines(picture: Picture, labels: Sequence[str], counts: Counter[str]) -> Iterator[str]:
    """The lines of the picture's label file; counts what is not written as it is."""
    header, turn = _frame(picture)
    width, height = orientation.shown_size(header)
    for box in picture.boxes:
        if box.ignore:
            counts["ignore boxes left out, which YOLO has no place for"] += 1
            continue
        drawn = orientation.to_shown(box, header) if turn else box
        left, top = max(0, drawn.left), max(0, drawn.top)
        right, bottom = min(width, drawn.left + drawn.width), min(height, drawn.top + drawn.height)
        if right <= left or bottom <= top:
            raise AnnotationError(
                f'{picture.path}: the box of label "{box.label}" at {box.left},{box.top} lies outside; remove it'
            )
        wide, tall = right - left, bottom - top
        counts["boxes cut off at the edge of their pictures"] += (wide, tall) != (drawn.width, drawn.height)
        shares = ((left + wide / 2) / width, (top + tall / 2) / height, wide / width, tall / height)
        yield f"{labels.index(box.label)} {' '.join(f'{share:.7f}' for share in shares)}\n"


def _frame(picture: Picture) -> tuple[Header, bool]:
    """The picture's header, and whether its boxes are in the picture as stored and not as shown.

    They are as stored unless the stated size is that of the picture as shown alone.
    """
    stated = (picture.width, picture.height)
    if not picture.path.exists() and None not in stated:
        return Header("", *stated), True
    with reporting(raise_issue, str(picture.path)):
        header = orientation.header_of(picture.path)
        for size, stored in (((header.width, header.height), True), (orientation.shown_size(header), False)):
            if all(side in (None, length) for side, length in zip(stated, size, strict=True)):
                return header, stored
        raise InvalidValueError(
            f"is {header.width}x{header.height}, labelled at {stated[0]}x{stated[1]}", "mend its size"
        )
