"""Stanford's Large Movie Review Dataset (Maas et al. 2011) → reviews: the published archive or its extracted folder."""

import gzip
import math
import re
import sys
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from brandlens.datasets.download import download, verified
from brandlens.datasets.review import NEGATIVE, POSITIVE, UNLABELLED, Review
from brandlens.errors import UserError

URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
SIZE = 84_125_825  # bytes
SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
REVIEW = re.compile(r"(train|test)/(pos|neg|unsup)/(\d+)_(\d+)\.txt")
MOVIES = re.compile(r"(train|test)/urls_(pos|neg|unsup)\.txt")  # line i: the page of the movie that review i is about
MOVIE = re.compile(r"/title/(tt\d+)")
LABELS = {"pos": POSITIVE, "neg": NEGATIVE, "unsup": UNLABELLED}
LARGEST = 1 << 24  # bytes of a member; the largest published has 3.5 million
COUNT = 100_000  # reviews: 25,000 to train with, 25,000 to test with, 50,000 without a label


def read_imdb(path: Path | None, downloads: Path) -> list[Review]:
    """All 100,000 reviews, by split, then by label and number; ids such as "train/pos/0_9", ratings 1 to 10.

    path: the archive, or the folder it was extracted to; None: the archive is fetched to the folder `downloads`.
    The group is the movie's IMDb id. The 50,000 unlabelled ones have the split "unlabelled". val is not given.
    Raises UserError for an archive that is not the published one and for a folder where reviews are missing.
    """
    if path is None:
        path = download(URL, downloads / Path(URL).name, size=SIZE, sha256=SHA256)
    elif path.is_file():
        verified(path, SIZE, SHA256)
    elif not path.is_dir():
        raise UserError(
            f"{path}: no such archive or folder; name another in sentiment.collect.imdb, or null to fetch it"
        )
    found = reviews(archived(path) if path.is_file() else extracted(path))
    if len(found) != COUNT:
        raise UserError(f"{path}: {len(found):,} reviews, not {COUNT:,}; name the folder with train/ and test/ in it")
    return found


def reviews(files: Iterator[tuple[str, bytes]]) -> list[Review]:
    """The reviews among these files, given as (name below aclImdb/, content) in any order; sorted, see `imdb`."""
    texts: dict[tuple[str, str, int, int], str] = {}
    movies: dict[tuple[str, str], list[str]] = {}
    for name, content in files:
        if match := REVIEW.fullmatch(name):
            texts[match[1], match[2], int(match[3]), int(match[4])] = content.decode("utf-8", "replace")
        elif match := MOVIES.fullmatch(name):
            pages = [MOVIE.search(line) for line in content.decode("ascii", "replace").splitlines()]
            movies[match[1], match[2]] = [page[1] if page else "" for page in pages]
    found = []
    for (part, kind, number, stars), text in sorted(texts.items()):
        known = movies.get((part, kind), [])
        labelled = kind != "unsup"
        found.append(
            Review(
                id=f"{part}/{kind}/{number}_{stars}",
                text=text,
                label=LABELS[kind],
                rating=float(stars) if labelled else math.nan,
                group=known[number] if number < len(known) else "",
                split=part if labelled else "unlabelled",
            )
        )
    return found


def archived(path: Path) -> Iterator[tuple[str, bytes]]:
    """The plain files of an archive below aclImdb/, read in place.

    Nothing is written, so no member can fall outside a folder; links and devices are passed over.
    Raises UserError for a file that is no such archive, or is cut short.
    """
    try:
        with gzip.open(path) as content, tarfile.open(fileobj=content, mode="r|") as archive:
            for member in tqdm(archive, desc=path.name, unit="file", mininterval=1, file=sys.stderr):
                folder, _, name = member.name.removeprefix("./").partition("/")
                wanted = REVIEW.fullmatch(name) or MOVIES.fullmatch(name)
                if folder == "aclImdb" and wanted and member.isreg() and member.size <= LARGEST:
                    yield name, archive.extractfile(member).read()
            content.read()  # to the end, where gzip's own checksum stands
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: not a whole .tar.gz archive: {error}") from None


def extracted(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files below the folder that the archive was extracted to, or the one that holds it."""
    root = path / "aclImdb" if (path / "aclImdb").is_dir() else path
    names = [file for part in ("train", "test") for file in sorted(root.glob(f"{part}/*.txt"))]
    names += [
        file for part in ("train", "test") for kind in LABELS for file in sorted(root.glob(f"{part}/{kind}/*.txt"))
    ]
    for file in tqdm(names, desc=path.name, unit="file", mininterval=1, file=sys.stderr):
        yield file.relative_to(root).as_posix(), file.read_bytes()
