"""Which label file is which picture's in a YOLO dataset, and which label files are nobody's."""

import difflib
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from brandlens import images
from brandlens.annotations import validate
from brandlens.annotations.find_images import MAX_COMPARED, MIN_SIMILARITY, caseless, without_suffix
from brandlens.annotations.issues import Issue, OnIssue

CLASS_FILES = frozenset({"classes.txt", "obj.names"})
PICTURE_FOLDERS = frozenset({"images", "image", "imgs", "img", "jpegimages", "pictures"})
LABEL_FOLDERS = frozenset({"labels", "label", "annotations", "annotation", "txt"})
NUMBER = re.compile(r"[-+]?[0-9]*[.,]?[0-9]+([eE][-+]?[0-9]+)?")

Key = tuple[str, ...]


def label_file(picture: Path, root: Path) -> Path:
    """Return where a picture's label file is: as `mirrored_label_file` says, or beside the picture if only there."""
    beside, mirrored = picture.with_suffix(".txt"), mirrored_label_file(picture, root)
    return beside if validate.first_existing([mirrored, beside]) == beside else mirrored


def mirrored_label_file(picture: Path, root: Path) -> Path:
    """Return where a picture's label file is to be written.

    It is in `labels` in place of the last folder `images` in the dataset; beside the picture where there is none.
    """
    parts = list(picture.with_suffix(".txt").parts)
    for index in range(len(parts) - 2, len(root.parts) - 1 if root in picture.parents else -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts)


def find(pictures: Sequence[Path], root: Path, folders: Sequence[Path], on_issue: OnIssue) -> dict[Path, Path]:
    """Return the label files of those pictures that have one.

    A label file that nearly fits one picture without labels (in `label`, in labels/train for train/images, called
    a.jpg.txt, spelt in another case, composed or escaped otherwise) is taken for its own, with a hint. One that belongs
    to no picture is an issue where it lies in one of these folders of the dataset, or in the same place among labels.
    """
    own = {picture: label_file(picture, root) for picture in pictures}
    labels = {picture: file for picture, file in own.items() if validate.first_existing([file])}
    _hint_at_shared(labels, on_issue)
    on_disk, texts = _walk(root)
    used = {*labels.values(), *(label_file(picture, root) for picture in on_disk if picture not in own)}
    strays = [file for file in texts if file not in used and holds_labels(file)]
    if not strays:
        return labels
    by_key: dict[Key, list[Path]] = {}
    for picture in pictures:
        by_key.setdefault(_key(picture, root), []).append(picture)
    near: dict[Path, list[Path]] = {}
    orphans: list[Path] = []
    for stray in strays:
        candidates = by_key.get(_key(stray, root), [])
        candidates = [file for file in candidates if caseless(file.name) == caseless(stray.stem)] or candidates
        for picture in candidates:
            near.setdefault(picture, []).append(stray)
        if not candidates:
            orphans.append(stray)
    labels |= _take(near, labels, root, on_issue)
    _report(orphans, [*pictures, *on_disk], labels, root, folders, on_issue)
    return labels


def _hint_at_shared(labels: Mapping[Path, Path], on_issue: OnIssue) -> None:
    first: dict[Path, Path] = {}
    for picture, file in labels.items():
        if first.setdefault(file, picture) != picture:
            message = f"its boxes are of {first[file].name} and of {picture.name}"
            on_issue(Issue(str(file), message, "rename one picture if they differ", hint=True))


def _walk(root: Path) -> tuple[list[Path], list[Path]]:
    """Return the pictures and the text files below a folder, by name, but for what is hidden."""
    pictures, texts = [], []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            suffix = PurePath(name).suffix.lower()
            if suffix in images.SUFFIXES:
                pictures.append(Path(folder, name))
            elif suffix == ".txt" and name.lower() not in CLASS_FILES:
                texts.append(Path(folder, name))
    return pictures, texts


def holds_labels(file: Path) -> bool:
    """Return whether a file has a line and, unless it lies in a folder for labels, whether numbers end its first."""
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as lines:
            first = next((line for line in lines if line.strip()), "")
    except OSError:
        return True
    values = re.split(r"[\s;,]+", first.strip())
    is_line = len(values) > 4 and all(NUMBER.fullmatch(value) for value in values[-4:])
    return is_line or (bool(first) and any(part.lower() in LABEL_FOLDERS for part in file.parts[-3:-1]))


def _key(file: Path, root: Path) -> Key:
    """Return what a picture and its label file have in common wherever a tool puts them, and however it spells them."""
    name = without_suffix(file.stem if file.suffix.lower() == ".txt" else file.name)
    return *_folder_key(file.parent, root), name


def _folder_key(folder: Path, root: Path) -> Key:
    parts = folder.relative_to(root).parts if folder == root or root in folder.parents else folder.parts
    return tuple(caseless(part) for part in parts if caseless(part) not in PICTURE_FOLDERS | LABEL_FOLDERS)


def _take(
    near: Mapping[Path, Sequence[Path]], labels: Mapping[Path, Path], root: Path, on_issue: OnIssue
) -> dict[Path, Path]:
    """Return label files that nearly fit one picture; hint at them once a folder, report those that fit several."""
    taken: dict[Path, Path] = {}
    pairs_by_folder: dict[tuple[Path, bool], list[tuple[Path, Path]]] = {}
    pictures_of: dict[Path, list[Path]] = {}
    for picture, strays in near.items():
        for stray in strays:
            pictures_of.setdefault(stray, []).append(picture)
    for stray, pictures in pictures_of.items():
        without = [picture for picture in pictures if picture not in labels]
        if any(labels[picture].samefile(stray) for picture in pictures if picture in labels):
            continue  # on a disk that ignores case
        if len(pictures) == 1 and without and len(near[without[0]]) == 1:
            taken[without[0]] = stray
        elif without:
            others = sorted({str(path.relative_to(root)) for path in (*near[without[0]], *without)} - {stray.name})
            message = f"fits several: {', '.join(others)[:120]}"
            on_issue(Issue(str(stray), message, f"rename it to {_place(without[0], root)} if it is that picture's"))
            continue
        pairs_by_folder.setdefault((stray.parent, bool(without)), []).append((stray, pictures[0]))
    for (_, is_taken), pairs in pairs_by_folder.items():
        stray, picture = pairs[0]
        more = f", and {len(pairs) - 1:,} more in its folder likewise" if len(pairs) > 1 else ""
        if is_taken:
            is_composed = unicodedata.is_normalized("NFC", stray.name)
            how = "" if is_composed else " (its letters are decomposed, NFD)"
            message = f"taken for the labels of {picture.name}{how}{more}"
            shares = any(_place(other, root) == _place(picture, root) for _, other in pairs[1:])
            fix = "rename one of the pictures" if shares else f"rename it to {_place(picture, root)}"
        else:
            file = labels[picture].relative_to(root) if root in labels[picture].parents else labels[picture]
            message, fix = f"not read: {picture.name} has the labels {file}{more}", "remove the wrong one"
        on_issue(Issue(str(stray), message, fix, hint=True))
    return taken


def _place(picture: Path, root: Path) -> Path:
    """Return where other tools look for a picture's labels, relative to the dataset."""
    file = mirrored_label_file(picture, root)
    return file.relative_to(root) if root in file.parents else file


def _report(
    orphans: Sequence[Path],
    pictures: Sequence[Path],
    labels: Mapping[Path, Path],
    root: Path,
    folders: Sequence[Path],
    on_issue: OnIssue,
) -> None:
    """Report label files without a picture, each with the picture of its name in another folder, if there is one."""
    prefixes = [_folder_key(folder, root) for folder in folders]
    by_name: dict[str, Path] = {}
    for picture in pictures:
        by_name.setdefault(without_suffix(picture.name), picture)
    unlabelled = [name for name, picture in by_name.items() if picture not in labels][:MAX_COMPARED]
    for stray in orphans:
        key = _key(stray, root)
        if not any(key[: len(prefix)] == prefix for prefix in prefixes):
            continue
        named_so = by_name.get(key[-1])
        if named_so is None:
            where = root / "images" if (root / "images").is_dir() else root
            fix = "add the picture, or move this file out of the dataset"
            if near := difflib.get_close_matches(key[-1], unlabelled, 1, MIN_SIMILARITY):
                fix = f"is it {by_name[near[0]].name}? Then rename one of the two; if not, {fix}"
            on_issue(Issue(str(stray), f"its picture is not in {where}", fix))
        elif file := labels.get(named_so):
            message = f"not read: {named_so.name} has the labels {file.name} in {file.parent.name}"
            on_issue(Issue(str(stray), message, "remove the wrong one", hint=True))
        else:
            message = f"is not where the labels of {named_so} belong"
            on_issue(Issue(str(stray), message, f"move it to {root / _place(named_so, root)} if it is that picture's"))
