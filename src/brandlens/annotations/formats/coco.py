"""COCO's JSON: images, annotations with bbox [left, top, width, height], categories.

`ignore` is written as iscrowd and ignore, and read from either. Sides may be fractions; they are rounded to whole
pixels' edges. A file in a folder named "annotations" belongs to the folder above, as COCO has it. Where Label Studio
and CVAT name a picture otherwise than they store it, it is looked for in `images`.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brandlens.annotations import text_files, validate
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue, reporting
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.boxes import Box

UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before the name of an uploaded file

Boxes = dict[int | str, list[tuple[str, Box]]]  # by image id: place and box


def read(path: Path, *, anywhere: bool = False, tell: OnIssue = raise_issue) -> list[Picture]:
    """The pictures of a COCO file, in its order. anywhere: allow picture names that leave the dataset's folder.

    Raises AnnotationError: one line with the file, the entry in it and the mend. A `tell` that does not raise hears of
    every box and picture that is left out.
    """
    with reporting(raise_issue, str(path)):
        content = _content(path)
    places: dict[int | str, str] = {}
    for at, image in enumerate(content["images"]):
        with reporting(tell, f"{path}, images[{at}]"):
            key = _key(image, "id")
            if key in places:
                raise InvalidValueError(f"the id {key} is that of another image too", "give each its own")
            places[key] = f"{path}, images[{at}]"
    boxes = _boxes(path, content, places, tell)
    pictures = []
    for image, place in zip(_having(content["images"], places), places.values(), strict=True):
        with reporting(tell, place):
            pictures.append(_picture(path, image, place, boxes.get(image["id"], []), anywhere, tell))
    return pictures


def _content(path: Path) -> dict[str, list[Any]]:
    try:
        content = json.loads(text_files.text(path))
    except RecursionError:
        raise InvalidValueError("lists inside lists without end", "export it again") from None
    except ValueError as error:
        raise InvalidValueError(f"not JSON: {error}", "export it again") from None
    names = ("images", "annotations", "categories")
    lists = {name: content.get(name, []) for name in names} if isinstance(content, dict) and "images" in content else {}
    if not lists or not all(isinstance(each, list) for each in lists.values()):
        raise InvalidValueError("not COCO's lists of images, annotations and categories", "export it as COCO")
    return lists


def _having(images: list[Any], places: dict[int | str, str]) -> list[dict[str, Any]]:
    """The images with these ids, the first of each."""
    left = dict.fromkeys(places)
    return [image for image in images if isinstance(image, dict) and _known(image.get("id"), left)]


def _known(key: Any, left: dict[Any, None]) -> bool:
    if not isinstance(key, int | str) or key not in left:
        return False
    del left[key]
    return True


def _key(entry: Any, name: str) -> int | str:
    """An entry's id under this name. Raises UnfitError."""
    if not isinstance(entry, dict):
        raise InvalidValueError("not an object with names and values", "remove it")
    if not isinstance(entry.get(name), int | str):
        raise InvalidValueError(f"has no {name}", "give it one")
    return entry[name]


def _boxes(path: Path, content: dict[str, list[Any]], images: dict[int | str, str], tell: OnIssue) -> Boxes:
    labels = {}
    for at, category in enumerate(content["categories"]):
        with reporting(tell, f"{path}, categories[{at}]"):
            labels[_key(category, "id")] = validate.label(category.get("name"))
    boxes: Boxes = {}
    for at, annotation in enumerate(content["annotations"]):
        place = f"{path}, annotations[{at}]"
        with reporting(tell, place):
            image, category = _key(annotation, "image_id"), _key(annotation, "category_id")
            for key, known, kind in ((image, images, "image"), (category, labels, "category")):
                if key not in known:
                    raise InvalidValueError(f"there is no {kind} with the id {key}", "remove it or add that")
            boxes.setdefault(image, []).append((place, _box(annotation, labels[category])))
    return boxes


def _box(annotation: dict[str, Any], label: str) -> Box:
    sides = annotation.get("bbox")
    if not isinstance(sides, list) or len(sides) != 4:
        raise InvalidValueError("has no bbox of four numbers", "export boxes, not masks alone")
    left, top, width, height = map(validate.number, sides, ("left", "top", "width", "height"))
    ignore = any(annotation.get(name) not in (None, 0, False) for name in ("iscrowd", "ignore"))
    return validate.box(left, top, left + width, top + height, label, ignore)


def _picture(
    path: Path, image: dict[str, Any], place: str, boxes: list[tuple[str, Box]], anywhere: bool, tell: OnIssue
) -> Picture:
    file = _file(path, validate.name(image.get("file_name")), anywhere)
    sides: tuple[int | None, int | None] = (None, None)
    with reporting(tell, place):
        sides = validate.size(image.get("width"), image.get("height"))
    return Picture(file, tuple(box for _, box in boxes), *sides, (place, *(at for at, _ in boxes)))


def _file(path: Path, named: str, anywhere: bool) -> Path:
    """The picture of this name: as it says, or where tools store what they name otherwise."""
    root, base = root_of(path), validate.base(named)
    literal, outside, candidates = None, None, []
    try:
        literal = validate.inside(root, named, anywhere=anywhere)
        subset = path.stem.removeprefix("instances_")
        folders = (root, path.parent, root / "images", root / "images" / subset, root / subset)
        candidates = [folder / named for folder in folders]
    except InvalidValueError as error:
        outside = error
    if outside or UPLOADED.match(base):
        candidates += [folder / name for name in (base, UPLOADED.sub("", base)) for folder in (root / "images", root)]
    found = validate.existing(candidates) or literal
    if found is None:
        raise outside
    return found


def root_of(path: Path) -> Path:
    """The dataset's folder, to which names are relative."""
    return path.parent.parent if path.parent.name == "annotations" else path.parent


def render(path: Path, pictures: Sequence[Picture], *, anywhere: bool = False) -> RenderedFiles:
    """The file of these pictures in their order, ids from 1; the same pictures give the same bytes.

    Raises AnnotationError for what `read` would refuse or change.
    """
    labels = sorted({box.label for picture in pictures for box in picture.boxes})
    categories = {label: at for at, label in enumerate(labels, 1)}
    images, annotations = [], []
    for at, picture in enumerate(pictures, 1):
        validate.writable(path, picture)
        named = validate.relative(path, picture, root_of(path), anywhere=anywhere)
        sides = {side: getattr(picture, side) for side in ("width", "height") if getattr(picture, side) is not None}
        images.append({"id": at, "file_name": named} | sides)
        for box in picture.boxes:
            place = {"id": len(annotations) + 1, "image_id": at, "category_id": categories[box.label]}
            shape = {"bbox": [box.left, box.top, box.width, box.height], "area": box.width * box.height}
            shape |= {"segmentation": [], "iscrowd": int(box.ignore)} | ({"ignore": 1} if box.ignore else {})
            annotations.append(place | shape)
    named = [{"id": at, "name": label} for label, at in categories.items()]
    lists = {"images": images, "annotations": annotations, "categories": named}
    return RenderedFiles({path: _lines(lists).encode()})


def _lines(lists: dict[str, list[dict[str, Any]]]) -> str:
    """JSON with an entry a line."""
    written = {
        name: ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) for name, entries in lists.items()
    }
    return "{\n" + ",\n".join(f'"{name}": [\n{entries}\n]' for name, entries in written.items()) + "\n}\n"
