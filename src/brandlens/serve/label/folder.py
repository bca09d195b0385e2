"""The pictures of a folder and their boxes, as the page sees them: in the picture as it is displayed."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from brandlens import images, io, media_files
from brandlens.annotations import Picture, orientation
from brandlens.annotations.formats import imglab
from brandlens.annotations.issues import InvalidValueError
from brandlens.annotations.validate import relative_name
from brandlens.boxes import Box
from brandlens.errors import AnnotationError, PictureError, UserError
from brandlens.image_headers import Header
from brandlens.serve.label.imglab_file import Image, ImglabFile
from brandlens.serve.label.locate import locate

Keyed = tuple[int | None, Box]  # a box, and its place among those that the file has; None for a new one


class ConflictError(Exception):
    """Someone else has changed the boxes of a picture meanwhile."""


@dataclass
class State:
    """A picture's boxes, in it as it is displayed.

    width, height: in pixels, as displayed. etag: changes when the boxes do. note: what is odd about it, or "".
    """

    name: str
    width: int
    height: int
    labelled: bool
    boxes: list[Box]
    etag: str
    note: str = ""


@dataclass
class LabelFolder:
    """A folder of pictures, and the imglab file with their labels. One process at a time has it; threads may share it.

    A picture in the file is labelled: one without boxes shows no logo. unreadable: pictures by name, and the reason.
    """

    root: Path
    file: ImglabFile
    files: dict[str, Path] = field(default_factory=dict)  # by the id that the page knows
    unreadable: dict[str, str] = field(default_factory=dict)
    _stamp: tuple[int, int] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _open: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a folder, or the folder of an annotation file. Raises UserError, also where another process has it."""
        annotations = locate(path)
        with ExitStack() as stack:
            stack.enter_context(io.locked(annotations, "--label"))
            folder = cls(imglab.root_of(annotations), ImglabFile.read(annotations))
            folder._stamp = _stamp(annotations)
            folder.scan()
            if not folder.files and not folder.unreadable:
                raise UserError(f"--label {path}: no pictures in this folder")
            folder._open = stack.pop_all()
        return folder

    def close(self) -> None:
        """Let other processes have the folder."""
        self._open.close()

    def scan(self) -> None:
        """List the pictures that are in the folder now."""
        skipped: dict[str, list[Path]] = {}
        try:
            listing = media_files.list_files([str(self.root)])
            paths, skipped = listing.files, listing.skipped
        except PictureError:
            paths = []
        with self._lock:
            named = [image.path for image in self.file.images if image.path]
            missing = [path for path in dict.fromkeys(named) if not path.is_file()]
            paths = sorted({*paths, *named} - {*missing})
            unreadable = {self.name_of(file): reason for reason, files in skipped.items() for file in files}
            unreadable |= {self.name_of(path): "in the annotations, but not there" for path in missing}
            self.files = {_id(self.name_of(path)): path for path in paths}
            known = {self.name_of(path) for path in paths}
            self.unreadable = unreadable | {name: why for name, why in self.unreadable.items() if name in known}

    def name_of(self, path: Path) -> str:
        """Return a picture's name, relative to the folder."""
        try:
            return relative_name(self.file.path, Picture(path), self.root)
        except AnnotationError:  # a name that no annotation file can have
            return path.name

    def find(self, picture_id: str) -> Path:
        """Return the file of a picture. Raises KeyError."""
        return self.files[picture_id]

    def refuse(self, path: Path, reason: str) -> None:
        """Remember that a picture cannot be read."""
        with self._lock:
            self.unreadable[self.name_of(path)] = reason

    def read_state(self, path: Path) -> State:
        """Return a picture's boxes. Raises PictureError, and AnnotationError for a file that was damaged meanwhile."""
        header = header_of(path)
        with self._lock:
            self._refresh()
            return self._state(path, header)

    def _state(self, path: Path, header: Header) -> State:
        found = self.file.find(path)
        as_stored, note = _frame(found, header)
        boxes = [box for image in found for box in image.boxes.values()]
        digest = hashlib.sha256(json.dumps([bool(found), [asdict(box) for box in boxes]]).encode()).hexdigest()[:24]
        displayed = [orientation.to_shown(box, header) if as_stored else box for box in boxes]
        width, height = orientation.shown_size(header)
        return State(self.name_of(path), width, height, bool(found), displayed, f'"{digest}"', note)

    def save(self, path: Path, etag: str, boxes: Sequence[Keyed] | None) -> State:
        """Save a picture's boxes, in it as it is displayed; None takes it out of the labelled ones.

        etag: of the state that was changed. Raises ConflictError where it is another by now, AnnotationError for what
        cannot be written, PictureError, OSError.
        """
        header = header_of(path)
        with self._lock:
            self._refresh()
            if self._state(path, header).etag != etag:
                raise ConflictError
            before = list(self.file.images)
            try:
                self._change(path, header, boxes)
                self.file.save()
            except BaseException:
                self.file.images = before
                raise
            self._stamp = _stamp(self.file.path)
            return self._state(path, header)

    def _change(self, path: Path, header: Header, boxes: Sequence[Keyed] | None) -> None:
        if boxes is None:
            self.file.remove(path)
            return
        as_stored, _ = _frame(self.file.find(path), header)
        size = (header.width, header.height) if as_stored else orientation.shown_size(header)
        if as_stored:
            boxes = [(key, orientation.to_stored(box, header)) for key, box in boxes]
        self.file.replace(path, size, boxes)

    def _refresh(self) -> None:
        """Read the file again where another program has written it."""
        stamp = _stamp(self.file.path)
        if stamp == self._stamp:
            return
        if stamp is None:
            raise AnnotationError(f"{self.file.path.name} is gone; put it back, or start the service again")
        try:
            self.file = ImglabFile.read(self.file.path)
        except AnnotationError as error:
            message = str(error).removeprefix(str(self.file.path))
            raise AnnotationError(f"{self.file.path.name}{message}") from None
        self._stamp = stamp

    def list_pictures(self) -> list[dict[str, Any]]:
        """Return id, name, labelled, number of boxes, and error (None for a picture that can be read) of each."""
        with self._lock:
            self._refresh()
            counts: dict[Path, int] = {}
            for image in self.file.images:
                if image.path:
                    counts[image.path] = counts.get(image.path, 0) + len(image.boxes)
            rows = [
                {"id": picture_id, "name": (name := self.name_of(path)), "labelled": path in counts,
                 "boxes": counts.get(path, 0), "error": self.unreadable.get(name)}
                for picture_id, path in self.files.items()
            ]  # fmt: skip
            known = {row["name"] for row in rows}
            others = [
                {"id": None, "name": name, "labelled": False, "boxes": 0, "error": reason}
                for name, reason in sorted(self.unreadable.items())
                if name not in known
            ]
        return rows + others

    def count(self) -> dict[str, Any]:
        """Return how far labelling is: labelled and empty (without a logo) pictures; boxes and pictures by label."""
        with self._lock:
            boxes, pictures = Counter[str](), dict[str, set[Path]]()
            labelled, with_logo = set[Path](), set[Path]()
            for image in self.file.images:
                if image.path in labelled or (image.path and image.path.is_file()):
                    labelled.add(image.path)
                    for box in image.boxes.values():
                        boxes[box.label] += not box.ignore
                        pictures.setdefault(box.label, set())
                        if not box.ignore:
                            pictures[box.label].add(image.path)
                            with_logo.add(image.path)
        labels = [{"label": label, "boxes": boxes[label], "pictures": len(paths)} for label, paths in pictures.items()]
        return {"labelled": len(labelled), "empty": len(labelled - with_logo), "labels": labels}

    def unlabelled(self) -> list[Path]:
        """Return the pictures that no one has labelled."""
        with self._lock:
            labelled = {image.path for image in self.file.images}
            return [path for path in self.files.values() if path not in labelled]


def header_of(path: Path) -> Header:
    """Return a picture's size as stored, and its orientation. Raises PictureError."""
    try:
        return orientation.header_of(path)
    except InvalidValueError:  # OpenCV reads more formats
        height, width = images.read(path).shape[:2]
        return Header("", width, height)


def _frame(found: Sequence[Image], header: Header) -> tuple[bool, str]:
    """Return whether the file has boxes in the picture as stored, and what is odd about the size that it states."""
    size = found[0].size if found else (None, None)
    as_stored = orientation.is_labelled_as_stored(size, header, exif_applied=False)
    if as_stored is None:
        return True, (
            f"The annotations state {size[0]}x{size[1]} pixels, the picture has {header.width}x{header.height}: "
            "look at where its boxes are."
        )
    return as_stored, ""


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _id(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:16]
