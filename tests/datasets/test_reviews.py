import dataclasses
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.datasets import reviews
from brandlens.datasets.reviews import NEGATIVE, NEUTRAL, POSITIVE, TWO_LABELS, UNLABELLED, Review, Reviews, find_labels
from brandlens.errors import UserError

ROWS = [
    Review("a", "good", POSITIVE, 5.0, "x", "train"),
    Review("b", "bad\n❤", NEGATIVE, math.nan, "", "test"),
    Review("c", "so so", UNLABELLED, math.nan, "", "unlabelled"),
    Review("d", "fine", POSITIVE, 4.5, "x", "train"),
]


def same(first, second):
    return all(
        np.array_equal(one, other, equal_nan=True) if isinstance(one, np.ndarray) else one == other
        for one, other in zip(vars(first).values(), vars(second).values(), strict=True)
    )


@pytest.mark.parametrize("rows", [[], ROWS], ids=["none", "some"])
def test_columns_survive_the_file(tmp_path, rows):
    columns = Reviews.from_rows(rows)
    assert (len(columns), columns.label.dtype, columns.rating.dtype) == (len(rows), np.int8, np.float32)
    path = tmp_path / "deep" / "reviews.parquet"
    reviews.write(path, columns)
    again = reviews.read(path)
    assert same(again, columns)
    assert (again.label.dtype, again.rating.dtype) == (np.int8, np.float32)


def test_the_same_reviews_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        reviews.write(tmp_path / name, Reviews.from_rows(ROWS))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("splits", "ids"),
    [
        pytest.param([], "", id="none"),
        pytest.param(["val"], "", id="an empty one"),
        pytest.param(["train"], "ad", id="one"),
        pytest.param(["unlabelled", "train"], "acd", id="two, in file order"),
    ],
)
def test_of(splits, ids):
    subset = Reviews.from_rows(ROWS).of(*splits)
    assert "".join(subset.id) == ids
    assert same(subset, Reviews.from_rows([row for row in ROWS if row.id in ids]))


@given(st.lists(st.tuples(st.text(), st.sampled_from(["train", "val", "test", "unlabelled"]))))
def test_splits_make_up_the_whole(texts):
    rows = [Review(str(index), text, UNLABELLED, math.nan, "", split) for index, (text, split) in enumerate(texts)]
    columns = Reviews.from_rows(rows)
    subsets = [columns.of(split) for split in ("train", "val", "test", "unlabelled")]
    assert sorted((id_ for subset in subsets for id_ in subset.id), key=int) == columns.id


def test_no_file(tmp_path):
    with pytest.raises(UserError, match=r"reviews\.parquet: no such file; run: dvc repro sentiment-collect"):
        reviews.read(tmp_path / "reviews.parquet")


def test_another_file(tmp_path):
    path = tmp_path / "reviews.parquet"
    path.write_text("text,label\n")
    with pytest.raises(UserError, match=r"reviews\.parquet: not a file of reviews"):
        reviews.read(path)


def test_other_columns(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    path = tmp_path / "reviews.parquet"
    pytest.importorskip("pyarrow.parquet").write_table(arrow.table({"id": ["a"], "text": ["b"]}), path)
    with pytest.raises(UserError, match="no column label of type int8; run"):
        reviews.read(path)


def test_texts_that_became_bytes(tmp_path):
    """As one changed byte of the file's schema makes them."""
    arrow = pytest.importorskip("pyarrow")
    path = tmp_path / "reviews.parquet"
    reviews.write(path, Reviews.from_rows([Review("a", "good", POSITIVE, 5.0, "", "train")]))
    table = arrow.parquet.read_table(path)
    table = table.set_column(1, "text", table.column("text").cast(arrow.binary()))
    arrow.parquet.write_table(table, path)
    with pytest.raises(UserError, match="no column text of type string; run"):
        reviews.read(path)


def test_without_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r'pip install "brandlens\[train\]"'):
        reviews.read(tmp_path / "reviews.parquet")


@pytest.mark.parametrize("labels", [TWO_LABELS, (NEGATIVE, NEUTRAL, POSITIVE)], ids=len)
def test_labels_survive_the_file(tmp_path, labels):
    rows = [Review(label, "so", label, math.nan, "", "train") for label in labels]
    reviews.write(tmp_path / "a", Reviews.from_rows(rows, labels, ordered=True))
    again = reviews.read(tmp_path / "a").of("train")
    assert (again.labels, again.ordered, again.label.tolist()) == (labels, True, list(range(len(labels))))
    assert again.count_labels() == dict.fromkeys(labels, 1)
    assert find_labels(rows) == labels


@pytest.mark.parametrize("labels", [TWO_LABELS, (NEGATIVE, NEUTRAL, POSITIVE)], ids=len)
def test_a_teacher_survives_the_file(tmp_path, labels):
    teacher = {label: 1 / len(labels) for label in reversed(labels)} | {labels[0]: 0.75}
    rows = [Review(str(row), "so", UNLABELLED, math.nan, "", "unlabelled", row) for row in (None, teacher)]
    reviews.write(tmp_path / "a", Reviews.from_rows(rows, labels))
    again = reviews.read(tmp_path / "a").of("unlabelled").teacher
    assert again.dtype == np.float32
    assert np.isnan(again[0]).all()
    assert again[1].tolist() == pytest.approx([teacher[label] for label in labels])


def test_a_teacher_of_other_labels(tmp_path):
    columns = Reviews.from_rows(
        [Review("a", "so", UNLABELLED, math.nan, "", "unlabelled", dict.fromkeys("abc", 0.3))], "abc"
    )
    reviews.write(tmp_path / "a", dataclasses.replace(columns, labels=("a", "b")))
    with pytest.raises(UserError, match="a teacher has not 2 probabilities"):
        reviews.read(tmp_path / "a")


def test_a_label_that_is_none_of_the_labels(tmp_path):
    columns = Reviews.from_rows([Review("a", "so", POSITIVE, math.nan, "", "train")])
    reviews.write(tmp_path / "a", dataclasses.replace(columns, labels=("alone",)))
    with pytest.raises(UserError, match="a label is none of alone"):
        reviews.read(tmp_path / "a")
