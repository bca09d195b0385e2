import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.errors import ModelError
from brandlens.sentiment.text.vocabulary import PAD, SPECIAL, UNKNOWN, Vocabulary, pad_sequences

VOCABULARY = Vocabulary((*SPECIAL, "good", "bad", "n't"))


@pytest.mark.parametrize(
    ("counts", "min_count", "max_size", "words"),
    [
        pytest.param({}, 1, 10, [], id="nothing counted"),
        pytest.param({"b": 2, "a": 2, "c": 5}, 1, 10, ["c", "a", "b"], id="commonest first, then by alphabet"),
        pytest.param({"b": 2, "a": 2, "c": 5}, 3, 10, ["c"], id="rare ones left out"),
        pytest.param({"b": 2, "a": 2, "c": 5}, 1, 2, ["c", "a"], id="no more than max_size"),
    ],
)
def test_from_counts(counts, min_count, max_size, words):
    assert Vocabulary.from_counts(counts, min_count, max_size).words == (*SPECIAL, *words)


@pytest.mark.parametrize(
    ("tokens", "max_length", "ids"),
    [
        pytest.param([], 5, [UNKNOWN], id="an empty review"),
        pytest.param([], 0, [UNKNOWN], id="nothing to read"),
        pytest.param(["good", "bad"], 5, [2, 3], id="known"),
        pytest.param(["good", "zzz"], 5, [2, UNKNOWN], id="unknown"),
        pytest.param(["<pad>", "<unknown>"], 5, [UNKNOWN, UNKNOWN], id="the specials are no words"),
        pytest.param(["good", "zzz", "zzz", "bad", "n't"], 4, [2, 1, 3, 4], id="halves of an even length"),
        pytest.param(["good", "bad", "zzz", "zzz", "n't"], 3, [2, 3, 4], id="of an odd one the first is larger"),
        pytest.param(["good", "bad", "n't"], 1, [2], id="one"),
        pytest.param(["good", "bad", "n't"], 3, [2, 3, 4], id="just fits"),
    ],
)
def test_encode(tokens, max_length, ids):
    row = VOCABULARY.encode(tokens, max_length)
    assert row.dtype == np.int32
    assert row.tolist() == ids


@given(st.lists(st.sampled_from([*VOCABULARY.words, "zzz"])), st.integers(1, 20))
def test_encoded_reviews_are_never_empty_nor_padded(tokens, max_length):
    row = VOCABULARY.encode(tokens, max_length)
    assert len(row) == min(max(1, len(tokens)), max_length)
    assert (row != PAD).all()
    assert (row > UNKNOWN).sum() <= sum(token in VOCABULARY for token in tokens)


def test_contains():
    assert [word for word in [*VOCABULARY.words, "zzz", ""] if word in VOCABULARY] == ["good", "bad", "n't"]


@pytest.mark.parametrize("words", [(), ("good", "n't", "❤", "\x1cx"[1:], "8/10")], ids=["none", "some"])
def test_saved_and_loaded(tmp_path, words):
    path = tmp_path / "deep" / "vocabulary.txt"
    vocabulary = Vocabulary((*SPECIAL, *words))
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(vocabulary) == 2 + len(words)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "first two lines must be <pad> and <unknown>", id="empty"),
        pytest.param(b"good\nbad\n", "first two lines", id="no specials"),
        pytest.param(b"<pad>\n<unknown>\ngood\nbad\ngood\n", '"good" stands there twice', id="a word twice"),
        pytest.param(b"<pad>\n<unknown>\n\nbad\n", "line 3: ''", id="an empty line"),
        pytest.param(b"<pad>\n<unknown>\nso so\n", "line 3: 'so so'", id="two words a line"),
        pytest.param(b"<pad>\n<unknown>\n\xff\n", "cannot be read", id="no UTF-8"),
    ],
)
def test_files_that_are_no_vocabulary(tmp_path, content, message):
    path = tmp_path / "vocabulary.txt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=message) as error:
        Vocabulary.load(path)
    assert str(path) in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(ModelError, match=r"vocabulary\.txt: no such file"):
        Vocabulary.load(tmp_path / "vocabulary.txt")


@pytest.mark.parametrize(
    ("rows", "padded"),
    [
        pytest.param([], np.zeros((0, 0)), id="no rows"),
        pytest.param([[5]], [[5]], id="one"),
        pytest.param([[5], [1, 2, 3], [7, 8]], [[5, 0, 0], [1, 2, 3], [7, 8, 0]], id="filled up on the right"),
    ],
)
def test_pad_sequences(rows, padded):
    array = pad_sequences([np.array(row, np.int32) for row in rows])
    assert array.dtype == np.int32
    assert np.array_equal(array, padded)
    assert array.shape == np.shape(padded)
