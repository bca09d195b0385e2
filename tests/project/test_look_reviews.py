"""What is seen in tables of reviews."""

import json
from pathlib import Path

import pytest

from brandlens.datasets.reviews import NEGATIVE, POSITIVE, UNLABELLED, Review
from brandlens.errors import UserError
from brandlens.project import look_reviews
from brandlens.project.columns import Roles
from brandlens.project.split_names import split_of

NAN = float("nan")


def test_a_table_sorted_by_label_is_seen_whole(tmp_path: Path) -> None:
    path = tmp_path / "sorted.csv"
    rows = [f"it works well {n},{'pos' if n < 2500 else 'neg'}" for n in range(5000)]
    path.write_text("\n".join(["text,label", *rows]))
    table = look_reviews.read_table(path)
    assert table.roles
    assert (table.num_rows, table.roles.label, len(table.values["text"])) == (5000, "label", look_reviews.SAMPLE)


def test_a_first_column_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        "\n".join(json.dumps({"ok": True, "v": [1], "text": "it works well", "stars": n % 5}) for n in range(9))
    )
    table = look_reviews.read_table(path)
    assert table.roles
    assert (table.num_rows, table.roles.text) == (9, "text")


@pytest.mark.parametrize("content", ["", "text,label\n"])
def test_a_table_without_rows(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    table = look_reviews.read_table(path)
    assert (table.num_rows, table.roles, table.is_labelled) == (0, None, False)


def test_rows_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\nit works well,pos\nit fails,neg\nthis is one,too,many\n")
    table = look_reviews.read_table(path)
    assert table.num_problems == 1
    assert "1 of them cannot be read" in next(table.describe())


def test_empty_cells_are_no_examples(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text;label\nit works well;pos\nit fails;neg\n;\n;\n;\n")
    assert [line.partition("such as ")[2] for line in look_reviews.read_table(path).describe()][1:] == [
        "it works well | it fails",
        "pos | neg",
    ]


def table(name: str, label: str | None) -> look_reviews.Table:
    return look_reviews.Table(Path(name), 1, 0, {"t": ["x"]}, Roles("t", label))


@pytest.mark.parametrize(
    ("tables", "files"),
    [
        pytest.param([("a.csv", "l")], {"train": ["a.csv"]}, id="one"),
        pytest.param([("test.csv", "l")], {"train": ["test.csv"]}, id="one of a usual name"),
        pytest.param(
            [("a-train.csv", "l"), ("a_dev.csv", "l"), ("test.csv", "l"), ("unsup.csv", None)],
            {"train": ["a-train.csv"], "val": ["a_dev.csv"], "test": ["test.csv"], "unlabelled": ["unsup.csv"]},
            id="by their names",
        ),
        pytest.param(
            [("data/test/reviews.csv", "l"), ("data/train/reviews.csv", "l"), ("data/unsup/reviews.csv", "l")],
            {
                "train": ["data/train/reviews.csv"],
                "test": ["data/test/reviews.csv"],
                "unlabelled": ["data/unsup/reviews.csv"],
            },
            id="by their folders' names, their own being one",
        ),
        pytest.param([("a.csv", "l"), ("b.csv", None)], {"train": ["a.csv"], "unlabelled": ["b.csv"]}, id="no labels"),
    ],
)
def test_files_by_split(tables: list[tuple[str, str | None]], files: dict[str, list[str]]) -> None:
    found = look_reviews.files_by_split([table(*each) for each in tables])
    assert {split: list(map(str, paths)) for split, paths in found.items() if paths} == files


@pytest.mark.parametrize(
    ("name", "words", "is_labelled"),
    [
        pytest.param("more.csv", ((), ("-1",)), False, id="one number for all: none"),
        pytest.param("more.csv", ((), ("negative",)), True, id="one word for all"),
        pytest.param("more.csv", (("1",), ("0",)), True, id="both"),
        pytest.param("unsup.csv", (("1",), ("0",)), False, id="called unlabelled"),
    ],
)
def test_which_tables_are_labelled(
    name: str, words: tuple[tuple[str, ...], tuple[str, ...]], is_labelled: bool
) -> None:
    both = look_reviews.Table(Path("a.csv"), 1, 0, {}, Roles("t", "l", positive=("1",), negative=("0",)))
    other = look_reviews.Table(Path(name), 1, 0, {}, Roles("t", "l", positive=words[0], negative=words[1]))
    assert (other in look_reviews.labelled_tables([both, other])) is is_labelled
    if name != "unsup.csv":
        assert look_reviews.labelled_tables([other]) == [other]


def test_no_labels_at_all() -> None:
    with pytest.raises(UserError, match="no table has a column with labels"):
        look_reviews.files_by_split([table("a.csv", None)])


def test_count() -> None:
    texts = [("It works", POSITIVE), ("it  WORKS", POSITIVE), ("Not at all good", NEGATIVE), ("Größe", UNLABELLED)]
    seen = look_reviews.count([Review("", text, label, NAN, "", "train") for text, label in texts])
    assert (seen.num_labelled, seen.label_count(POSITIVE), seen.num_duplicates, seen.num_test) == (3, 2, 1, 0)
    assert seen.length_at(1.0) == 4
    assert seen.other_scripts == pytest.approx(2 / 31, abs=0.01)
    lines = list(seen.describe())
    assert lines[0] == "reviews: 2 positive (67 %), 1 negative, 1 without a label"
    assert next(look_reviews.count([]).describe()) == "reviews: 0 positive, 0 negative"


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.xml", "train"),
        ("drinks-VAL-2.xml", "val"),
        ("a.test.csv", "test"),
        ("contest.xml", None),
        ("x/dev", "val"),
    ],
)
def test_split_of(name: str, split: str | None) -> None:
    assert split_of(Path(name)) == split
