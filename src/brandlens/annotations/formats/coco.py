"""COCO's JSON: images, annotations with bbox [left, top, width, height], categories.

`ignore` is written as iscrowd and ignore, and read from either. Sides may be fractions; they are rounded to whole
pixels' edges. A file in a folder named "annotations" belongs to the folder above, as in COCO itself. Where Label Studio
and CVAT name a picture otherwise than they store it, it is looked for in `images`.

CVAT writes a rotated box as it is before the rotation, which it writes in degrees as an attribute; it is read as the
upright box around it, and so are polygons without a bbox. Label Studio states the size of a picture as stored beside
boxes of the picture as displayed (HumanSignal/label-studio, issue 6608), so its sizes do not count there.
"""

import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from brandlens.annotations import shapes, text_files, validate
from brandlens.annotations.coco_values import edges_of, parse_id
from brandlens.annotations.find_images import ImageFinder, spellings
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue, reporting
from brandlens.annotations.orientation import ToolExif, drawn_as
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.sample import SPACE, Sample
from brandlens.boxes import Box

NAME = "coco"
DESCRIPTION = "COCO's JSON: a file"
PATTERNS: tuple[str, ...] = ("*.json",)
FIXABLE = True
EXIF: ToolExif | None = "applied"  # CVAT and Label Studio turn pictures
UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before the name of an uploaded file
Boxes = dict[int | str, list[tuple[str, Box]]]  # by image id: place and box


def sniff(sample: Sample) -> bool:
    """Return whether a file begins as a JSON object."""
    return sample.kind == "json" and sample.start.lstrip(SPACE).startswith(b"{")


def read(path: Path, *, allow_outside: bool = False, on_issue: OnIssue = raise_issue) -> list[Picture]:
    """Return the pictures of a COCO file, in its order.

    allow_outside: allow picture names that leave the dataset's folder. Raises AnnotationError: one line with the file,
    the entry in it and the fix. An `on_issue` that does not raise gets every box and picture that is left out.
    """
    with reporting(raise_issue, str(path)):
        content = _load(path)
    images: dict[int | str, tuple[str, dict[str, Any]]] = {}  # by id: place and entry
    for index, image in enumerate(content["images"]):
        with reporting(on_issue, f"{path}, images[{index}]"):
            key = parse_id(image, "id")
            if key in images:
                raise InvalidValueError(f"the id {key} is that of another image too", "give each its own")
            images[key] = (f"{path}, images[{index}]", image)
    boxes = _boxes(path, content, images, on_issue)
    finder = ImageFinder(root_of(path), allow_outside=allow_outside, on_issue=on_issue)
    pictures = []
    for key, (place, image) in images.items():
        with reporting(on_issue, place):
            pictures.append(_picture(path, image, place, boxes.get(key, []), finder, on_issue))
    return [drawn_as(picture, exif_applied=True) for picture in pictures] if content["is_label_studio"] else pictures


def _load(path: Path) -> dict[str, Any]:
    """Return the three lists, and whether Label Studio wrote them."""
    try:
        content = json.loads(text_files.read_text(path), object_pairs_hook=_object)
    except RecursionError:
        raise InvalidValueError("lists inside lists without end", "export it again") from None
    except ValueError as error:
        raise InvalidValueError(f"not JSON: {error}", "export it again") from None
    names = ("images", "annotations", "categories")
    lists = {name: content.get(name, []) for name in names} if isinstance(content, dict) and "images" in content else {}
    if not lists or not all(isinstance(entries, list) for entries in lists.values()):
        raise InvalidValueError("not COCO's lists of images, annotations and categories", "export it as COCO")
    info = content.get("info")
    return lists | {"is_label_studio": isinstance(info, dict) and info.get("contributor") == "Label Studio"}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object. Raises InvalidValueError for a name that is in it twice, as of two exports pasted."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidValueError(f'an object has "{twice[:20]}" twice', "keep one, or put both into one list")
    return content


def _labels(path: Path, categories: list[Any], on_issue: OnIssue) -> dict[int | str, str | None]:
    """Return the label of each category, None where two have one id."""
    labels: dict[int | str, str | None] = {}
    for index, category in enumerate(categories):
        with reporting(on_issue, f"{path}, categories[{index}]"):
            key, label = parse_id(category, "id"), validate.parse_label(category.get("name"))
            first = labels.setdefault(key, label)
            if first != label:
                labels[key] = None
                names = f'"{first}" and "{label}"' if first else f'"{label}" and others'
                raise InvalidValueError(f"the id {key} is that of {names}", "give each category its own")
    return labels


def _boxes(path: Path, content: dict[str, Any], images: Collection[int | str], on_issue: OnIssue) -> Boxes:
    labels = _labels(path, content["categories"], on_issue)
    boxes: Boxes = {}
    for index, annotation in enumerate(content["annotations"]):
        place = f"{path}, annotations[{index}]"
        with reporting(on_issue, place):
            image_id, category_id = parse_id(annotation, "image_id"), parse_id(annotation, "category_id")
            for key, known, kind in ((image_id, images, "image"), (category_id, labels, "category")):
                if key not in known:
                    raise InvalidValueError(f"there is no {kind} with the id {key}", "remove it or add that")
            if (label := labels[category_id]) is None:
                raise InvalidValueError(f"two categories have its id {category_id}", "give each category its own")
            boxes.setdefault(image_id, []).append((place, _box(annotation, label, place, on_issue)))
    return boxes


def _box(annotation: dict[str, Any], label: str, place: str, on_issue: OnIssue) -> Box:
    edges = shapes.in_order(edges_of(annotation), label, place, on_issue)
    ignore = any(validate.parse_flag(annotation.get(name), name) for name in ("iscrowd", "ignore"))
    return validate.make_box(*edges, label, ignore)


def _picture(
    path: Path,
    image: dict[str, Any],
    place: str,
    boxes: list[tuple[str, Box]],
    finder: ImageFinder,
    on_issue: OnIssue,
) -> Picture:
    file = _find_picture(path, validate.parse_name(image.get("file_name")), place, finder)
    size: tuple[int | None, int | None] = (None, None)
    with reporting(on_issue, place):
        size = validate.parse_size(image.get("width"), image.get("height"))
    return Picture(file, tuple(box for _, box in boxes), *size, (place, *(place for place, _ in boxes)))


def _find_picture(path: Path, name: str, place: str, finder: ImageFinder) -> Path:
    """Return the picture of this name: as it says, or where tools store what they name otherwise."""
    root = root_of(path)
    bases = [validate.base_name(spelling) for spelling in spellings(name)]
    files = [file for base in bases for file in (base, UPLOADED.sub("", base)) if file]
    is_elsewhere = "://" in name or validate.is_outside(name) or UPLOADED.match(validate.base_name(name))
    subset = path.stem.removeprefix("instances_")
    return finder.find(
        name,
        place,
        folders=(path.parent, root / "images", root / "images" / subset, root / subset),
        elsewhere=[folder / file for file in files for folder in (root / "images", root)] if is_elsewhere else (),
    )


def root_of(path: Path) -> Path:
    """Return the dataset's folder, to which names are relative."""
    return path.parent.parent if path.parent.name == "annotations" else path.parent


def image_folder(path: Path) -> Path:
    """Return the folder for the pictures of a dataset to be written."""
    return root_of(path) / "images"


def render(path: Path, pictures: Sequence[Picture], *, allow_outside: bool = False) -> RenderedFiles:
    """Return the file of these pictures in their order, ids from 1; the same pictures give the same bytes.

    Raises AnnotationError for what `read` would refuse or change.
    """
    labels = sorted({box.label for picture in pictures for box in picture.boxes})
    category_ids = {label: number for number, label in enumerate(labels, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, picture in enumerate(pictures, 1):
        validate.check_boxes(path, picture)
        name = validate.relative_name(path, picture, root_of(path), allow_outside=allow_outside)
        size = {side: getattr(picture, side) for side in ("width", "height") if getattr(picture, side) is not None}
        images.append({"id": image_id, "file_name": name} | size)
        for box in picture.boxes:
            ids = {"id": len(annotations) + 1, "image_id": image_id, "category_id": category_ids[box.label]}
            bbox = [int(side) for side in (box.left, box.top, box.width, box.height)]  # JSON has no integers of NumPy
            shape = {"bbox": bbox, "area": bbox[2] * bbox[3]}
            flags = {"segmentation": [], "iscrowd": int(box.ignore)} | ({"ignore": 1} if box.ignore else {})
            annotations.append(ids | shape | flags)
    categories = [{"id": number, "name": label} for label, number in category_ids.items()]
    return RenderedFiles(
        {path: _dump({"images": images, "annotations": annotations, "categories": categories}).encode()}
    )


def _dump(lists: dict[str, list[dict[str, Any]]]) -> str:
    """Return JSON with an entry a line."""
    lines = {
        name: ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) for name, entries in lists.items()
    }
    return "{\n" + ",\n".join(f'"{name}": [\n{entries}\n]' for name, entries in lines.items()) + "\n}\n"
