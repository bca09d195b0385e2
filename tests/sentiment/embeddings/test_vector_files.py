"""Files of word vectors: every format gives the same vectors, and what is wrong with one is reported in a line."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors, Word2Vec
from gensim.models.fasttext import save_facebook_model

from brandlens.errors import UserError
from brandlens.sentiment.embeddings.vector_files import read_vectors

WORDS = {"the": [0.5, -1.0, 2.0], "good": [1.0, 0.0, -0.25], "bad": [-1.0, 0.5, 0.125], "film": [0.0, 3.0, 1.5]}
WANTED = {"good", "film", "unheard"}


def keyed_vectors() -> KeyedVectors:
    vectors = KeyedVectors(3)
    vectors.add_vectors(list(WORDS), np.array(list(WORDS.values()), np.float32))
    return vectors


def as_text(separator: str = " ", end: str = "\n", header: str = "") -> bytes:
    lines = [separator.join([word, *map(str, values)]) for word, values in WORDS.items()]
    return (header + end.join([*lines, ""])).encode()


def as_binary(line_ends: bytes = b"", header: bytes = b"4 3\n") -> bytes:
    words = [word.encode() + b" " + np.array(values, "<f4").tobytes() + line_ends for word, values in WORDS.items()]
    return header + b"".join(words)


def written(content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / "vectors").write_bytes(content)
        return folder / "vectors"

    return write


def saved(name: str, save: Callable[[Path], object]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        save(folder / name)
        return folder / name

    return write


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(written(as_text()), id="GloVe"),
        pytest.param(written(as_text("\t")), id="tabs"),
        pytest.param(written(as_text(end=" \r\n")), id="CRLF and spaces at the end"),
        pytest.param(written(b"\xef\xbb\xbf" + as_text()), id="a byte order mark"),
        pytest.param(written(as_text(header="4 3\n")), id="word2vec text, fastText .vec"),
        pytest.param(written(as_binary()), id="word2vec binary"),
        pytest.param(written(as_binary(b"\n")), id="binary with line ends"),
        pytest.param(written(gzip.compress(as_text())), id="gzip"),
        pytest.param(written(gzip.compress(as_binary())), id="binary, gzip"),
        pytest.param(written(bz2.compress(as_text())), id="bzip2"),
        pytest.param(written(lzma.compress(as_text())), id="xz"),
        pytest.param(saved("a.kv", lambda path: keyed_vectors().save(str(path))), id="gensim"),
        pytest.param(saved("b.kv", lambda path: keyed_vectors().save(str(path), separately=["vectors"])), id=".npy"),
        pytest.param(saved("c.kv.gz", lambda path: keyed_vectors().save(str(path))), id="gensim, gzip"),
    ],
)
def test_every_format_gives_the_same(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    result = read_vectors(write(tmp_path), WANTED, 1)
    assert {word: values.tolist() for word, values in result.vectors.items()} == {
        word: WORDS[word] for word in ("the", "good", "film")
    }
    assert {values.dtype for values in result.vectors.values()} == {np.dtype(np.float32)}
    assert result.left_out == []


TEXTS = [["good", "goods", "bad"], ["film", "films", "good"]] * 5


@pytest.mark.parametrize("name", ["a.model", "f.model", "f.bin"])
def test_models_of_gensim_and_fasttext(tmp_path: Path, name: str) -> None:
    options = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 1}
    model = Word2Vec(TEXTS, **options) if name == "a.model" else FastText(TEXTS, bucket=50, **options)
    save = save_facebook_model if name.endswith(".bin") else type(model).save
    save(model, str(tmp_path / name))
    found = read_vectors(tmp_path / name, {"good", "filmed"}, 0).vectors
    assert np.allclose(found["good"], model.wv["good"])
    assert ("filmed" in found) == (name != "a.model"), "fastText makes vectors from letters"


def test_only_the_wanted_and_the_first_others_are_kept(tmp_path: Path) -> None:
    path = written(as_text())(tmp_path)
    assert list(read_vectors(path, {"film"}, 0).vectors) == ["film"]
    assert list(read_vectors(path, (), 2).vectors) == ["the", "good"]
    assert list(read_vectors(path, (), 9, lambda word: word != "good").vectors) == ["the", "bad", "film"]


@pytest.mark.parametrize(
    ("lines", "kept", "message"),
    [
        pytest.param("Good 1 2\ngood 3 4\n", {"good": [3, 4]}, None, id="the word itself before another case"),
        pytest.param("GOOD 1 2\nGood 3 4\n", {"good": [1, 2]}, None, id="the first of other cases"),
        pytest.param("good 1 2\ngood 3 4\nbad 5 6\nbad 7 8\n", {"good": [1, 2], "bad": [5, 6]},
                     'line 2: "good" stands there twice, as do 1 words more', id="twice"),
        pytest.param(". . . 1 2\nat a@b.c 1 2\ngood 3 4\n", {"good": [3, 4]}, "2 words with spaces", id="GloVe 840B"),
        pytest.param("bad 1 2\n 3 4\n\n\u00a0 5 6\n", {"bad": [1, 2], "\u00a0": [5, 6]}, "1 words", id="white space"),
    ],
)  # fmt: skip
def test_odd_lines(tmp_path: Path, lines: str, kept: dict[str, list[float]], message: str | None) -> None:
    result = read_vectors(written(lines.encode())(tmp_path), {"good", "film"}, 3)
    assert {word: values.tolist() for word, values in result.vectors.items()} == kept
    assert (message in result.left_out[0]) if message else not result.left_out


def test_words_that_are_not_utf8_are_counted(tmp_path: Path) -> None:
    result = read_vectors(written(b"caf\xe9 1 2\ngood 3 4\n")(tmp_path), {"good"}, 9)
    assert list(result.vectors) == ["good"]
    assert "1 words" in result.left_out[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "empty; download", id="empty"),
        pytest.param(gzip.compress(b""), "empty; download", id="empty gzip"),
        pytest.param(gzip.compress(as_text())[:-12], "cut short or damaged", id="truncated gzip"),
        pytest.param(gzip.compress(as_text())[:14] + b"????", "cut short or damaged", id="damaged gzip"),
        pytest.param(b"<!DOCTYPE html><html>sign in</html>", "a web page: the download went wrong", id="web page"),
        pytest.param(b"\n<HTML>\n", "a web page", id="web page in capitals"),
        pytest.param(b"PK\x03\x04rest", "a zip archive; unpack it", id="zip"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", "run: git lfs pull", id="Git LFS"),
        pytest.param("the 1 2\n".encode("utf-16"), "save it as UTF-8", id="UTF-16"),
        pytest.param(b"\x93NUMPY\x01\x00", "name the .kv file", id="npy"),
        pytest.param(b"\x7fELF\x00\x01", "no word vectors of a known format", id="another binary"),
        pytest.param(b"good,0.1,0.2\n", "line 1: no word with its values after it", id="CSV"),
        pytest.param(b"just some words\n", "line 1: no word with its values", id="prose"),
        pytest.param(b"the 1 2\ngood 3\n", "line 2: 1 values, and not 2", id="too few"),
        pytest.param(b"the 1 2\ngood 3 4 5\n", "line 2: 3 values, and not 2", id="too many"),
        pytest.param(b"2 3\nthe 1 2\ngood 3 4\n", "line 2: 2 values, and not 3", id="header with another size"),
        pytest.param(b"the 1 2\ngood nan 4\n", 'line 2: the vector of "good" has NaN', id="NaN"),
        pytest.param(b"the 1 2\ngood 3 -inf\n", 'line 2: the vector of "good" has NaN', id="infinite"),
        pytest.param(b"the 1 2\ngood 3,5 4\n", "line 2: could not convert string to float", id="decimal comma"),
        pytest.param(b"3 2\nthe 1 2\ngood 3 4\n", "line 1: says 3 words, and there are 2; download", id="cut short"),
        pytest.param(b"1 2\nthe 1 2\ngood 3 4\n", "line 1: says 1 words, and there are 2; correct", id="more"),
        pytest.param(as_binary()[:-3], "ends at word 4 of the 4 in its first line", id="binary cut short"),
        pytest.param(as_binary(header=b"3 3\n"), "goes on after the 3 words", id="binary with more than stated"),
        pytest.param(as_binary().replace(np.array([1, 0], "<f4").tobytes(), np.array([np.nan, 0], "<f4").tobytes()),
                     'word 2: the vector of "good" has NaN', id="NaN in binary"),
        pytest.param(b"\x80\x04cbuiltins\neval\n(S'1/0'\ntR.", "names builtins.eval", id="a hostile pickle"),
        pytest.param(b"\x80\x04]\x94.", "not gensim's KeyedVectors", id="another pickle"),
    ],
)  # fmt: skip
def test_bad_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = written(content)(tmp_path)
    with pytest.raises(UserError, match=r"^[^\n]*$") as error:
        read_vectors(path, WANTED, 9)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)


def test_files_that_are_missing(tmp_path: Path) -> None:
    keyed_vectors().save(str(tmp_path / "a.kv"), separately=["vectors"])
    (tmp_path / "a.kv.vectors.npy").unlink()
    for path, message in (
        (tmp_path, "a folder; name the file"),
        (tmp_path / "none.txt", "no such file"),
        (tmp_path / "a.kv", "a.kv.vectors.npy: missing beside a.kv"),
    ):
        with pytest.raises(UserError, match=message):
            read_vectors(path, WANTED, 1)


def test_a_fasttext_file_that_is_cut_short(tmp_path: Path) -> None:
    """gensim alone would read its end for ever."""
    model = FastText(TEXTS, vector_size=4, min_count=1, bucket=50, workers=1, epochs=1)
    save_facebook_model(model, str(tmp_path / "f.bin"))
    whole = (tmp_path / "f.bin").read_bytes()
    for length in (20, 100, len(whole) // 2):
        path = written(whole[:length])(tmp_path)
        with pytest.raises(UserError, match=r"cut short.*download"):
            read_vectors(path, WANTED, 1)
