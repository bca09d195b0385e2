"""The reader of tables: every format, row for row, what costs a row and what the whole file."""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.datasets.tables import column_names, csv_rows, decoding, read_rows
from brandlens.errors import UserError

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

Write = Callable[[str, bytes | str], Path]

BROKEN_TEXT = 'bytes that are no text in this encoding, or half of a surrogate pair, in column "text"'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def texts(path: Path, column: str = "text", **options: Any) -> list[str]:
    """The texts of a file whose rows are all fine."""
    rows = list(read_rows(path, column, **options))
    assert [row.problem for row in rows if row.problem] == []
    return [row.text for row in rows]


# What is read


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("a.csv", "text\n", [], id="a header alone"),
        pytest.param("a.csv", "id,text\n1,good\n2,bad\n3,so so\n", ["good", "bad", "so so"], id="CSV"),
        pytest.param("a.csv", ' text ,id\n"two\nlines",1\n"a ""quote"", a comma",2\n',
                     ["two\nlines", 'a "quote", a comma'], id="quotes, and a name with spaces"),
        pytest.param("a.csv", 'text,id\nsay "so",1\n', ['say "so"'], id="quotes inside a field without"),
        pytest.param("a.csv", "id;text\n1;good, very\n", ["good, very"], id="semicolons"),
        pytest.param("a.CSV", "text\r\ngood\r\n\r\nbad\r\n", ["good", "bad"], id="Windows lines, one blank"),
        pytest.param("a.csv", "text,id\n,1\n bad ,2\n", ["", " bad "], id="an empty text, and one with spaces"),
        pytest.param("a.csv", "text,label\n" + "x" * 200_000 + ",1\n", ["x" * 200_000], id="a long text"),
        pytest.param("A.TSV", 'id\ttext\n1\tgood, "very"\n2\t"a, b"\n', ['good, "very"', "a, b"], id="TSV"),
        pytest.param("a.csv", '"text","n"\n"1","a, b",2\n"2","c",\n', ["a, b", "c"], id="R's names of rows, no header"),
        pytest.param("a.csv", "text,n\na,1,\nb,2,\n", ["a", "b"], id="a comma too many in every row"),
        pytest.param("a.csv", '"text","n"\n"1","a",\n"2","b",3\n', ["a", "b"], id="names of rows, and an empty cell"),
        pytest.param("a.csv", '"id","text","n"\n"1","a",2,\n"2","b",3,\n', ["a", "b"], id="a comma too many"),
        pytest.param("a.jsonl", "", [], id="no lines"),
        pytest.param("a.jsonl", '{"text": "good"}\n\n{"text": null}\n{"text": 7}\n{"text": NaN, "x": []}',
                     ["good", "", "7", ""], id="JSONL with all that counts as text"),
        pytest.param("a.txt", "", [], id="an empty text file"),
        pytest.param("a.txt", "x" * 256 + "gustar", ["x" * 256 + "gustar"], id="Spanish where tar has its mark"),
        pytest.param("a.txt", "good\n\nbad", ["good", "", "bad"], id="every line is a text"),
    ],
)  # fmt: skip
def test_texts(write: Write, name: str, content: str, expected: list[str]) -> None:
    assert texts(write(name, content)) == expected


@pytest.mark.parametrize("values", [[], ["good"], ["good", None, "bad", "", "😀"]], ids=["none", "one", "with gaps"])
@pytest.mark.parametrize("group", [1, 100])
def test_parquet(tmp_path: Path, values: list[str | None], group: int) -> None:
    table = pyarrow.table({"id": list(range(len(values))), "text": pyarrow.array(values, pyarrow.string())})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=group)
    rows = list(read_rows(tmp_path / "a.parquet", "text"))
    assert [(row.number, row.text) for row in rows] == [(at, value or "") for at, value in enumerate(values, 1)]
    assert all(set(row.values) == {"text"} for row in rows)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_other_columns(tmp_path: Path, name: str) -> None:
    path, columns = tmp_path / name, {"text": ["good"], "label": ["1"], "id": ["7"]}
    if name == "a.parquet":
        parquet.write_table(pyarrow.table(columns), path)
    else:
        path.write_text("text,label,id\ngood,1,7\n" if name == "a.csv" else '{"text":"good","label":"1","id":"7"}')
    (row,) = read_rows(path, "text", ["label"], ["id", "group"])
    assert {column: row.values.get(column) for column in (*columns, "group")} == {
        "text": "good", "label": "1", "id": "7", "group": None,
    }  # fmt: skip
    with pytest.raises(UserError, match=r'no column "group"; there are: text, label, id; look here'):
        list(read_rows(path, "text", ["label", "group"], hint="; look here"))


@pytest.mark.parametrize(
    ("name", "content", "numbers"),
    [
        pytest.param("a.csv", 'text\n"two\nlines"\n\nbad\n', [2, 4], id="CSV: rows of a spreadsheet"),
        pytest.param("a.jsonl", '\n{"text": "a"}\n\n{"text": "b"}', [2, 4], id="JSONL: lines"),
        pytest.param("a.txt", "a\n\nb", [1, 2, 3], id="TXT: lines"),
    ],
)
def test_row_numbers(write: Write, name: str, content: str, numbers: list[int]) -> None:
    assert [row.number for row in read_rows(write(name, content), "text")] == numbers


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt", "a.parquet"])
def test_progress(tmp_path: Path, name: str) -> None:
    lines = [f"review {at} " + "word " * 20 for at in range(10_000)]
    path = tmp_path / name
    if name == "a.parquet":
        parquet.write_table(pyarrow.table({"text": lines}), path)
    elif name == "a.jsonl":
        path.write_text("".join(json.dumps({"text": line}) + "\n" for line in lines))
    else:
        path.write_text("\n".join((["text"] if name == "a.csv" else []) + lines))
    rows = list(read_rows(path, "text"))
    assert [row.text for row in rows] == lines
    assert [rows[at].progress for at in (2999, 5999, 9999)] == pytest.approx([0.3, 0.6, 1.0], abs=0.02)


def test_two_readers_side_by_side(write: Write) -> None:
    """The limit of a field's length is one for the whole process, so that each puts it back."""
    limit, long = csv.field_size_limit(), "x" * 200_000
    paths = [write(name, f"text,id\ngood,1\n{long},2\n") for name in ("a.csv", "b.csv")]
    pairs = zip(*(read_rows(path, "text") for path in paths), strict=True)
    assert [(first.text, second.text) for first, second in pairs] == [("good", "good"), (long, long)]
    assert csv.field_size_limit() == limit


# Encodings


@pytest.mark.parametrize(
    ("encoding", "named", "report"),
    [
        ("utf-8", None, ""),
        ("utf-8-sig", None, ""),
        ("utf-16", None, "read as UTF-16"),
        ("cp1252", None, "not UTF-8, read as Windows-1252; if that is wrong, name its encoding by"),
        ("cp1252", "cp1252", ""),
        ("shift-jis", "shift-jis", ""),
        ("cp932", "cp932", ""),
        ("utf-16-le", "utf-16-le", ""),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_encodings(
    write: Write, capsys: pytest.CaptureFixture[str], name: str, encoding: str, named: str | None, report: str
) -> None:
    text = "良い電話" if encoding in ("shift-jis", "cp932") else "ein schönes Gerät – für mich"
    content = {"a.csv": f"text\n{text}\n", "a.jsonl": json.dumps({"text": text}, ensure_ascii=False), "a.txt": text}
    path = write(name, content[name].encode(encoding))
    assert texts(path, encoding=named) == [text]
    assert capsys.readouterr().err.startswith(f"{path}: {report}" if report else "")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_a_bad_byte_in_utf8_costs_its_row(write: Write, capsys: pytest.CaptureFixture[str], name: str) -> None:
    lines = ["gründlich".encode(), b"gr\xfcn", "déjà vu".encode()]
    if name == "a.jsonl":
        lines = [b'{"text": "' + line + b'"}' for line in lines]
    path = write(name, b"\n".join([b"text"] * (name == "a.csv") + lines))
    rows = list(read_rows(path, "text"))
    assert [row.text for row in rows] == ["gründlich", "", "déjà vu"]
    assert rows[1][1:4] == ("", {}, f"{path}, row {rows[1].number}: {BROKEN_TEXT}")
    assert capsys.readouterr().err == ""


def test_the_encoding_is_that_of_the_whole_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A character may lie across two blocks, and bad bytes come late."""
    monkeypatch.setattr(decoding, "BLOCK", 1 << 10)
    path = write("a.txt", b"a" * (decoding.BLOCK - 1) + "é\n".encode() + b"x\n" * decoding.BLOCK + b"\xe9\n")
    rows = list(read_rows(path, "text"))
    assert rows[0].text.endswith("aé")
    assert [row.number for row in rows if row.problem] == [decoding.BLOCK + 2]


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        pytest.param("text\ngood\n", "klingon", "no encoding is named 'klingon'", id="unknown"),
        pytest.param("text\ngood\n", "base64", "no encoding is named 'base64'", id="not one of texts"),
        pytest.param("text\ngood\n", "utf-16", "not utf-16: ", id="another"),
    ],
)
def test_encodings_that_do_not_fit(write: Write, content: bytes | str, encoding: str | None, words: str) -> None:
    path = write("a.csv", content)
    with pytest.raises(UserError, match=rf"a\.csv: {words}"):
        list(read_rows(path, "text", encoding=encoding))


# Rows that cannot be read

LINE = '{"text": "good"}\n'


@pytest.mark.parametrize(
    ("name", "content", "expected", "problem"),
    [
        pytest.param("a.csv", "id,text\n1,good\n2\n3,bad\n", ["good", "", "bad"],
                     "row 3: field count 1, not 2 (line 3)", id="a field missing"),
        pytest.param("a.csv", 'id,text\n1,"good\nso"\n2,it works, really\n', ["good\nso", ""],
                     "row 3: field count 3, not 2 (line 4)", id="a comma too many"),
        pytest.param("a.csv", 'id,text\n1,"a" b\n2,bad\n', ["", "bad"], "row 2: not CSV: ", id="a misplaced quote"),
        pytest.param("a.tsv", 'id\ttext\n1\t"a" b\n2\tbad\n', ["", "bad"], "row 2: not CSV: ", id="the same in TSV"),
        pytest.param("a.csv", 'id,text\n1,good\n2,"bad\nso\nso\n', ["good", ""],
                     "row 3: not CSV: a quote opened in line 3 is never closed; it would swallow 3 lines (lines 3 ",
                     id="an open quote"),
        pytest.param("a.jsonl", LINE + '{"text": \n', ["good", ""], "row 2: not JSON: ", id="half a line"),
        pytest.param("a.jsonl", LINE + '\n["text"]\n', ["good", ""], "row 3: not a JSON object", id="a list"),
        pytest.param("a.jsonl", LINE + '{"txt": "bad"}\n', ["good", ""], 'row 2: no "text"', id="no key"),
        pytest.param("a.jsonl", LINE + '{"text": ["bad"]}\n', ["good", ""],
                     'row 2: no text in column "text", but a value of type list', id="a list for a text"),
        pytest.param("a.jsonl", LINE + '{"text": true}\n', ["good", ""], "row 2: no text in", id="true for a text"),
        pytest.param("a.jsonl", LINE + '{"text": "\\ud800!"}\n', ["good", ""], f"row 2: {BROKEN_TEXT}",
                     id="half of a surrogate pair"),
        pytest.param("a.jsonl", LINE + "[" * 100_000 + "\n", ["good", ""], "row 2: not JSON: ", id="too deep"),
    ],
)  # fmt: skip
def test_bad_rows_are_named_and_keep_their_place(
    write: Write, name: str, content: str, expected: list[str], problem: str
) -> None:
    path = write(name, content)
    rows = list(read_rows(path, "text"))
    assert [row.text for row in rows] == expected
    (bad,) = [row for row in rows if row.problem]
    assert str(bad.problem).startswith(f"{path}, {problem}")
    assert "\n" not in str(bad.problem)
    assert bad.values == {}


STRINGS = pyarrow.string()
BINARY = pyarrow.binary()


@pytest.mark.parametrize(
    "kind",
    [
        BINARY, pyarrow.large_binary(), pyarrow.binary(7), pyarrow.large_string(),
        pyarrow.dictionary(pyarrow.int32(), STRINGS), pyarrow.dictionary(pyarrow.int8(), BINARY),
    ],
    ids=str,
)  # fmt: skip
def test_types_of_parquet_that_are_text(tmp_path: Path, kind: Any) -> None:
    values = ["good é", None, "bad"] if kind != pyarrow.binary(7) else ["good é", None, "bad\0\0\0\0"]
    column = pyarrow.array([value and value.encode() for value in values], BINARY).cast(
        kind if not pyarrow.types.is_dictionary(kind) else kind.value_type
    )
    column = column.dictionary_encode() if pyarrow.types.is_dictionary(kind) else column
    parquet.write_table(pyarrow.table({"text": column, "label": column}), tmp_path / "a.parquet")
    rows = list(read_rows(tmp_path / "a.parquet", "text", ["label"]))
    assert [row.text for row in rows] == ["good é", "", "bad"]
    assert [row.values["label"] for row in rows] == ["good é", None, "bad"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        pytest.param([["good"]], "list<element: string>", id="lists"),
        pytest.param([{"a": 1}], "struct<a: int64>", id="structs"),
        pytest.param([True], "bool", id="booleans"),
    ],
)
def test_types_of_parquet_that_are_no_text(tmp_path: Path, values: list[Any], kind: str) -> None:
    parquet.write_table(pyarrow.table({"text": values}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match=rf'a\.parquet: column "text" is of type {kind}, not text; look'):
        list(read_rows(tmp_path / "a.parquet", "text", hint="; look here"))


@pytest.mark.parametrize("kind", [BINARY, STRINGS], ids=str)
def test_bad_bytes_in_parquet_cost_their_row(tmp_path: Path, kind: Any) -> None:
    column = pyarrow.array([b"good", b"caf\xe9", b"bad"], BINARY)
    if kind == STRINGS:
        column = pyarrow.StringArray.from_buffers(3, *column.buffers()[1:])
    parquet.write_table(pyarrow.table({"text": column}), tmp_path / "a.parquet")
    rows = list(read_rows(tmp_path / "a.parquet", "text"))
    assert [row.text for row in rows] == ["good", "", "bad"]
    assert str(rows[1].problem).endswith(f"row 2: {BROKEN_TEXT}")


# Files that cannot be read


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param(
            "a.xlsx",
            "",
            ["not a table", "must end in .csv, .tsv, .jsonl, .ndjson, .json, .parquet, .txt"],
            id="no table",
        ),
        pytest.param("a.csv", "", ['no column "text"', "there are: none; look here"], id="an empty CSV"),
        pytest.param("a.csv", "\ntext\na\n", ["the first line is empty"], id="an empty first line"),
        pytest.param("a.csv", '"text" "n"\n"1" "a" 2\n', ["the header is not CSV", "commas"], id="R's spaces"),
        pytest.param("a.csv", "id,review\n1,good\n", ['no column "text"; there are: id, review'], id="other columns"),
        pytest.param("a.csv", "text,text\na,b\n", ['two columns are named "text"'], id="a name twice"),
        pytest.param("a.csv", '"text" x,label\na,1\n', ["the header is not CSV"], id="a broken header"),
        pytest.param(
            "a.csv",
            "Reviews of 2024;;\n;;\ntext;id;stars\n",
            ["the first row must name the columns: delete"],
            id="a title above the columns",
        ),
        pytest.param("a.jsonl", '{"review": "good"}\n', ['no column "text"; there are: review'], id="other keys"),
        pytest.param("a.jsonl", "\ntext\n" + LINE, ["row 2: not JSON", "must be a JSON object"], id="no JSON at first"),
        pytest.param("a.jsonl", "[1]\n" + LINE, ["row 1: not a JSON object"], id="a list at first"),
        pytest.param("a.parquet", "PAR1", ["not a Parquet file"], id="no Parquet"),
        pytest.param("a.parquet", "", ["not a Parquet file"], id="an empty Parquet file"),
    ],
)
def test_files_that_are_no_tables(write: Write, name: str, content: str, words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        list(read_rows(write(name, content), "text", hint="; look here"))
    assert len(str(caught.value).splitlines()) == 1
    assert all(word in str(caught.value) for word in (name, *words))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(UserError, match=r"a\.csv: a pipe or a device; save it as a file first"):
        list(read_rows(tmp_path / "a.csv", "text"))


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_missing_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"none\.\w+: cannot be read: No such file"):
        list(read_rows(tmp_path / name, "text"))
    (tmp_path / name).mkdir()
    with pytest.raises(UserError, match="a folder without parts of a table"):
        list(read_rows(tmp_path / name, "text"))


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_a_line_without_an_end(write: Write, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(decoding, "MAX_LINE", 1000)
    with pytest.raises(UserError, match=r"line 2: longer than 1,000 characters"):
        list(read_rows(write(name, ("text" if name == "a.csv" else LINE.strip()) + "\n" + "x" * 1001), "text"))


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"text": [f"review {at}" for at in range(1000)]}), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[20:200] = b"\xff" * 180
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.parquet: (damaged|cannot be read)"):
        list(read_rows(path, "text"))


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet.write_table(pyarrow.table({"text": ["good"]}), tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"a\.parquet: Parquet files need .* pip install \"brandlens\[train\]\""):
        list(read_rows(tmp_path / "a.parquet", "text"))


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=5))
def test_every_format_gives_the_same_texts(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "a.jsonl").write_text("".join(json.dumps({"text": value}) + "\n" for value in values))
    for name, separator in (("a.csv", ","), ("a.tsv", "\t")):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL)
            writer.writerows([["id", "text"], *([at, value] for at, value in enumerate(values))])
    parquet.write_table(pyarrow.table({"text": pyarrow.array(values, pyarrow.string())}), folder / "a.parquet")
    for name in ("a.csv", "a.tsv", "a.jsonl", "a.parquet"):
        assert texts(folder / name) == values


# Quotes that are not closed, and how they are escaped

RATED = "text,stars\n" + "".join(f"review {at} is fine,{at % 5 + 1}\n" for at in range(50))


@pytest.mark.parametrize(
    ("line", "after", "words"),
    [
        pytest.param('"I love it,5', "", "a quote opened in line 52 is never closed; it would swallow 41 lines",
                     id="never closed"),
        pytest.param('"I love it,5', '"Great, really",4\n',
                     "a quote opened in line 52 closes in the middle of line 93; it would swallow 42 lines",
                     id="up to the next quoted text"),
        pytest.param('"I love it,5', 'a screen of 27",4\n',
                     "a quote opened in line 52 closes only in line 93; it would swallow 42 lines",
                     id="up to a quote at the end of a text"),
        pytest.param('"I love, really love it,5', 'a screen of 27",4\n',
                     "a quote opened in line 52 closes only in line 93; it would swallow 42 lines",
                     id="the same with a comma"),
        pytest.param('I love it,"5', "", "a quote opened in line 52 is never closed", id="in the last column"),
        pytest.param('"I "love" it",5', "", "not CSV: ',' expected after '\"'", id="quotes within quotes"),
    ],
)  # fmt: skip
def test_an_open_quote_costs_its_row_alone(write: Write, line: str, after: str, words: str) -> None:
    others = "".join(f"text {at} is bad,1\n" for at in range(40))
    path = write("a.csv", f"{RATED}{line}\n{others}{after}")
    rows = list(read_rows(path, "text", ["stars"]))
    (bad,) = [row for row in rows if row.problem]
    assert (bad.number, bad.lines) == (52, 1)
    assert words in str(bad.problem)
    assert str(bad.problem).endswith("(line 52)")
    assert len(rows) == 50 + 1 + 40 + bool(after)


def test_a_broken_review_of_several_lines_costs_them_all(write: Write) -> None:
    path = write("a.csv", RATED + '"first\nI said "no", again\nfoo, bar\nlast",5\n' + "so,1\n")
    *_, bad, last = read_rows(path, "text", ["stars"])
    assert (bad.lines, last.text) == (4, "so")
    assert str(bad.problem).endswith("(lines 52 to 55)")


def test_honest_texts_of_several_lines_are_whole(write: Write) -> None:
    values = ["Hello,\nI love it, it is great\nbye, you", "a table:\n1,2\n3,4\nso", '5",\n"6"\n', "one\r\n\r\ntwo"]
    path = write("a.csv", "")
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "text", "stars"], *([at, text, 5] for at, text in enumerate(values))])
    assert texts(path) == values


def test_a_field_without_end_costs_its_row(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MAX_FIELD", 135_000)  # over the 131,072 of csv
    path = write(
        "a.csv", "text,stars\n" + "x" * 134_000 + ",5\n" + "x" * 136_000 + ',4\n"bad,1\n' + "fine,5\n" * 20_000
    )
    rows = list(read_rows(path, "text"))
    assert [(row.number, row.lines) for row in rows if row.problem] == [(3, 1), (4, 1)]
    assert len(rows) == 20_003


@pytest.mark.parametrize(
    ("content", "expected", "has_kpt_shape"),
    [
        pytest.param(r'"He said \"wow\", great",5', r'He said "wow", great', True, id="Spark"),
        pytest.param(r'"C:\\new \"x\" \y, C:\new\n",5', r'C:\new "x" \y, C:\new\n', True, id="other backslashes"),
        pytest.param('"He said \\"wow\\"\n\\"so\\", great",5', 'He said "wow"\n"so", great', True, id="over two lines"),
        pytest.param(r'"{""a"": ""b\""c""}",5', r'{"a": "b\"c"}', False, id="JSON, with quotes doubled"),
        pytest.param('"He said ""wow""",5', 'He said "wow"', False, id="doubled"),
        pytest.param(r'"C:\",5', "C:\\", False, id="a backslash at the end"),
    ],
)
def test_escaped_quotes(
    write: Write, capsys: pytest.CaptureFixture[str], content: str, expected: str, has_kpt_shape: bool
) -> None:
    path = write("a.csv", f"text,stars\nfine,1\n{content}\nso,2\n")
    assert texts(path) == ["fine", expected, "so"]
    assert capsys.readouterr().err == (f'{path}: quotes are escaped as \\", and read so\n' if has_kpt_shape else "")


# Dialects


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("a.csv", "text|id\ngood, very|1\n", "good, very", id="pipes"),
        pytest.param("a.csv", "id\ttext\n1\tgood, very; so\n", "good, very; so", id="tabs"),
        pytest.param("a.csv", "sep=;\r\ntext;id\r\ngood, very;1\r\n", "good, very", id="Excel's first line"),
        pytest.param("a.csv", '\ufeff"sep=^"\ntext^id\ngood, very^1\n', "good, very", id="and a rare sign"),
        pytest.param("a.csv", '"text";"a,b,c"\ngood;1,5\n', "good", id="commas within a name, and decimal commas"),
        pytest.param("a.tsv", "text|id\ngood\tvery|1\n", "good\tvery", id="a tab in a file of pipes"),
        pytest.param("a.csv", "text\ngood; very\n", "good; very", id="a single column"),
        pytest.param("a.csv", "text,id\rgood,1\r", "good", id="lines of the old Mac"),
        pytest.param("a.csv", "text,stars\ngood,1,\n", "good", id="a delimiter at the end of rows"),
        pytest.param("a.csv", "text,stars,\ngood,1,\n", "good", id="and of the header"),
        pytest.param("a.csv", "text,id\ng\0ood,1\n", "g\0ood", id="a null character"),
        pytest.param("a.csv", '"text","id"\n"g\u2028ood",1\n', "g\u2028ood", id="a line separator of Unicode"),
        pytest.param("a.json", '[{"text": "good"}]', "good", id="a list in JSON"),
        pytest.param("a.jsonl", '\ufeff\n[\n {"id": [1,\n 2], "text":\n "good"}\n]\n', "good", id="over several lines"),
        pytest.param("a.jsonl", '{\n  "text": "good"\n}\n', "good", id="an object over several lines"),
        pytest.param("a.ndjson", '{"text": "good", "a": {"text": 1}, "b": "text"}\r', "good", id="its name in a value"),
    ],
)  # fmt: skip
def test_dialects(write: Write, name: str, content: str, expected: str) -> None:
    assert texts(write(name, content)) == [expected]


def test_a_comma_too_many_in_one_row_alone_is_reported(write: Write) -> None:
    """It may stand in a text without quotes, before an empty cell, and would cut it."""
    first, second = read_rows(write("a.csv", "id,text,label\n1,good,1\n2,bad, very,\n"), "text")
    assert (first.text, second.problem is None) == ("good", False)


def test_a_comma_at_the_end_of_a_text_is_no_delimiter(write: Write) -> None:
    (row,) = read_rows(write("a.csv", "id,text\n1,good,\n"), "text")
    assert "field count 3, not 2" in str(row.problem)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_utf16_and_utf32(write: Write, capsys: pytest.CaptureFixture[str], encoding: str, mark: str) -> None:
    mark = "" if encoding in ("utf-16", "utf-32") else mark
    path = write("a.csv", (mark + "text\tid\r\ngood, é 😀\t1\r\n").encode(encoding))
    assert texts(path) == ["good, é 😀"]
    assert f"{path}: read as UTF-{encoding[4:6]}" in capsys.readouterr().err


def test_half_a_character_of_utf16_costs_its_row(write: Write) -> None:
    content = "text,id\ngood,1\n".encode("utf-16") + b"\x00\xd8" + "x,1\nbad,2\n".encode("utf-16-le") + b"\x61"
    rows = list(read_rows(write("a.csv", content), "text"))
    assert [row.text for row in rows] == ["good", "", "bad", ""]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Отличный товар, great"), ("koi8-r", "Отличный товар"), ("cp866", "Отличный товар"),
        ("gbk", "很好的产品"), ("gb18030", "很好的产品"), ("big5", "很好的產品"), ("shift_jis", "とても良い電話です"),
        ("euc-jp", "とても良い"),
        ("euc-kr", "아주 좋은 제품"), ("cp1253", "πολύ καλό"), ("cp1255", "מוצר מצוין"), ("cp1256", "منتج رائع"),
        ("tis-620", "ดีมาก"), ("cp1250", "był bardzo zły, płaski"), ("cp850", "très décevant, été"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_other_encodings_must_be_named(write: Write, name: str, encoding: str, text: str) -> None:
    content = {"a.csv": f'text\n"{text}"\n', "a.jsonl": json.dumps({"text": text}, ensure_ascii=False), "a.txt": text}
    path = write(name, content[name].encode(encoding))
    with pytest.raises(UserError, match=r"neither UTF-8 nor Windows-1252; .* name its encoding by --encoding, such as"):
        list(read_rows(path, "text", encoding_option="--encoding"))
    assert texts(path, encoding=encoding) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "c’était «déjà vu» – à l’été…",
        "não é a melhor opção",
        "größer, „schön“",
        "¡qué año! ¿sí?",
        "5 € für 3 m²",
        "it’s",
    ],
)
def test_western_texts_are_read_and_reported(write: Write, capsys: pytest.CaptureFixture[str], text: str) -> None:
    path = write("a.txt", text.encode("cp1252"))
    assert texts(path) == [text]
    assert "not UTF-8, read as Windows-1252" in capsys.readouterr().err


# Packed files, folders, and what is no table

CSV = b"text,id\ngood,1\n"


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


PACKED = {
    "gzip": gzip.compress(CSV), "bzip2": bz2.compress(CSV), "xz": lzma.compress(CSV),
    "zip": zipped(**{"r.csv": CSV, "__MACOSX/._r.csv": b"x"}),
}  # fmt: skip


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("name", ["a.csv", "a.CSV.gz", "a.csv.zip"])
def test_packed_files_are_reported_by_content(write: Write, packing: str, name: str) -> None:
    assert texts(write(name, PACKED[packing])) == ["good"]


@pytest.mark.parametrize("packing", PACKED)
def test_damaged_packed_files(write: Write, packing: str) -> None:
    at = 37 if packing == "zip" else 20
    for content in (PACKED[packing][:-9], PACKED[packing][:at] + b"\xff\0\xff" + PACKED[packing][at + 3 :]):
        with pytest.raises(UserError, match=r"a\.csv: (damaged|cannot be read|not a table)"):
            list(read_rows(write("a.csv", content), "text"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture", id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0", "a PNG picture", id="PNG"),
        pytest.param(b"RIFF\1\2\3\4WEBPVP8 ", "a WebP picture", id="WebP"),
        pytest.param(b"\0\0\0 ftypheic", "a clip, or a picture", id="HEIC"),
        pytest.param(b"%PDF-1.7\n", "a PDF", id="PDF"),
        pytest.param(zipped(**{"[Content_Types].xml": b"", "xl/a.xml": b""}), "an Excel workbook; save it as CSV UTF-8",
                     id="xlsx"),
        pytest.param(zipped(**{"mimetype": b"", "content.xml": b""}), "a document of LibreOffice", id="ods"),
        pytest.param(zipped(**{"a.csv": CSV, "b.csv": CSV}), r"a zip archive of 2 files \(a\.csv, b\.csv\)", id="two"),
        pytest.param(zipped(**{"a.csv": PACKED["gzip"]}), "packed twice; unpack it first", id="twice"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel or Word", id="xls"),
        pytest.param(b"\x28\xb5\x2f\xfd\0", "Zstandard; unpack", id="zstd"),
        pytest.param(b"SQLite format 3\0", "SQLite", id="SQLite"),
        pytest.param(b"\n<!DOCTYPE html><html>", "a page in HTML", id="a page"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull", id="a pointer"),
        pytest.param(bytes(range(256)) * 3, "binary data", id="any bytes"),
        pytest.param(bytes(99), "zero bytes alone", id="zeros"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.jsonl"])
def test_what_is_no_table(write: Write, name: str, content: bytes, words: str) -> None:
    path = write(name, content)
    with pytest.raises(UserError, match=words) as caught:
        list(read_rows(path, "text"))
    assert str(caught.value).isprintable()


def test_names_of_columns_are_printable(write: Write) -> None:
    with pytest.raises(UserError, match=r'no column "text"; there are: \\x1b\[31m, b') as caught:
        list(read_rows(write("a.csv", "\x1b[31m,b\n"), "text"))
    assert str(caught.value).isprintable()


def test_parquet_by_another_name(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"text": ["good"]}), tmp_path / "a.csv")
    assert texts(tmp_path / "a.csv") == ["good"]


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet", ".csv.gz"])
def test_a_folder_of_parts(tmp_path: Path, suffix: str) -> None:
    for at in (0, 2, 10):
        path = tmp_path / f"part.{at}{suffix}"
        if suffix == ".parquet":
            parquet.write_table(pyarrow.table({"text": [f"part {at}"]}), path)
        elif suffix == ".json":
            path.write_text(json.dumps({"text": f"part {at}"}))
        else:
            content = f"text\npart {at}\n".encode()
            path.write_bytes(gzip.compress(content) if suffix == ".csv.gz" else content)
    for name in ("_SUCCESS", "_metadata", ".part.0.crc", f"part.11{suffix}"):
        (tmp_path / name).touch()
    rows = list(read_rows(tmp_path, "text"))
    assert [row.text for row in rows] == ["part 0", "part 2", "part 10"]
    assert [row.file.name for row in rows] == [f"part.{at}{suffix}" for at in (0, 2, 10)]
    assert rows[-1].progress == pytest.approx(1)


def test_folders_that_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / "a.jsonl").write_text('{"text": "good"}')
    with pytest.raises(UserError, match=r"parts of several formats \(\.csv, \.jsonl\)"):
        list(read_rows(tmp_path, "text"))
    (tmp_path / "label=1").mkdir()
    with pytest.raises(UserError, match="a folder with the folder label=1 in it"):
        list(read_rows(tmp_path, "text"))


# JSON


@pytest.mark.parametrize(
    ("content", "expected", "problem"),
    [
        pytest.param('{"text": "a"}\n{"text": "b", "text": "c"}\n', ["a", ""], 'two keys are named "text"', id="twice"),
        pytest.param('[{"text": "a"}, {"text": "b", "text": "c"}]', ["a", ""], "two keys are named", id="in a list"),
        pytest.param('[{"text": "a"}, 7]', ["a", ""], "not a JSON object", id="a number in a list"),
        pytest.param('{"id": 1}\n{"id": 2, "text": "a"}\n', ["", "a"], 'no "text"', id="a null that is left out"),
    ],
)  # fmt: skip
def test_bad_rows_of_json(write: Write, content: str, expected: list[str], problem: str) -> None:
    rows = list(read_rows(write("a.jsonl", content), "text"))
    assert [row.text for row in rows] == expected
    assert [problem in str(row.problem) for row in rows] == [not text for text in expected]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param('[{"text": "a"},\n {"text": "b"', "not JSON in or after line 2", id="cut short"),
        pytest.param('[{"text": "a"}', "not JSON in or after line 1", id="without its end"),
        pytest.param('[{"text": "a"}]\n{"text": "b"}', "something stands behind the end", id="more after the list"),
        pytest.param(
            '{"reviews": [{"text": "a"}]}', 'no column "text"; there are: reviews', id="a list within an object"
        ),
    ],
)
def test_json_that_cannot_be_read(write: Write, content: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        list(read_rows(write("a.json", content), "text"))


def test_a_long_list_is_read_in_blocks(write: Write) -> None:
    values = [f"review {at} " + "é" * at for at in range(600)]
    assert texts(write("a.json", json.dumps([{"text": text} for text in values], indent=1))) == values


@pytest.mark.parametrize(
    ("name", "content", "names"),
    [
        pytest.param("a.csv", "", [], id="an empty file"),
        pytest.param("a.csv", "text, label\n", ["text", "label"], id="no rows"),
        pytest.param("a.tsv", "text\tlabel\na\tb\n", ["text", "label"], id="TSV"),
        pytest.param("a.jsonl", '{"a": 1, "b": 2}\n{"c": 3}\n', ["a", "b", "c"], id="JSONL"),
        pytest.param("a.txt", "a line\n", ["text"], id="TXT"),
    ],
)
def test_column_names(tmp_path: Path, name: str, content: str, names: list[str]) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert column_names(path) == names


def test_column_names_of_packed_lines(tmp_path: Path) -> None:
    (tmp_path / "reviews.txt.gz").write_bytes(gzip.compress(b"good\nbad\n"))
    assert column_names(tmp_path / "reviews.txt.gz") == ["text"]


def test_column_names_of_what_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"text\n")
    with pytest.raises(UserError, match="not a table"):
        column_names(tmp_path / "a.png")
