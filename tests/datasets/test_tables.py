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
from brandlens.datasets import tables
from brandlens.datasets.review import Review
from brandlens.errors import UserError

DATA = os.environ.get("BRANDLENS_DATA")
arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

TABLE = Columns(
    text="text", label="label", stars=None, id=None, group=None, split=None, positive=("1", "positive", "Yes"),
    negative=("0", "negative", "no"), cuts=(2.0, 4.0), encoding=None, odd=0.9,
)  # fmt: skip
STARS = replace(TABLE, label=None, stars="stars")
GOOD = '"text","label"\n"it works",positive\n'


def read(tmp_path, content, table=TABLE, name="mine.csv", split="train"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return tables.read_tables(replace(Files((), (), (), (), table), **{split: (str(path),)}))


def said(found):
    return [(each.text, each.label) for each in found]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        pytest.param("a.csv", "text,label\ngood,1\nbad,0\n", [("good", 1), ("bad", 0)], id="CSV"),
        pytest.param(
            "a.CSV", "label,text\r\n1,good\r\n\r\n", [("good", 1)], id="other order, line ends, an empty line"
        ),
        pytest.param("a.csv", "text;label\ngood, really;1\n", [("good, really", 1)], id="semicolons"),
        pytest.param("a.csv", ' text ,label\n"two\nlines ""so""",no\n', [('two\nlines "so"', 0)], id="quoted lines"),
        pytest.param("a.csv", "text,label\n" + "x" * 200_000 + ",1\n", [("x" * 200_000, 1)], id="a long text"),
        pytest.param(
            "a.tsv", 'text\tlabel\na "quote" in\t1\n"a, b"\t0\n', [('a "quote" in', 1), ("a, b", 0)], id="TSV"
        ),
        pytest.param(
            "a.jsonl", '{"text":"good","label":1}\n\n{"text":"bad","label":false,"x":[]}\n', [("good", 1)], id="JSONL"
        ),
    ],
)
def test_formats(tmp_path, name, content, found):
    assert said(read(tmp_path, content, name=name))[: len(found)] == found


def test_parquet(tmp_path):
    columns = {"other": [[1], [2], [3]], "label": [1.0, 0.0, 1.0], "text": ["good", "bad", "fine"]}
    parquet.write_table(arrow.table(columns), tmp_path / "a.parquet")
    found = tables.read_tables(Files((str(tmp_path / "a.parquet"),), (), (), (), TABLE))
    assert said(found) == [("good", 1), ("bad", 0), ("fine", 1)]
    assert [each.id for each in found] == ["a.parquet:1", "a.parquet:2", "a.parquet:3"]


def test_every_file_has_its_split(tmp_path):
    for split in tables.SPLITS:
        columns = "text\n" if split == "unlabelled" else "text,label\n"
        row = f"{split} words\n" if split == "unlabelled" else f"{split} words,yes\n"
        (tmp_path / f"{split}.csv").write_text(columns + row)
    names = {split: (str(tmp_path / f"{split}.csv"),) for split in tables.SPLITS}
    found = tables.read_tables(Files(**names, table=TABLE))
    assert [(each.split, each.text, each.label) for each in found] == [
        (split, f"{split} words", -1 if split == "unlabelled" else 1) for split in tables.SPLITS
    ]


def test_id_group_and_split_columns(tmp_path):
    table = replace(TABLE, id="id", group="of", split="part")
    content = "id,of,part,text,label\n7,x,Test,good,1\n,,train,bad,0\n9,y,dev,so,1\n"
    assert read(tmp_path, content, table) == [
        Review("7", "good", 1, pytest.approx(math.nan, nan_ok=True), "x", "test"),
        Review("mine.csv:3", "bad", 0, pytest.approx(math.nan, nan_ok=True), "", "train"),
    ]


@pytest.mark.parametrize(
    ("stars", "label"),
    [("1", 0), ("2", 0), ("2,0", 0), ("2.5", None), ("4", 1), (" 5 ", 1), ("-3", 0)],
)
def test_stars(tmp_path, stars, label):
    found = read(tmp_path, f'text,stars\nso,"{stars}"\nfine,5\n', STARS)
    assert [(each.label, each.rating) for each in found[:-1]] == (
        [] if label is None else [(label, float(stars.replace(",", ".")))]
    )


def test_stars_between_are_counted_and_not_odd(tmp_path, capsys):
    read(tmp_path, "text,stars\nso,3\nso so,3.5\nfine,5\n", replace(STARS, odd=0.0))
    assert "left out: 2 reviews with stars between 2 and 4" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["1", "1.0", "positive", "POSITIVE", " yes "])
def test_labels_in_any_case(tmp_path, value):
    assert said(read(tmp_path, f"text,label\ngood,{value}\n")) == [("good", 1)]


MIXED = (GOOD * 9 + "gr\xfcn,no\n").encode("latin-1") + "gründlich grün äöü,yes\n".encode()
LINE = '{"text":"a","label":1}\n'


@pytest.mark.parametrize(
    ("content", "table", "line"),
    [
        pytest.param(GOOD + "it breaks,maybe\n", TABLE, 'row 3: label is "maybe", which is none of 1', id="label"),
        pytest.param(GOOD + "it breaks,\n", TABLE, 'row 3: label is "", which', id="no label"),
        pytest.param(GOOD + " ,no\n", TABLE, 'row 3: no text in column "text"', id="no text"),
        pytest.param(GOOD + "a,b,no\n", TABLE, "row 3: 3 fields, not 2 (line 3)", id="a comma too many"),
        pytest.param(GOOD + '"two\nlines",no\nonly\n', TABLE, "row 4: 1 fields, not 2 (line 5)", id="one too few"),
        pytest.param(GOOD + '"a" b,no\nc,no\n', TABLE, "row 3: not CSV: ", id="a quote in the wrong place"),
        pytest.param(GOOD + '"never closed,no\n', TABLE, "row 3: not CSV: unexpected end", id="an open quote"),
        pytest.param(MIXED, TABLE, "row 19: bytes that are no text", id="one row of another encoding"),
        pytest.param("text,stars\na,five\nb,5\n", STARS, 'row 2: stars is "five", not a number', id="stars"),
        pytest.param("text,stars\na,nan\nb,5\n", STARS, 'row 2: stars is "nan"', id="no stars"),
        pytest.param(LINE + '\n{"text":\n', TABLE, "row 3: not JSON", id="half a line"),
        pytest.param(LINE + "[1]\n", TABLE, "row 2: not a JSON object", id="a list"),
        pytest.param(LINE + '{"text":"b"}\n', TABLE, 'row 2: no "label"', id="a key missing"),
        pytest.param(LINE + '{"text":5,"label":1}\n', TABLE, "row 2: no text", id="a number"),
        pytest.param(LINE + '{"text":"\\ud800","label":1}\n', TABLE, "row 2: bytes", id="half a pair"),
    ],
)
def test_odd_rows_are_named_and_left_out(tmp_path, capsys, content, table, line):
    name = "a.jsonl" if content[:1] == "{" else "a.csv"
    read(tmp_path, content, table, name)
    told = [each for each in capsys.readouterr().err.splitlines() if each.startswith("left out: ")]
    assert any(f"{tmp_path / name}, {line}" in each for each in told), told


def test_a_quote_in_the_wrong_place_costs_one_row(tmp_path):
    found = read(tmp_path, GOOD + '"a" b,no\n' + "".join(f"text {at},yes\n" for at in range(20)))
    assert len(found) == 21


def test_odd_rows_of_parquet(tmp_path, capsys):
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table({"text": ["good", None, "bad"], "label": [1, 1, None]}), path)
    assert said(tables.read_tables(Files((str(path),), (), (), (), TABLE))) == [("good", 1)]
    told = capsys.readouterr().err
    assert f"{path}, row 2: no text" in told
    assert f'{path}, row 3: label is ""' in told


@pytest.mark.parametrize(("bad", "fine"), [(1, True), (2, False)])
def test_too_many_odd_rows(tmp_path, capsys, bad, fine):
    content = "text,label\n" + "good,1\n" * (20 - bad) + "what,?\n" * bad
    table = replace(TABLE, odd=0.05)
    if fine:
        assert len(read(tmp_path, content, table)) == 19
    else:
        with pytest.raises(UserError, match=r'2 of 20 rows .*table\.odd.* first: .*mine\.csv, row 20: label is "\?"'):
            read(tmp_path, content, table)


def test_many_odd_rows_are_counted(tmp_path, capsys):
    read(tmp_path, "text,label\n" + "good,1\n" * 5 + "what,?\n" * 30, replace(TABLE, odd=1.0))
    told = [each for each in capsys.readouterr().err.splitlines() if each.startswith("left out: ")]
    assert len(told) == tables.SHOWN + 1
    assert told[-1] == "left out: 20 rows more"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("cp1252", None), ("cp1252", "cp1252"),
        ("shift-jis", "shift-jis"), ("utf-16-le", "utf-16-le"),
    ],
)  # fmt: skip
def test_encodings(tmp_path, encoding, named):
    text = "良い電話" if encoding == "shift-jis" else "ein schönes Gerät – für mich"
    content = f"text,label\n{text},1\nplain,0\n".encode(encoding)
    assert said(read(tmp_path, content, replace(TABLE, encoding=named))) == [(text, 1), ("plain", 0)]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("klingon", "no encoding is named 'klingon'"),
        ("utf-16", "not utf-16: "),
    ],
)
def test_encodings_that_do_not_fit(tmp_path, encoding, words):
    with pytest.raises(UserError, match=rf"mine\.csv: .*{words}"):
        read(tmp_path, "text,label\ngood,1\n\n", replace(TABLE, encoding=encoding))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("a.csv", "", 'no column "text", there are: none', id="empty"),
        pytest.param("a.csv", "text,label\n", "no rows in these files", id="a header alone"),
        pytest.param("a.csv", "review,label\na,1\n", 'no column "text", there are: review, label', id="another name"),
        pytest.param("a.csv", "text,text,label\na,b,1\n", 'two columns are named "text"', id="a name twice"),
        pytest.param("a.csv", '"text" x,label\na,1\n', "the header is not CSV", id="a broken header"),
        pytest.param("a.jsonl", '{"review":"a"}\n', 'no column "text", there are: review', id="another key"),
        pytest.param("a.parquet", "text", "not a Parquet file", id="no Parquet"),
        pytest.param("a.xlsx", "text", r"must end in \.csv, \.tsv, \.jsonl, \.parquet", id="another kind"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, content, words):
    with pytest.raises(UserError, match=words):
        read(tmp_path, content, name=name)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match=r"none\.csv: no such file; mend sentiment\.collect\.files\.val"):
        tables.read_tables(Files((), (str(tmp_path / "none.csv"),), (), (), TABLE))


def test_an_unlabelled_file_needs_the_text_alone(tmp_path):
    table = replace(TABLE, id="id", group="of", split="part")
    (found,) = read(tmp_path, "text\ngood\n", table, split="unlabelled")
    assert (found.label, found.split, found.id) == (-1, "unlabelled", "mine.csv:2")


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(CELL, st.sampled_from(["1", "0"])), min_size=1))
def test_every_format_gives_the_same_reviews(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("tables")
    with (folder / "a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    (folder / "a.jsonl").write_text("\n".join(lines))
    parquet.write_table(
        arrow.table(dict(zip(("text", "label"), map(list, zip(*rows, strict=True)), strict=True))), folder / "a.parquet"
    )
    expected = [(text.strip(), int(label)) for text, label in rows]
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        assert said(tables.read_tables(Files((str(folder / name),), (), (), (), TABLE))) == expected


@pytest.mark.skipif(not DATA, reason="BRANDLENS_DATA names no folder of real reviews")
@pytest.mark.parametrize(("name", "count"), [("product_review_sentences", 3734), ("uci_sentences", 2000)])
def test_real_reviews(name, count):
    path = str(Path(DATA, "reviews_other", f"{name}.parquet"))
    found = tables.read_tables(Files((), (), (path,), (), replace(TABLE, id="id", odd=0.0)))
    assert len(found) == len({each.id for each in found}) == count
    assert {each.label for each in found} == {0, 1}
