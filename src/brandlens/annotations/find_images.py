"""Find the files that annotations name, however the name is spelt there: one lookup for every format.

Between a tool that writes names and a disk that holds files lie Macs that decompose letters (NFD), file systems that
ignore case, addresses that escape characters with %, and Windows' backslashes. A name as it is written always comes
first; of files that are the same but for their spelling none is taken where there are several.
"""

import contextlib
import difflib
import os
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

from brandlens import images
from brandlens.annotations import validate
from brandlens.annotations.issues import InvalidValueError, Issue, OnIssue, raise_issue

MIN_SIMILARITY = 0.75  # difflib's ratio, from which a file's name is nearly another
PICTURE_FOLDERS = ("images", "JPEGImages")  # below a dataset's, where tools put pictures
MAX_COMPARED = 200  # names of a folder, either way in the alphabet, that are compared with a missing one

SIGNS = frozenset("%?#:\\")  # that may be of an address

Key = Callable[[str], str]
_missing: ContextVar[list[list[Path]] | None] = ContextVar("missing", default=None)


@contextlib.contextmanager
def recording_missing() -> Iterator[list[list[Path]]]:
    """Yield a list that gets, of each picture that is nowhere while the block runs, the files that it may be."""
    missing = list[list[Path]]()
    token = _missing.set(missing)
    try:
        yield missing
    finally:
        _missing.reset(token)


def composed(name: str) -> str:
    """Return a file's name in Unicode's NFC, its %-escapes replaced by what they stand for."""
    with contextlib.suppress(UnicodeDecodeError):
        name = unquote(name, errors="strict")
    return unicodedata.normalize("NFC", name)


def caseless(name: str) -> str:
    """Return `composed` in lower case."""
    return composed(name).lower()


def without_suffix(name: str) -> str:
    """Return `caseless` without the suffix of a picture."""
    key = caseless(name)
    suffix = PurePosixPath(key).suffix
    return key.removesuffix(suffix) if suffix in images.SUFFIXES else key


SPELLINGS: tuple[Key, ...] = (composed, caseless, without_suffix)  # the strictest first


def spellings(name: str) -> list[str]:
    """Return the names that a name from an annotation file may mean, as `validate.parse_name` would; itself first.

    Without %-escapes, `file://`, and what follows ? or #; of Label Studio's local files, /data/local-files/?d=NAME, the
    name. Whether one leads out of a folder is for `validate.path_inside` to say.
    """
    if not SIGNS & set(name) and name.isascii():
        return [name]
    names = [name]
    try:
        address = urlsplit(name)
        files = parse_qs(address.query).get("d", [])
    except ValueError:  # such as //[
        return names
    names += files
    if address.path and (address.query or address.fragment or address.scheme == "file"):
        names.append(address.path)
    names += [composed(each) for each in names]
    normal = (each.replace("\\", "/") for each in names)
    return list(dict.fromkeys(each for each in normal if PurePosixPath(each).name.strip() and "\0" not in each))


class FileFinder:
    """Finds files spelt in any way; lists each folder once, so make one anew for each reading."""

    def __init__(self) -> None:
        self._listings: dict[tuple[Path, Key], dict[str, list[str]]] = {}
        self._found: dict[tuple[Path, Key], list[Path]] = {}  # by folder: those that are it by the key

    def find(self, candidates: Iterable[Path]) -> Path | None:
        """Return the first candidate that is a file, else the first that is one if spelt otherwise; None for none.

        In folders' names too, letters may be composed or not, escaped or not, and of either case; a picture's suffix
        may be that of another format. Raises InvalidValueError where a candidate spelt otherwise is several files.
        """
        wanted = list(dict.fromkeys(candidates))
        if exact := validate.first_existing(wanted):
            return exact
        for key in SPELLINGS:
            for path in wanted:
                found = sorted(set(self._matches(path, key)))
                if len(found) > 1:
                    names = " and ".join(str(each.name) for each in found[:2])
                    raise InvalidValueError(
                        f"{path.name} is not there, and may be {names}", "rename one, or correct the name"
                    )
                if found:
                    return found[0]
        return None

    def _matches(self, path: Path, key: Key) -> Iterator[Path]:
        """Yield the files that are this one by the key, in existing folders that are its own by the key."""
        for folder in self._folders(path.parent, key):
            for name in self._listing(folder, key).get(key(path.name), []):
                if file := validate.first_existing([folder / name]):
                    yield file

    def _folders(self, folder: Path, key: Key) -> list[Path]:
        """Return the existing folders that are this one by the key."""
        if (folder, key) not in self._found:
            base = next((parent for parent in (folder, *folder.parents) if _is_folder(parent)), None)
            found = [] if base is None else [base]
            for part in folder.relative_to(base).parts if base else ():
                found = [each / name for each in found for name in self._listing(each, key).get(key(part), [])]
            self._found[folder, key] = list(filter(_is_folder, found))
        return self._found[folder, key]

    def _listing(self, folder: Path, key: Key) -> dict[str, list[str]]:
        if (folder, key) not in self._listings:
            listing: dict[str, list[str]] = {}
            for name in _names(folder):
                listing.setdefault(key(name), []).append(name)
            self._listings[folder, key] = listing
        return self._listings[folder, key]


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except OSError:
        return []


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that no folder can have
        return False


class ImageFinder:
    """Finds the pictures that an annotation file names."""

    def __init__(self, root: Path, *, allow_outside: bool = False, on_issue: OnIssue = raise_issue) -> None:
        """Look from this folder on. on_issue: gets a hint for each picture whose name is another than written."""
        self.root, self.allow_outside, self.on_issue = root, allow_outside, on_issue
        self.files = FileFinder()
        self._names: dict[Path, str] = {}  # by file: the name that it was found under

    def find(
        self,
        name: str,
        place: str,
        folders: Sequence[Path] = (),
        elsewhere: Sequence[Path] = (),
        renamed: Sequence[Path] = (),
    ) -> Path:
        """Return the picture that `validate.parse_name` named; where it should be, if it is nowhere.

        place: where the name was read. folders: what it may be relative to, beside and after the root. elsewhere: files
        that it may be for a tool's habits. renamed: files that it may be if it is of before a renaming.
        Raises InvalidValueError for a name that leads out of the root and is nowhere else, unless that is allowed, and
        where several files are that name spelt otherwise, or two names one file.
        """
        all_folders = dict.fromkeys((self.root, *folders))
        inside: list[Path] = []
        outside: InvalidValueError | None = None
        found = None
        for spelling in spellings(name):
            try:
                relative = validate.path_inside(Path(), spelling, allow_outside=self.allow_outside)
            except InvalidValueError as error:
                outside = outside or error
                continue
            inside += [folder / relative for folder in all_folders]
            if found := validate.first_existing(inside[-len(all_folders) :]):
                break
        found = found or self.files.find([*inside, *elsewhere])
        if found:
            spelt = str(PurePosixPath(composed(name)))
            if (other := self._names.setdefault(found, spelt)) != spelt:
                raise InvalidValueError(
                    f"{other} and {spelt} are one file, {found.name}", "remove one, or correct the name"
                )
            is_other = found.suffix.lower() != PurePosixPath(caseless(name)).suffix in images.SUFFIXES
        else:
            found = self.files.find(renamed)
            is_other = True
        if found and is_other:
            message = f"{PurePosixPath(name).name} is not there; {found.name} is taken in its place"
            self.on_issue(Issue(place, message, "correct the name if it is another picture", hint=True))
        if found:
            return found
        if not inside and outside:
            raise outside
        if (missing := _missing.get()) is not None:
            missing.append(list(dict.fromkeys([*inside, *elsewhere, *renamed])))
        return inside[0]


def nearest(path: Path) -> str:
    """Return what to add to a line about a picture that is not there: the file that is nearly it, or "".

    It is searched in the picture's folder and where pictures lie below that, by difflib's ratio of `caseless` names.
    """
    if not _is_folder(path.parent):
        return f", there is no folder {path.parent}"
    wanted = caseless(path.name)
    for below in ("", *PICTURE_FOLDERS):
        folder = path.parent / below
        names = {caseless(name): name for name in _names(folder)}
        known = sorted(names)
        at = bisect_left(known, wanted)
        near = known[max(0, at - MAX_COMPARED) : at + MAX_COMPARED]
        if best := difflib.get_close_matches(wanted, near, 1, MIN_SIMILARITY):
            return f", nearly it is {PurePosixPath(below, names[best[0]])}"
    return ""
