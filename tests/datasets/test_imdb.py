import io
import math
import os
import tarfile

import pytest

from brandlens.datasets import imdb
from brandlens.datasets.imdb import parse_reviews, read_archive, read_folder
from brandlens.datasets.reviews import NEGATIVE, POSITIVE, UNLABELLED
from brandlens.errors import UserError

PAGE = "http://www.imdb.com/title/tt{:07}/usercomments\n"
FILES = {
    "train/pos/0_9.txt": "A fine film.<br />Really.",
    "train/pos/1_10.txt": "Café ❤",
    "train/neg/0_1.txt": "Awful.",
    "train/unsup/0_0.txt": "Neither.",
    "train/unsup/10_0.txt": "Nor.",
    "test/neg/7_3.txt": "Dull.",
    "train/urls_pos.txt": PAGE.format(11) + PAGE.format(12),
    "train/urls_neg.txt": PAGE.format(11),
    "train/urls_unsup.txt": PAGE.format(13),
    "train/labeledBow.feat": "9 0:9 1:1",
    "imdb.vocab": "the and",
    "README": "Large Movie Review Dataset",
}
EXPECTED = [
    ("test/neg/7_3", "Dull.", NEGATIVE, 3.0, "", "test"),
    ("train/neg/0_1", "Awful.", NEGATIVE, 1.0, "tt0000011", "train"),
    ("train/pos/0_9", "A fine film.<br />Really.", POSITIVE, 9.0, "tt0000011", "train"),
    ("train/pos/1_10", "Café ❤", POSITIVE, 10.0, "tt0000012", "train"),
    ("train/unsup/0_0", "Neither.", UNLABELLED, None, "tt0000013", "unlabelled"),
    ("train/unsup/10_0", "Nor.", UNLABELLED, None, "", "unlabelled"),
]


def plain(reviews):
    return [review._replace(rating=None if math.isnan(review.rating) else review.rating)[:-1] for review in reviews]


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "aclImdb" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def packed(path, *members):
    """An archive of (name, content) or of TarInfos without content."""
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return path


@pytest.fixture
def archive(tmp_path):
    members = [(f"aclImdb/{name}", text.encode()) for name, text in FILES.items()]
    return packed(tmp_path / "small.tar.gz", *members)


def test_no_files():
    assert parse_reviews(iter([])) == []


def test_folder(folder):
    assert plain(parse_reviews(read_folder(folder))) == EXPECTED
    assert plain(parse_reviews(read_folder(folder / "aclImdb"))) == EXPECTED


def test_archive(archive):
    assert plain(parse_reviews(read_archive(archive))) == EXPECTED


def linked(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "member",
    [
        pytest.param(("../evil.txt", b"evil"), id="above"),
        pytest.param(("aclImdb/../../evil.txt", b"evil"), id="above by a detour"),
        pytest.param(("/tmp/evil.txt", b"evil"), id="absolute"),
        pytest.param(("other/train/pos/5_9.txt", b"evil"), id="another folder"),
        pytest.param(("aclImdb/train/pos/../pos/5_9.txt", b"evil"), id="dots inside"),
        pytest.param(linked("aclImdb/train/pos/5_9.txt", tarfile.SYMTYPE, "/etc/passwd"), id="a link to a file"),
        pytest.param(linked("aclImdb/train/pos/5_9.txt", tarfile.LNKTYPE, "../../secret"), id="a hard link"),
        pytest.param(linked("aclImdb/train/pos/5_9.txt", tarfile.FIFOTYPE), id="a pipe"),
        pytest.param(linked("aclImdb/train/pos/5_9.txt", tarfile.CHRTYPE), id="a device"),
        pytest.param(("aclImdb/train/pos/5_9.txt", b"x" * 5000), id="larger than any review"),
    ],
)
def test_members_that_are_no_reviews_are_passed_over_and_nothing_is_written(tmp_path, monkeypatch, member):
    monkeypatch.setattr(imdb, "MAX_FILE_SIZE", 4000)
    (tmp_path / "work").mkdir()
    path = packed(tmp_path / "bad.tar.gz", member, ("aclImdb/train/pos/0_9.txt", b"good"))
    monkeypatch.chdir(tmp_path / "work")
    assert [(review.id, review.text) for review in parse_reviews(read_archive(path))] == [("train/pos/0_9", "good")]
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["bad.tar.gz", "work"]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: b"no archive at all", id="no archive"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut short"),
        pytest.param(lambda content: content[:200] + b"xxxx" + content[204:], id="damaged"),
    ],
)
def test_archives_that_cannot_be_read(archive, spoil):
    archive.write_bytes(spoil(archive.read_bytes()))
    with pytest.raises(UserError, match=r"small\.tar\.gz: not a whole \.tar\.gz archive"):
        parse_reviews(read_archive(archive))


def test_only_the_published_archive_is_taken(archive, tmp_path):
    with pytest.raises(UserError, match=r"small\.tar\.gz: .* not the 84,125,825 bytes"):
        imdb.read_imdb(archive, tmp_path)


def test_archive_folder_and_download(folder, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(imdb, "NUM_REVIEWS", len(EXPECTED))
    monkeypatch.setattr(imdb, "verify", lambda path, size, sha256: path)
    monkeypatch.setattr(imdb, "download", lambda url, path, **options: archive)
    for path in (folder, folder / "aclImdb", archive, None):
        assert plain(imdb.read_imdb(path, tmp_path)) == EXPECTED


def test_what_is_downloaded(archive, tmp_path, monkeypatch):
    def download(url, path, **options):
        calls.update(options, url=url, path=path)
        return archive

    calls = {}
    monkeypatch.setattr(imdb, "NUM_REVIEWS", len(EXPECTED))
    monkeypatch.setattr(imdb, "download", download)
    imdb.read_imdb(None, tmp_path / "downloads")
    assert calls == {
        "url": "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
        "path": tmp_path / "downloads" / "aclImdb_v1.tar.gz",
        "size": 84_125_825,
        "sha256": "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
    }


def test_a_folder_that_is_not_the_whole_set(folder, tmp_path):
    with pytest.raises(UserError, match="6 reviews, not 100,000"):
        imdb.read_imdb(folder, tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match=r"none: no such archive or folder.*sentiment\.collect\.imdb_path"):
        imdb.read_imdb(tmp_path / "none", tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_bytes_that_are_no_text_are_marked(folder):
    (folder / "aclImdb/train/pos/0_9.txt").write_bytes(b"good \xff film")
    assert (
        next(review.text for review in parse_reviews(read_folder(folder)) if review.id == "train/pos/0_9")
        == "good \ufffd film"
    )
