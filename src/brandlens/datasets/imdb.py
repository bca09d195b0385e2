"""Stanford's Large Movie Review Dataset (Maas et al. 2011) → reviews: the published archive or its extracted folder."""

import gzip
import math
import re
import sys
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from tqdm import tqdm

from brandlens.datasets.download import download, verify
from brandlens.datasets.reviews import NEGATIVE, POSITIVE, UNLABELLED, Review
from brandlens.errors import UserError

URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
SIZE = 84_125_825  # bytes
SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
REVIEW = re.compile(r"(train|test)/(pos|neg|unsup)/(\d+)_(\d+)\.txt")
MOVIES = re.compile(r"(train|test)/urls_(pos|neg|unsup)\.txt")  # line i: the page of the movie that review i is about
MOVIE = re.compile(r"/title/(tt\d+)")
LABELS = {"pos": POSITIVE, "neg": NEGATIVE, "unsup": UNLABELLED}
MAX_FILE_SIZE = 1 << 24  # bytes of a member; the largest published has 3.5 million
NUM_REVIEWS = 100_000  # 25,000 to train with, 25,000 to test with, 50,000 without a label


def read_imdb(path: Path | None, download_dir: Path) -> list[Review]:
    """Return all 100,000 reviews by split, label and number, with ids such as "train/pos/0_9" and ratings 1 to 10.

    path: the archive, or the folder it was extracted to; None: the archive is downloaded to `download_dir`.
    The group is the movie's IMDb id. The 50,000 unlabelled ones have the split "unlabelled". There is no val.
    Raises UserError for an archive that is not the published one and for a folder where reviews are missing.
    """
    if path is None:
        path = download(URL, download_dir / Path(URL).name, size=SIZE, sha256=SHA256)
    elif path.is_file():
        verify(path, SIZE, SHA256)
    elif not path.is_dir():
        raise UserError(
            f"{path}: no such archive or folder; name another in sentiment.collect.imdb_path, or null to download it"
        )
    reviews = parse_reviews(read_archive(path) if path.is_file() else read_folder(path))
    if len(reviews) != NUM_REVIEWS:
        raise UserError(
            f"{path}: {len(reviews):,} reviews, not {NUM_REVIEWS:,}; name the folder with train/ and test/ in it"
        )
    return reviews


def parse_reviews(files: Iterable[tuple[str, bytes]]) -> list[Review]:
    """Return the reviews among files given as (name below aclImdb/, content), in the order that `read_imdb` gives.

    The files may come in any order. Bytes that are not UTF-8 become U+FFFD.
    """
    texts: dict[tuple[str, str, int, int], str] = {}
    movies: dict[tuple[str, str], list[str]] = {}
    for name, content in files:
        if match := REVIEW.fullmatch(name):
            texts[match[1], match[2], int(match[3]), int(match[4])] = content.decode("utf-8", "replace")
        elif match := MOVIES.fullmatch(name):
            pages = [MOVIE.search(line) for line in content.decode("ascii", "replace").splitlines()]
            movies[match[1], match[2]] = [page[1] if page else "" for page in pages]
    reviews = []
    for (split, label, number, rating), text in sorted(texts.items()):
        groups = movies.get((split, label), [])
        is_labelled = label != "unsup"
        reviews.append(
            Review(
                id=f"{split}/{label}/{number}_{rating}",
                text=text,
                label=LABELS[label],
                rating=float(rating) if is_labelled else math.nan,
                group=groups[number] if number < len(groups) else "",
                split=split if is_labelled else "unlabelled",
            )
        )
    return reviews


def read_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of the plain files of an archive below aclImdb/, read in place.

    Nothing is written, so no member can fall outside a folder; links and devices are passed over.
    Raises UserError for a file that is no such archive, or is cut short.
    """
    try:
        with path.open("rb") as file, gzip.open(file) as content, tarfile.open(fileobj=content, mode="r|") as archive:
            for member in tqdm(archive, desc=path.name, unit="file", mininterval=1, file=sys.stderr):
                folder, _, name = member.name.removeprefix("./").partition("/")
                is_wanted = REVIEW.fullmatch(name) or MOVIES.fullmatch(name)
                if folder == "aclImdb" and is_wanted and member.isreg() and member.size <= MAX_FILE_SIZE:
                    review = archive.extractfile(member)
                    assert review is not None  # it is a regular file
                    yield name, review.read()
            content.read()  # to the end, where gzip's own checksum stands
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: not a whole .tar.gz archive: {error}") from None


def read_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of the files in the folder that the archive was extracted to, or below it."""
    root = path / "aclImdb" if (path / "aclImdb").is_dir() else path
    patterns = [f"{split}/*.txt" for split in ("train", "test")]
    patterns += [f"{split}/{label}/*.txt" for split in ("train", "test") for label in LABELS]
    files = [file for pattern in patterns for file in sorted(root.glob(pattern))]
    for file in tqdm(files, desc=path.name, unit="file", mininterval=1, file=sys.stderr):
        yield file.relative_to(root).as_posix(), file.read_bytes()
