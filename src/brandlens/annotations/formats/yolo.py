"""YOLO: a text file a picture, a line a box: class, centre x and y, width and height as fractions of the picture.

The label file of a picture in a folder `images` lies in the same place below `labels`, of others beside the picture.
Class names stand in data.yaml (Ultralytics, Roboflow, CVAT), classes.txt (LabelImg, Label Studio) or obj.names
(Darknet). Polygons, oriented boxes, and boxes with keypoints, a confidence or a track's number become upright boxes, as
`yolo_columns` tells. Fractions are of the picture as displayed, turned by EXIF; the records hold boxes in the picture
as stored. Fractions of pixels are rounded to whole pixels' edges. A picture without a label file has no boxes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from brandlens import images
from brandlens.annotations import (
    orientation,
    text_files,
    validate,
    yolo_columns,
    yolo_labels,
    yolo_layout,
    yolo_lines,
    yolo_yaml,
)
from brandlens.annotations.find_images import ImageFinder, nearest
from brandlens.annotations.issues import InvalidValueError, Issue, OnIssue, raise_issue, reporting
from brandlens.annotations.orientation import ToolExif
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.sample import Sample
from brandlens.annotations.yolo_columns import MAX_OUTSIDE, Columns
from brandlens.annotations.yolo_layout import Dataset, Entry, resolve
from brandlens.boxes import Box, clip_box
from brandlens.errors import AnnotationError
from brandlens.image_headers import Header
from brandlens.media_files import is_passed_over

NAME = "yolo"
DESCRIPTION = "YOLO: a folder, its data.yaml, or a list of its pictures"
PATTERNS: tuple[str, ...] = ("*.txt",)
FIXABLE = False
EXIF: ToolExif | None = None  # `read` and `render` convert boxes by themselves


def sniff(sample: Sample) -> bool:
    """Return whether it is a YAML file, a list of pictures, or a folder with class names or with pictures alone."""
    if sample.kind == "folder":
        return sample.xml_file is None and _is_dataset(sample.path)
    if sample.kind == "text" and sample.path.suffix.lower() in yolo_yaml.SUFFIXES:
        return True
    if sample.text is None or sample.path.suffix.lower() != ".txt":
        return False
    first = next((line.strip() for line in sample.text.split("\n") if line.strip()), "")
    return Path(first).suffix.lower() in {*images.SUFFIXES, ""}


def _is_dataset(folder: Path) -> bool:
    """Return whether a folder without XML names classes, or holds pictures and no JSON.

    JSON in a folder below, as COCO's in annotations/ or train/, counts where there are no label files.
    """
    if yolo_yaml.find(folder) or any((folder / name).is_file() for name in yolo_layout.CLASS_FILES):
        return True
    has_json_below = any(folder.glob("[!.]*/[!.]*.json"))
    if any(folder.glob("[!.]*.json")) or (
        has_json_below and not any(map(yolo_labels.holds_labels, folder.rglob("*.txt")))
    ):
        return False
    return any(file.suffix.lower() in images.SUFFIXES for file in folder.rglob("*"))


def read(path: Path, *, allow_outside: bool = False, on_issue: OnIssue = raise_issue) -> list[Picture]:
    """Return the pictures of a YOLO dataset: its data.yaml (all its splits), a list or a folder of pictures.

    allow_outside: allow pictures outside the dataset's folder. Raises AnnotationError: one line with the file, the line
    in it and the fix. An `on_issue` that does not raise gets every box and picture that is left out.
    """
    with reporting(raise_issue, str(path)):
        dataset = resolve(path, allow_outside, on_issue)
    places = _read_places(path, dataset, allow_outside, on_issue)
    folders = [dataset.root if entry.path.is_file() else entry.path for entry in dataset.entries if entry.path != path]
    folders = folders or [path][: path.is_dir()]
    labels = yolo_labels.find(list(places), dataset.root, folders, on_issue)
    texts = _read_labels(labels, on_issue)
    columns = _columns(path, texts, dataset, on_issue)
    pictures = []
    for file, place in tqdm(places.items(), desc=path.name, unit="picture", delay=2, disable=None):
        if file in labels and labels[file] not in texts:
            continue
        with reporting(on_issue, place):
            header = orientation.header_of(file)
            text = texts.get(labels[file], "") if file in labels else ""
            boxes, box_places = _boxes(labels.get(file, file), text, dataset.labels, columns, header, on_issue)
            pictures.append(Picture(file, boxes, header.width, header.height, (place, *box_places)))
    return pictures


def root_of(path: Path) -> Path:
    """Return the dataset's folder, to which names are relative, of what `render` was given."""
    return path.parent if path.suffix == ".txt" else path


def image_folder(path: Path) -> Path:
    """Return the folder for the pictures of a dataset to be written."""
    return root_of(path) / "images"


def _read_places(path: Path, dataset: Dataset, allow_outside: bool, on_issue: OnIssue) -> dict[Path, str]:
    """Return where each picture is named, by its file; hint at pictures that are in two of the dataset's splits."""
    places: dict[Path, str] = {}
    shared = 0
    for entry in dataset.entries:
        known = set(places)
        is_list = entry.path.is_file()
        for place, file in _read_list(entry, allow_outside, on_issue) if is_list else _read_folder(entry):
            shared += file in known
            places.setdefault(file, place)
    if shared:
        message = f"{shared:,} pictures are in two of its splits"
        on_issue(Issue(str(path), message, "a model tested on what it was trained on looks too good", hint=True))
    return places


def _read_list(entry: Entry, allow_outside: bool, on_issue: OnIssue) -> Iterator[tuple[str, Path]]:
    """Yield the place and the file of each picture that a list names, a line each, relative to its folder.

    An absolute path of another machine stands for the file in the folder that its end names; a hint says so once.
    """
    folder = entry.path.parent
    finder = ImageFinder(folder, allow_outside=allow_outside, on_issue=on_issue)
    moved_from: dict[Path, str] = {}
    with reporting(raise_issue, str(entry.path)):
        lines = text_files.read_text(entry.path).split("\n")
    for number, line in enumerate(lines, 1):
        place = f"{entry.path}, line {number}"
        if not line.strip():
            continue
        with reporting(on_issue, place):
            name = validate.parse_name(line.rstrip("\r")).removeprefix("./")
            moved = None if validate.first_existing([Path(name)]) else yolo_layout.moved(folder, name)
            if moved:
                if moved_from.setdefault(moved, name) != name:
                    raise InvalidValueError(f"{name} is not there, and {moved} is another's", "correct the line")
                if len(moved_from) == 1:
                    message = f"{name} is taken for {moved.relative_to(folder)}, and others likewise"
                    on_issue(Issue(place, message, "write names relative to the list", hint=True))
            yield place, moved or _find_picture(finder, name, place)


def _find_picture(finder: ImageFinder, name: str, place: str) -> Path:
    """Return the picture that a list names. Raises InvalidValueError where it is not there."""
    inner = name.strip().removeprefix("./").removeprefix("data/")  # CVAT writes data/, where no such folder is
    others = [
        validate.path_inside(finder.root, other, allow_outside=finder.allow_outside)
        for other in dict.fromkeys((name.strip(), inner))
        if other != name
    ]
    picture = finder.find(name, place, elsewhere=others)
    if validate.first_existing([picture]) is None:
        raise InvalidValueError(f"{name} is not there{nearest(picture)}", "add the picture or remove the line")
    return picture


def _read_folder(entry: Entry) -> Iterator[tuple[str, Path]]:
    """Yield the place and the file of each picture below a folder, by name, but for what is hidden."""
    folder = entry.path / "images" if (entry.path / "images").is_dir() else entry.path
    pictures = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in images.SUFFIXES and not is_passed_over(file.relative_to(folder)) and file.is_file()
    )
    yield from ((str(file), file) for file in pictures)


def _read_labels(labels: Mapping[Path, Path], on_issue: OnIssue) -> dict[Path, str]:
    """Return the texts of the pictures' label files that can be read."""
    texts = {}
    for file in dict.fromkeys(labels.values()):
        with reporting(on_issue, str(file)):
            texts[file] = text_files.read_text(file)
    return texts


def _columns(path: Path, texts: Mapping[Path, str], dataset: Dataset, on_issue: OnIssue) -> Columns:
    """Return what the columns of the label files are; hint at those of a model's predictions."""
    lines: list[list[float]] = []
    for text in texts.values():
        for _, fields in yolo_lines.fields(text):
            if len(fields) > 5 and len(lines) < yolo_columns.MAX_LINES:
                with reporting(lambda _: None, ""):  # what is wrong in the line is for `_boxes` to report
                    lines.append(yolo_lines.parse(fields, dataset.labels)[1])
    columns = yolo_columns.decide([line for line in lines if len(line) > 4], dataset.num_keypoint_values)
    if columns.predicted:
        message = "its labels hold confidences or tracks' numbers, as a model's predictions do"
        on_issue(Issue(str(path), message, "look at the boxes before you train on them", hint=True))
    return columns


def _boxes(
    path: Path, text: str, labels: Mapping[int, str], columns: Columns, header: Header, on_issue: OnIssue
) -> tuple[tuple[Box, ...], tuple[str, ...]]:
    """Return the boxes of a label file's text, in the picture as stored, and their places."""
    boxes, places = [], []
    for number, fields in yolo_lines.fields(text):
        with reporting(on_issue, f"{path}, line {number}"):
            label, values = yolo_lines.parse(fields, labels)
            is_named = not yolo_lines.NUMBER.fullmatch(fields[0])
            boxes.append(_box(label, columns.edges(values), header, is_named))
            places.append(f"{path}, line {number}")
    return tuple(boxes), tuple(places)


def _box(label: str, fractions: yolo_columns.Edges, header: Header, is_named: bool) -> Box:
    """Return the box with these edges, left, top, right, bottom, which may lie outside a little.

    is_named: its class stands there by its name, as OIDv4 ToolKit writes it, with corners in pixels.
    Raises InvalidValueError for edges so far outside that they are no fractions of the picture.
    """
    width, height = orientation.shown_size(header)
    if any(abs(fraction - 0.5) > 0.5 + MAX_OUTSIDE for fraction in fractions):
        edges = "{:g},{:g} to {:g},{:g}".format(*fractions)
        message = f"box from {edges}, which are no fractions of the picture, from 0 to 1"
        fix = f"divide pixels by its size, {width}x{height}, and percentages by 100"
        raise InvalidValueError(message, "write centre x, y, width, height, no corners in pixels" if is_named else fix)
    left, top, right, bottom = (edge * side for edge, side in zip(fractions, (width, height) * 2, strict=True))
    return orientation.to_stored(validate.make_box(left, top, right, bottom, label), header)


def render(path: Path, pictures: Sequence[Picture], *, allow_outside: bool = False) -> RenderedFiles:
    """Return label files, a list of the pictures in their order and, last, data.yaml.

    path: the dataset's folder, whose list is train.txt, or a list NAME.txt in it: then NAME is added to the data.yaml
    that is there, so that several splits share one. A box that sticks out is cut off at the edge, and ignore boxes,
    which YOLO has no place for, are left out; notes say how many. Raises AnnotationError for what `read` would refuse
    or change, and for pictures outside the folder, whatever `allow_outside` says.
    """
    del allow_outside  # a label file lies where its picture does
    root, split = root_of(path), path.stem if path.suffix == ".txt" else "train"
    config = root / "data.yaml"
    splits, labels = _read_config(config)
    labels += sorted({box.label for picture in pictures for box in picture.boxes if not box.ignore} - set(labels))
    files: dict[Path, bytes] = {}
    counts: Counter[str] = Counter()
    names = []
    for picture in pictures:
        validate.check_boxes(path, picture)
        names.append(validate.relative_name(path, picture, root))
        file = yolo_labels.mirrored_label_file(root / names[-1], root)
        if file in files:
            raise AnnotationError(f"{path}: two pictures share the label file {file.name}; rename {picture.path.name}")
        files[file] = "".join(_lines(picture, labels, counts)).encode()
    files[root / f"{split}.txt"] = "".join(f"./{name}\n" for name in names).encode()
    files[config] = _config(splits | {split: f"{split}.txt"}, labels).encode()
    notes = tuple(f"{path}: {count} {what}" for what, count in counts.items() if count)
    return RenderedFiles(files, notes, frozenset({config}))


def _read_config(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the splits and the class names in a data.yaml; none where there is none yet."""
    if not path.exists():
        return {}, []
    with reporting(raise_issue, str(path)):
        content = yolo_yaml.load(path)
        names = yolo_yaml.class_names(content)
        splits = {key: value for key, value in content.items() if key not in ("names", "nc", "path")}
        if sorted(names) != list(range(len(names))) or not all(isinstance(value, str) for value in splits.values()):
            raise InvalidValueError("not as brandlens writes it", "name another folder")
        return splits, [names[number] for number in sorted(names)]


def _config(splits: Mapping[str, str], labels: Sequence[str]) -> str:
    """Return a data.yaml that does not depend on what its folder is called."""
    lines = [f"{key}: {_quote(value)}" for key, value in splits.items()]
    names = [f"  {number}: {_quote(label)}" for number, label in enumerate(labels)]
    return "\n".join([*lines, "names:" if names else "names: {}", *names, ""])


def _quote(text: str) -> str:
    """Return a YAML text in which only printable characters stand as they are."""
    characters = (char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in text)
    return f'"{"".join(characters)}"'


def _lines(picture: Picture, labels: Sequence[str], counts: Counter[str]) -> Iterator[str]:
    """Yield the lines of the picture's label file; count what is not written as it is."""
    header, as_stored = _labelled_frame(picture)
    width, height = orientation.shown_size(header)
    for box in picture.boxes:
        if box.ignore:
            counts["ignore boxes left out, which YOLO has no place for"] += 1
            continue
        shown_box = orientation.to_shown(box, header) if as_stored else box
        clipped = clip_box(shown_box, width, height)
        if clipped is None:
            raise AnnotationError(
                f'{picture.path}: the box of label "{box.label}" at {box.left},{box.top} lies outside; remove it'
            )
        counts["boxes cut off at the edge of their pictures"] += clipped != shown_box
        x, y = clipped.left + clipped.width / 2, clipped.top + clipped.height / 2
        fractions = (x / width, y / height, clipped.width / width, clipped.height / height)
        yield f"{labels.index(box.label)} {' '.join(f'{fraction:.7f}' for fraction in fractions)}\n"


def _labelled_frame(picture: Picture) -> tuple[Header, bool]:
    """Return the picture's header, and whether its boxes are in the picture as stored and not as displayed."""
    if not picture.path.exists() and picture.width is not None and picture.height is not None:
        return Header("", picture.width, picture.height), True
    with reporting(raise_issue, str(picture.path)):
        header = orientation.header_of(picture.path)
        as_stored = orientation.is_labelled_as_stored((picture.width, picture.height), header)
        if as_stored is None:
            raise InvalidValueError(
                f"is {header.width}x{header.height}, labelled at {picture.width}x{picture.height}", "fix its size"
            )
        return header, as_stored
