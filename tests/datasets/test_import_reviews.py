"""The user's own tables as reviews: labels, ratings, splits, and the rows that cannot be used."""

import csv
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.config.sentiment import Columns, Files
from brandlens.datasets import import_reviews as module
from brandlens.datasets.import_reviews import import_reviews
from brandlens.datasets.reviews import NEGATIVE, NEUTRAL, POSITIVE, SPLITS, UNLABELLED, Review
from brandlens.errors import UserError

DATA = os.environ.get("BRANDLENS_DATA")
pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

COLUMNS = Columns(
    text="text", label="label", rating=None, id=None, group=None, split=None,
    teacher=None, positive_labels=("1", "positive", "Yes"), negative_labels=("0", "negative", "no"),
    neutral_labels=("neutral", "mixed"), rating_scale=(1.0, 5.0), rating_cutoffs=(2.0, 4.0), middle_ratings="drop",
    encoding=None, max_bad_rows=0.9,
)  # fmt: skip
RATED = replace(COLUMNS, label=None, rating="stars")
GOOD = '"text","label"\n"it works",positive\n'


def read(folder, content, columns=COLUMNS, name="mine.csv", split="train"):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return import_reviews(replace(Files((), (), (), (), columns), **{split: (str(path),)}))


def labels(reviews):
    return [(review.text, review.label) for review in reviews]


def reported(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("left out: ")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.csv", "text,label\ngood,1\nbad,0\n", id="CSV"),
        pytest.param("a.CSV", "label,text\r\n1,good\r\n\r\n0,bad\r\n", id="another order of columns"),
        pytest.param("a.tsv", "text\tlabel\ngood\t1\nbad\tno\n", id="TSV"),
        pytest.param("a.jsonl", '{"text":"good","label":1}\n\n{"text":"bad","label":0.0,"x":[]}\n', id="JSONL"),
    ],
)
def test_formats(tmp_path, name, content):
    assert labels(read(tmp_path, content, name=name)) == [("good", POSITIVE), ("bad", NEGATIVE)]


def test_parquet(tmp_path):
    columns = {"other": [[1], [2], [3]], "label": [1.0, 0.0, 1.0], "text": ["good", "bad", "fine"]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    reviews = import_reviews(Files((str(tmp_path / "a.parquet"),), (), (), (), COLUMNS))
    assert labels(reviews) == [("good", POSITIVE), ("bad", NEGATIVE), ("fine", POSITIVE)]
    assert [review.id for review in reviews] == ["a.parquet:1", "a.parquet:2", "a.parquet:3"]


def test_every_file_has_its_split(tmp_path):
    for split in SPLITS:
        header = "text\n" if split == "unlabelled" else "text,label\n"
        row = f"{split} words\n" if split == "unlabelled" else f"{split} words,yes\n"
        (tmp_path / f"{split}.csv").write_text(header + row)
    names = {split: (str(tmp_path / f"{split}.csv"),) for split in SPLITS}
    reviews = import_reviews(Files(**names, columns=COLUMNS))
    assert [(review.split, review.text, review.label) for review in reviews] == [
        (split, f"{split} words", UNLABELLED if split == "unlabelled" else POSITIVE) for split in SPLITS
    ]


def test_id_group_and_split_columns(tmp_path):
    columns = replace(COLUMNS, id="id", group="movie", split="part")
    content = "id,movie,part,text,label\n7,x,Test,good,1\n,,train,bad,0\n9,y,dev,so,1\n"
    assert read(tmp_path, content, columns) == [
        Review("7", "good", POSITIVE, pytest.approx(math.nan, nan_ok=True), "x", "test"),
        Review("mine.csv:3", "bad", NEGATIVE, pytest.approx(math.nan, nan_ok=True), "", "train"),
    ]


def test_an_unlabelled_file_needs_the_text_alone(tmp_path):
    columns = replace(COLUMNS, id="id", group="movie", split="part")
    (review,) = read(tmp_path, "text\ngood\n", columns, split="unlabelled")
    assert (review.label, review.split, review.id, review.group) == (UNLABELLED, "unlabelled", "mine.csv:2", "")
    (review,) = read(tmp_path, "id,text,movie\n7,good,x\n", columns, split="unlabelled")
    assert (review.id, review.group) == ("7", "x")
    assert labels(read(tmp_path, "good\nbad", columns, "mine.txt", "unlabelled")) == [
        ("good", UNLABELLED),
        ("bad", UNLABELLED),
    ]


@pytest.mark.parametrize(
    ("stars", "label"),
    [("1", NEGATIVE), ("2", NEGATIVE), ("2,0", NEGATIVE), ("2.5", None), ("4", POSITIVE), (" 5 ", POSITIVE)],
)
def test_ratings(tmp_path, stars, label):
    reviews = read(tmp_path, f'text,stars\nso,"{stars}"\nfine,5\n', RATED)
    assert [(review.label, review.rating) for review in reviews[:-1]] == (
        [] if label is None else [(label, float(stars.replace(",", ".")))]
    )


TEACHER = replace(COLUMNS, teacher="score")


@pytest.mark.parametrize(
    ("score", "teacher"),
    [("0.25", 0.25), ("0,25", 0.25), ("1", 1.0), ("1.000001", 1.0), ("-0.000001", 0.0), ("", None), ("nan", None)],
)
def test_a_teachers_scores(tmp_path, score, teacher):
    (review, _) = read(tmp_path, f'text,score\nso,"{score}"\nfine,1\n', TEACHER, split="unlabelled")
    assert review.label == UNLABELLED
    assert review.teacher == (None if teacher is None else {NEGATIVE: 1 - teacher, POSITIVE: teacher})


def test_a_teacher_of_rows_that_a_column_calls_unlabelled(tmp_path):
    content = "text,label,split,score\ngood,1,train,\nso,,unlabelled,0.75\n"
    reviews = read(tmp_path, content, replace(TEACHER, split="split"))
    assert [(review.label, review.teacher) for review in reviews][1] == (UNLABELLED, {NEGATIVE: 0.25, POSITIVE: 0.75})
    assert reviews[0].teacher is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param("text,score\nso,85\nfine,1\n", "row 2: score is 85, not a probability from 0 to 1", id="percent"),
        pytest.param("text,score\nso,-2.5\nfine,1\n", "row 2: score is -2.5, not a probability", id="a logit"),
        pytest.param("text,score\nso,good\nfine,1\n", 'row 2: score is "good", not a number', id="a word"),
    ],
)
def test_bad_scores_of_a_teacher(tmp_path, capsys, content, problem):
    assert len(read(tmp_path, content, TEACHER, split="unlabelled")) == 1
    assert any(problem in line for line in reported(capsys))


PER_LABEL = replace(COLUMNS, teacher={"Negative": "n", NEUTRAL: "u", POSITIVE: "p"})
KEY = "sentiment.collect.files.columns.teacher"


@pytest.mark.parametrize(
    ("cells", "teacher"),
    [
        pytest.param(",,", None, id="empty cells"),
        pytest.param("nan,,NaN", None, id="none, as other programs write it"),
        pytest.param("0.2,0.3,0.5", (0.2, 0.3, 0.5), id="probabilities"),
        pytest.param("1,0,0", (1, 0, 0), id="a sure teacher"),
        pytest.param("0.33,0.33,0.33", (1 / 3, 1 / 3, 1 / 3), id="rounded ones, which then add up to 1"),
    ],
)
def test_a_teacher_of_more_labels(tmp_path, cells, teacher):
    (review, _) = read(tmp_path, f"text,n,u,p\nso,{cells}\nfine,0,0,1\n", PER_LABEL, split="unlabelled")
    names = (NEGATIVE, NEUTRAL, POSITIVE)
    assert review.teacher == (None if teacher is None else pytest.approx(dict(zip(names, teacher, strict=True))))


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=6), st.integers(2, 6))
@settings(max_examples=30, deadline=None)
def test_a_teachers_rounded_probabilities_are_taken_and_add_up_to_1(tmp_path_factory, weights, digits):
    labels = [str(number) for number in range(len(weights))]
    columns = replace(COLUMNS, teacher={label: f"p{label}" for label in labels})
    cells = [f"{weight / sum(weights):.{digits}f}" for weight in weights]
    path = tmp_path_factory.mktemp("teacher") / "a.csv"
    path.write_text(f"text,{','.join(columns.teacher_columns)}\nso,{','.join(cells)}\n")
    (review,) = import_reviews(Files((), (), (), (str(path),), columns), labels)
    assert list(review.teacher) == labels
    assert sum(review.teacher.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        pytest.param("0.2,,0.5", f"row 2: u is empty; {KEY} wants all of n, u, p, or none", id="a missing cell"),
        pytest.param("0.2,0.3,0.8", f"row 2: n, u, p add up to 1.3; {KEY} wants probabilities that add up to 1: "
                     "divide each by their sum", id="a sum above 1"),
        pytest.param("0,0,0", "row 2: n, u, p add up to 0", id="no probability at all"),
        pytest.param("-0.2,0.4,0.8", "row 2: n is -0.2, not a probability from 0 to 1", id="a negative one"),
        pytest.param("20,30,50", "row 2: n is 20, not a probability from 0 to 1", id="percent"),
        pytest.param("0.2,0.3,good", 'row 2: p is "good", not a number', id="a word"),
    ],
)  # fmt: skip
def test_bad_probabilities_of_a_teacher(tmp_path, capsys, cells, problem):
    content = f"text,n,u,p\nso,{cells}\nfine,0,0,1\n"
    assert len(read(tmp_path, content, PER_LABEL, split="unlabelled")) == 1
    assert any(problem in line for line in reported(capsys))


def test_a_column_of_a_teacher_that_is_missing(tmp_path):
    with pytest.raises(UserError, match='no column "u"'):
        read(tmp_path, "text,n,p\nso,0,1\n", PER_LABEL, split="unlabelled")


def test_a_teacher_that_is_missing(tmp_path):
    with pytest.raises(UserError, match='no column "score"'):
        read(tmp_path, "text\nso\n", TEACHER, split="unlabelled")


def test_neutral_ratings_are_counted_and_are_no_bad_rows(tmp_path, capsys):
    read(tmp_path, "text,stars\nso,3\nso so,3.5\nfine,5\n", replace(RATED, max_bad_rows=0.0))
    assert reported(capsys) == ["left out: 2 reviews rated between 2 and 4"]


@pytest.mark.parametrize("value", ["1", "1.0", "positive", "POSITIVE", " yes "])
def test_labels_in_any_case(tmp_path, value):
    assert labels(read(tmp_path, f"text,label\ngood,{value}\n")) == [("good", POSITIVE)]


def test_ratings_off_the_scale_are_reported_and_refused(tmp_path, capsys):
    content = "text,stars\n" + "".join(f"text {stars},{stars}\n" for stars in range(1, 11))
    with pytest.raises(UserError, match=r"5 of 10 rows cannot be used.* row 7: stars is 6, outside rating_scale"):
        read(tmp_path, content, replace(RATED, max_bad_rows=0.4))
    assert "stars goes from 6 to 10 in 5 rows outside sentiment.collect.files.columns.rating_scale, 1 to 5;" in (
        capsys.readouterr().err
    )
    wide = replace(RATED, rating_scale=(1.0, 10.0), rating_cutoffs=(4.0, 7.0), max_bad_rows=0.0)
    assert [label for _, label in labels(read(tmp_path, content, wide))] == [NEGATIVE] * 4 + [POSITIVE] * 4
    assert "rating_scale" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stars", "words"),
    [
        ((1, 2, 3), "stars goes from 1 to 2, and none is 4 or more; if that is another scale than sentiment.collect"),
        ((4, 5), "stars goes from 4 to 5, and none is 2 or less; if that is another scale than sentiment.collect"),
    ],
)
def test_ratings_on_one_side_of_the_cutoffs_are_reported(tmp_path, capsys, stars, words):
    read(tmp_path, "text,stars\n" + "".join(f"text {value},{value}\n" for value in stars), RATED)
    assert words in capsys.readouterr().err


def test_every_line_that_an_open_quote_costs_is_counted(tmp_path):
    content = "text,label\n" + "good,1\n" * 20 + '"one\ntwo\nthree\nfour "so" five\nsix",1\n'
    with pytest.raises(UserError, match=r"5 of 25 rows cannot be used.*row 22: not CSV: a quote opened in line 22"):
        read(tmp_path, content, replace(COLUMNS, max_bad_rows=0.1))


def test_a_folder_of_parts(tmp_path):
    for at in (1, 2, 10):
        (tmp_path / f"part-{at}.csv").write_text(f"text,label\nreview {at},yes\n")
    reviews = import_reviews(Files((str(tmp_path),), (), (), (), COLUMNS))
    assert [(review.id, review.text) for review in reviews] == [
        (f"{tmp_path.name}/part-{at}.csv:2", f"review {at}") for at in (1, 2, 10)
    ]


def test_messages_are_printable(tmp_path, capsys):
    read(tmp_path, GOOD + "it breaks,\x1b[31mno\n")
    assert 'label is "\\x1b[31mno"' in reported(capsys)[0]


LINE = '{"text":"a","label":1}\n'


@pytest.mark.parametrize(
    ("content", "columns", "problem"),
    [
        pytest.param(GOOD + "it breaks,maybe\n", COLUMNS, 'row 3: label is "maybe", which is none of 1', id="label"),
        pytest.param(GOOD + "it breaks,\n", COLUMNS, 'row 3: label is "", which', id="no label"),
        pytest.param(GOOD + " ,no\n", COLUMNS, 'row 3: no text in column "text"', id="no text"),
        pytest.param(GOOD + "a,b,no\n", COLUMNS, "row 3: field count 3, not 2 (line 3)", id="what the reader refuses"),
        pytest.param("text,stars\na,five\nb,5\n", RATED, 'row 2: stars is "five", not a number', id="rating"),
        pytest.param("text,stars\na,nan\nb,5\n", RATED, 'row 2: stars is "nan"', id="no rating"),
        pytest.param(LINE + '{"text":"b"}\n', COLUMNS, 'row 2: no "label"', id="a key missing"),
        pytest.param(
            '{"text":"a","label":1,"id":"\\ud800"}\n{"text":"b","label":1,"id":"7"}\n',
            replace(COLUMNS, id="id"),
            'row 1: bytes that are no text in this encoding, in column "id"',
            id="half of a surrogate pair in a name",
        ),
    ],
)
def test_bad_rows_are_named_and_left_out(tmp_path, capsys, content, columns, problem):
    name = "a.jsonl" if content[:1] == "{" else "a.csv"
    read(tmp_path, content, columns, name)
    lines = reported(capsys)
    assert any(f"{tmp_path / name}, {problem}" in line for line in lines), lines


def test_a_bad_row_costs_no_other(tmp_path):
    reviews = read(tmp_path, GOOD + '"a" b,no\n' + "".join(f"text {at},yes\n" for at in range(20)))
    assert len(reviews) == 21


def test_bad_rows_of_parquet(tmp_path, capsys):
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"text": ["good", None, "bad"], "label": [1, 1, None]}), path)
    assert labels(import_reviews(Files((str(path),), (), (), (), COLUMNS))) == [("good", POSITIVE)]
    assert reported(capsys) == [
        f'left out: {path}, row 2: no text in column "text"',
        f'left out: {path}, row 3: label is "", which is none of 1, positive, yes, neutral, mixed, 0, negative, no',
    ]


def test_too_many_bad_rows(tmp_path):
    columns = replace(COLUMNS, max_bad_rows=0.05)
    assert len(read(tmp_path, "text,label\n" + "good,1\n" * 19 + "what,?\n", columns)) == 19
    message = r'2 of 20 rows .*columns\.max_bad_rows allows; the first: .*mine\.csv, row 20: label is "\?"'
    with pytest.raises(UserError, match=message):
        read(tmp_path, "text,label\n" + "good,1\n" * 18 + "what,?\n" * 2, columns)


def test_empty_rows_are_counted_and_are_no_bad_rows(tmp_path, capsys):
    columns = replace(COLUMNS, max_bad_rows=0.0)
    assert labels(read(tmp_path, "text;label\nfine;1\n" + " ;\n" * 20, columns)) == [("fine", POSITIVE)]
    assert reported(capsys) == ["left out: 20 empty rows"]
    with pytest.raises(UserError, match=r'1 of 2 rows cannot be used.* row 3: no text in column "text"'):
        read(tmp_path, "text;label\nfine;1\n;1\n;\n", columns)


def test_many_bad_rows_are_counted(tmp_path, capsys):
    read(tmp_path, "text,label\n" + "good,1\n" * 5 + "what,?\n" * 30, replace(COLUMNS, max_bad_rows=1.0))
    lines = reported(capsys)
    assert len(lines) == module.MAX_REPORTED + 1
    assert lines[-1] == "left out: 20 rows more"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("a.csv", "text,label\n", "no rows in these files", id="a header alone"),
        pytest.param(
            "a.csv",
            "review,label\na,1\n",
            r'no column "text"; there are: review, label; fix sentiment\.collect\.files\.columns',
            id="another name",
        ),
        pytest.param("a.csv", "text,label,label\na,b,1\n", 'two columns are named "label"', id="a name twice"),
        pytest.param("a.txt", "good\n", 'no column "label"; there are: text', id="no labels in a text file"),
        pytest.param("a.xlsx", "text", r"must end in \.csv, \.tsv, \.jsonl, ", id="another kind"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, content, words):
    with pytest.raises(UserError, match=words):
        read(tmp_path, content, name=name)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match=r"none\.csv: no such file; fix sentiment\.collect\.files\.val"):
        import_reviews(Files((), (str(tmp_path / "none.csv"),), (), (), COLUMNS))


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@settings(max_examples=25)
@given(st.lists(st.tuples(CELL, st.sampled_from(["1", "0"])), min_size=1))
def test_every_format_gives_the_same_reviews(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("tables")
    with (folder / "a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    (folder / "a.jsonl").write_text("\n".join(json.dumps({"text": text, "label": label}) for text, label in rows))
    columns = dict(zip(("text", "label"), map(list, zip(*rows, strict=True)), strict=True))
    parquet.write_table(pyarrow.table(columns), folder / "a.parquet")
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        reviews = import_reviews(Files((str(folder / name),), (), (), (), COLUMNS))
        assert labels(reviews) == [(text, POSITIVE if label == "1" else NEGATIVE) for text, label in rows]


@pytest.mark.skipif(not DATA, reason="BRANDLENS_DATA names no folder of real reviews")
@pytest.mark.parametrize(("name", "count"), [("product_review_sentences", 3734), ("uci_sentences", 2000)])
def test_real_reviews(name, count):
    path = str(Path(DATA, "reviews_other", f"{name}.parquet"))
    reviews = import_reviews(Files((), (), (path,), (), replace(COLUMNS, id="id", max_bad_rows=0.0)))
    assert len(reviews) == len({review.id for review in reviews}) == count
    assert {review.label for review in reviews} == {NEGATIVE, POSITIVE}


# Labels of one's own

TABLE = "text,label\ngood,yes\nso so,Mixed\nbad,no\n"
STARS = ("1", "2", "3", "4", "5")


@pytest.mark.parametrize(
    ("chosen", "content", "columns", "expected"),
    [
        pytest.param(None, TABLE, COLUMNS, ["positive", "neutral", "negative"], id="neutral where the data have it"),
        pytest.param((NEGATIVE, POSITIVE), TABLE, COLUMNS, ["positive", "negative"], id="neutral ones are left out"),
        pytest.param(("joy", "Anger"), "text,label\na,JOY\nb,anger\n", COLUMNS, ["joy", "Anger"], id="by their names"),
        pytest.param(STARS, "text,label\na,5.0\nb,1\n", COLUMNS, ["5", "1"], id="numbers"),
        pytest.param(STARS, "text,stars\na,5\nb,2.0\n", RATED, ["5", "2"], id="stars"),
        pytest.param(None, "text,stars\na,3\nb,5\n", replace(RATED, middle_ratings="neutral"),
                     ["neutral", "positive"], id="ratings between the cutoffs"),
    ],
)  # fmt: skip
def test_labels(tmp_path, chosen, content, columns, expected):
    (tmp_path / "a.csv").write_text(content)
    files = Files((str(tmp_path / "a.csv"),), (), (), (), replace(columns, max_bad_rows=0.0))
    assert [review.label for review in import_reviews(files, chosen)] == expected


def test_neutral_rows_that_are_not_wanted_are_counted(tmp_path, capsys):
    (tmp_path / "a.csv").write_text(TABLE)
    import_reviews(Files((str(tmp_path / "a.csv"),), (), (), (), COLUMNS), (NEGATIVE, POSITIVE))
    assert reported(capsys) == ["left out: 1 neutral reviews"]


def test_half_stars_are_no_label(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("text,stars\na,4.5\nb,5\n")
    assert len(import_reviews(Files((str(tmp_path / "a.csv"),), (), (), (), RATED), STARS)) == 1
    assert "row 2: stars is 4.5, which is none of the labels 1, 2, 3, 4, 5" in reported(capsys)[0]


def test_zero_between_one_and_minus_one_is_pointed_out(tmp_path, capsys):
    columns = replace(COLUMNS, negative_labels=("0", "-1"))
    read(tmp_path, "text,label\na,1\nb,0\nc,-1\n", columns)
    assert "label has 1, 0 and -1, and 0 and -1 are both negative" in capsys.readouterr().err


def test_a_table_behind_a_url():
    store = pytest.importorskip("fsspec").filesystem("memory")
    store.pipe("/bucket/reviews.csv", b"text,label\ngood film,1\nbad,0\n")
    try:
        files = Files(("memory://bucket/reviews.csv",), (), (), (), COLUMNS)
        assert [review.text for review in import_reviews(files)] == ["good film", "bad"]
        with pytest.raises(UserError, match=r"memory://bucket/none\.csv: no such file; fix sentiment"):
            import_reviews(replace(files, train=("memory://bucket/none.csv",)))
    finally:
        store.rm("/bucket", recursive=True)
