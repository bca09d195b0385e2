"""COCO's JSON: images, annotations with bbox [left, top, width, height], categories.

`ignore` is written as iscrowd and ignore, and read from either. Sides may be fractions; they are rounded to whole
pixels' edges. A file in a folder named "annotations" belongs to the folder above, as in COCO itself. Where Label Studio
and CVAT name a picture otherwise than they store it, it is looked for in `images`.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brandlens.annotations import text_files, validate
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue, reporting
from brandlens.annotations.orientation import ToolExif
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
    places: dict[int | str, str] = {}
    for index, image in enumerate(content["images"]):
        with reporting(on_issue, f"{path}, images[{index}]"):
            key = _id(image, "id")
            if key in places:
                raise InvalidValueError(f"the id {key} is that of another image too", "give each its own")
            places[key] = f"{path}, images[{index}]"
    boxes = _boxes(path, content, places, on_issue)
    pictures = []
    for image, place in zip(_first_of_each(content["images"], places), places.values(), strict=True):
        with reporting(on_issue, place):
            pictures.append(_picture(path, image, place, boxes.get(image["id"], []), allow_outside, on_issue))
    return pictures


def _load(path: Path) -> dict[str, list[Any]]:
    try:
        content = json.loads(text_files.read_text(path))
    except RecursionError:
        raise InvalidValueError("lists inside lists without end", "export it again") from None
    except ValueError as error:
        raise InvalidValueError(f"not JSON: {error}", "export it again") from None
    names = ("images", "annotations", "categories")
    lists = {name: content.get(name, []) for name in names} if isinstance(content, dict) and "images" in content else {}
    if not lists or not all(isinstance(entries, list) for entries in lists.values()):
        raise InvalidValueError("not COCO's lists of images, annotations and categories", "export it as COCO")
    return lists


def _first_of_each(images: list[Any], ids: dict[int | str, str]) -> list[dict[str, Any]]:
    """Return the images with these ids, the first of each."""
    left = set(ids)
    first = []
    for image in images:
        key = image.get("id") if isinstance(image, dict) else None
        if isinstance(key, int | str) and key in left:
            left.remove(key)
            first.append(image)
    return first


def _id(entry: Any, name: str) -> int | str:
    """Return an entry's id under this name."""
    if not isinstance(entry, dict):
        raise InvalidValueError("not an object with names and values", "remove it")
    if not isinstance(entry.get(name), int | str):
        raise InvalidValueError(f"has no {name}", "give it one")
    return entry[name]


def _boxes(path: Path, content: dict[str, list[Any]], images: dict[int | str, str], on_issue: OnIssue) -> Boxes:
    labels: dict[int | str, str] = {}
    for index, category in enumerate(content["categories"]):
        with reporting(on_issue, f"{path}, categories[{index}]"):
            labels[_id(category, "id")] = validate.parse_label(category.get("name"))
    boxes: Boxes = {}
    for index, annotation in enumerate(content["annotations"]):
        place = f"{path}, annotations[{index}]"
        with reporting(on_issue, place):
            image_id, category_id = _id(annotation, "image_id"), _id(annotation, "category_id")
            for key, known, kind in ((image_id, images, "image"), (category_id, labels, "category")):
                if key not in known:
                    raise InvalidValueError(f"there is no {kind} with the id {key}", "remove it or add that")
            boxes.setdefault(image_id, []).append((place, _box(annotation, labels[category_id])))
    return boxes


def _box(annotation: dict[str, Any], label: str) -> Box:
    bbox = annotation.get("bbox")
    if not isinstance(bbox, list) or len(bbox) != 4:
        raise InvalidValueError("has no bbox of four numbers", "export boxes, not masks alone")
    left, top, width, height = map(validate.parse_number, bbox, ("left", "top", "width", "height"))
    ignore = any(annotation.get(name) not in (None, 0, False) for name in ("iscrowd", "ignore"))
    return validate.make_box(left, top, left + width, top + height, label, ignore)


def _picture(
    path: Path,
    image: dict[str, Any],
    place: str,
    boxes: list[tuple[str, Box]],
    allow_outside: bool,
    on_issue: OnIssue,
) -> Picture:
    file = _find_picture(path, validate.parse_name(image.get("file_name")), allow_outside)
    size: tuple[int | None, int | None] = (None, None)
    with reporting(on_issue, place):
        size = validate.parse_size(image.get("width"), image.get("height"))
    return Picture(file, tuple(box for _, box in boxes), *size, (place, *(place for place, _ in boxes)))


def _find_picture(path: Path, name: str, allow_outside: bool) -> Path:
    """Return the picture of this name: as it says, or where tools store what they name otherwise."""
    root, base = root_of(path), validate.base_name(name)
    elsewhere = [folder / file for file in (base, UPLOADED.sub("", base)) for folder in (root / "images", root)]
    try:
        literal = validate.path_inside(root, name, allow_outside=allow_outside)
    except InvalidValueError:
        if stored := validate.first_existing(elsewhere):
            return stored
        raise
    subset = path.stem.removeprefix("instances_")
    folders = (root, path.parent, root / "images", root / "images" / subset, root / subset)
    candidates = [*(folder / name for folder in folders), *(elsewhere if UPLOADED.match(base) else ())]
    return validate.first_existing(candidates) or literal


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
            shape = {"bbox": [box.left, box.top, box.width, box.height], "area": box.width * box.height}
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
