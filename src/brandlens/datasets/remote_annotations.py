"""Annotations behind a URL → the same on this machine, with the pictures that they name and no others."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from brandlens import filesystems
from brandlens.annotations import dataset, formats
from brandlens.errors import UserError
from brandlens.filesystems import Mirror

MAX_FILES = 100_000  # of a folder that is copied as a whole
AT_ONCE = 16  # files that are copied

Item = TypeVar("Item")


def copy_here(name: str, folder: Path) -> Path:
    """Return the path of annotations on this machine: as it is, or for a URL that of a copy below `folder`.

    With a file that names its pictures, as imglab, COCO and CSV, those are copied, wherever the format looks for them;
    what is not there is left out. Other formats are a folder, which is copied with all below it, and so is a URL of
    one. Raises UserError as `Mirror` does, AnnotationError for a file in no format, and UserError for a folder of more
    than MAX_FILES files.
    """
    if not filesystems.is_url(name):
        return Path(name)
    mirror, path = Mirror.of(name, folder)
    if mirror.is_folder(path):
        _copy_folder(mirror, path, name)
        return path
    if not mirror.fetch(path):
        raise UserError(f"{name}: no such file")
    format = formats.get(dataset.detect_format(path))
    if format.FIXABLE:  # a dataset is one file
        missing = dict.fromkeys(map(tuple, dataset.missing_pictures(path)))
        _for_each(lambda files: any(map(mirror.fetch, files)), missing, name)
    else:
        root = format.root_of(path)
        _copy_folder(mirror, path.parent if root == path else root, name)
    return path


def _copy_folder(mirror: Mirror, folder: Path, name: str) -> None:
    files = list[Path]()
    for file in mirror.files(folder):
        if len(files) == MAX_FILES:
            url = mirror.url_of(folder)
            raise UserError(
                f"{name}: its folder {url} has more than {MAX_FILES:,} files, which would all be copied; move the "
                "dataset into one of its own, or save the annotations as imglab, COCO or CSV, which name their pictures"
            )
        files.append(file)
    _for_each(mirror.fetch, files, name)


def _for_each(copy: Callable[[Item], object], items: Iterable[Item], name: str) -> None:
    items = list(items)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in tqdm(pool.map(copy, items), name, len(items), unit="file", delay=2, disable=None):
            pass
