"""Places that a model is sure of and nobody labelled: ranked, kept in a file, and taken over into the annotations."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from brandlens.annotations import Picture
from brandlens.annotations.issues import Issue
from brandlens.boxes import Box, Detection
from brandlens.errors import UserError
from brandlens.io import atomic_write

FORMAT = 1  # of the file of places; any other is refused


@dataclass(frozen=True)
class Place:
    """A detection that no box covers.

    file: the annotations. picture: its name, relative to the file's folder, as `relative_name` has it. where: as
    `Picture.place`. detection: in pixels of the picture that its boxes refer to.
    """

    file: Path
    picture: str
    where: str
    detection: Detection

    def hint(self, number: int) -> Issue:
        """Return what to say of it. number: its rank, from 1, the surest first."""
        found, name = self.detection, Path(self.picture).name
        place = f"{name} at {found.left},{found.top} {found.width}x{found.height}"
        message = f'{number}: {place} looks to the model like "{found.label}" ({found.score:.2f})'
        return Issue(self.where, message, "draw a box or mark it as ignore", hint=True)


@dataclass(frozen=True)
class PlaceList:
    """Ranked places, the surest first, and a digest of each annotation file's content, by its path as given."""

    places: Sequence[Place]
    digests: Mapping[str, str]

    def write(self, path: Path) -> None:
        """Write the list, from which `read` gives it back."""
        places = [
            {"file": str(place.file), "picture": place.picture, "where": place.where, **asdict(place.detection)}
            for place in self.places
        ]
        content = {"format": FORMAT, "kind": "places", "files": dict(self.digests), "places": places}
        with atomic_write(path) as unfinished:
            unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "PlaceList":
        """Read a list. Raises UserError for a file that is none."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if (content["format"], content["kind"]) != (FORMAT, "places"):
                raise ValueError("another format")
            places = [
                Place(Path(row.pop("file")), row.pop("picture"), row.pop("where"), Detection(**row))
                for row in content["places"]
            ]
            return cls(places, dict(content["files"]))
        except FileNotFoundError:
            raise UserError(f"{path}: no such file; write one with --model and --sheet") from None
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise UserError(f"{path}: no list of places ({error}); write one with --model and --sheet") from None

    def take_over(
        self, file: Path, pictures: Sequence[Picture], accepted: Iterable[int], ignored: Iterable[int]
    ) -> list[Picture]:
        """Return the pictures of an annotation file with places added to their boxes.

        accepted, ignored: numbers of places that become boxes and `ignore` boxes. Raises UserError for a number that is
        none, is in both lists or belongs to another file, and for a file that changed since the list was written.
        """
        known = {name: digest(Path(name), pictures) for name in self.digests if _same_file(Path(name), file)}
        if not known:
            raise UserError(f"{file}: not one of the files of this list: {', '.join(self.digests)}")
        if any(self.digests[name] != now for name, now in known.items()):
            raise UserError(f"{file}: changed since the list of places was written; check it with --model again")
        boxes: dict[str, list[Box]] = {}
        for number, ignore in self._numbered(accepted, ignored).items():
            place = self.places[number - 1]
            if str(place.file) not in known:
                raise UserError(f"{number} is a place in {place.file}, not in {file}; take it over into that file")
            found = place.detection
            box = Box(found.left, found.top, found.width, found.height, found.label, ignore)
            boxes.setdefault(place.picture, []).append(box)
        taken = []
        for picture in pictures:  # one that is listed twice gets them once
            added = boxes.pop(relative_name(file, picture), [])
            taken.append(replace(picture, boxes=(*picture.boxes, *added), places=()) if added else picture)
        return taken

    def _numbered(self, accepted: Iterable[int], ignored: Iterable[int]) -> dict[int, bool]:
        """Return whether each number is one to ignore, in ascending order."""
        accepted, ignored = set(accepted), set(ignored)
        if both := accepted & ignored:
            raise UserError(f"{min(both)} is both to accept and to ignore; name it once")
        if wrong := [number for number in accepted | ignored if not 1 <= number <= len(self.places)]:
            raise UserError(f"{min(wrong)} is no place; they are numbered from 1 to {len(self.places)}")
        return {number: number in ignored for number in sorted(accepted | ignored)}


def rank(places: Iterable[Place]) -> list[Place]:
    """Return the places by falling score; those of the same score in their order."""
    return sorted(places, key=lambda place: -place.detection.score)


def relative_name(file: Path, picture: Picture) -> str:
    """Return the picture's name relative to the annotation file's folder, whatever folder the program runs in."""
    return Path(os.path.relpath(picture.path, file.parent)).as_posix()


def digest(file: Path, pictures: Sequence[Picture]) -> str:
    """Return the SHA-256 of an annotation file's pictures and boxes as read, in whatever format they are."""
    content = [(relative_name(file, picture), [asdict(box) for box in picture.boxes]) for picture in pictures]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _same_file(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()
