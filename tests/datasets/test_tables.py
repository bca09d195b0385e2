"""The reader of tables: every format, row for row, what costs a row and what the whole file."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.datasets import tables
from brandlens.datasets.tables import read_rows
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
        pytest.param("a.jsonl", "", [], id="no lines"),
        pytest.param("a.jsonl", '{"text": "good"}\n\n{"text": null}\n{"text": 7}\n{"text": NaN, "x": []}',
                     ["good", "", "7", ""], id="JSONL with all that counts as text"),
        pytest.param("a.txt", "", [], id="an empty text file"),
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
        ("cp1252", None, "not UTF-8, read as Windows-1252; name its encoding"),
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
    assert rows[1] == (rows[1].number, "", {}, f"{path}, row {rows[1].number}: {BROKEN_TEXT}", rows[1].progress)
    assert capsys.readouterr().err == ""


def test_the_encoding_is_that_of_the_whole_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A character may lie across two blocks, and bad bytes come late."""
    monkeypatch.setattr(tables, "BLOCK", 1 << 10)
    path = write("a.txt", b"a" * (tables.BLOCK - 1) + "é\n".encode() + b"x\n" * tables.BLOCK + b"\xe9\n")
    rows = list(read_rows(path, "text"))
    assert rows[0].text.endswith("aé")
    assert [row.number for row in rows if row.problem] == [tables.BLOCK + 2]


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        pytest.param("text\ngood\n", "klingon", "no encoding is named 'klingon'", id="unknown"),
        pytest.param("text\ngood\n", "base64", "no encoding is named 'base64'", id="not one of texts"),
        pytest.param("text\ngood\n", "utf-16", "not utf-16: ", id="another"),
        pytest.param("text\ngood\n".encode("utf-16")[:-1], None, "not utf-16", id="cut off within a character"),
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
                     "row 3: not CSV: unexpected end of data (lines 3 to 5)", id="an open quote"),
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


def test_bytes_are_no_text(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"text": [b"good", None]}), tmp_path / "a.parquet")
    rows = list(read_rows(tmp_path / "a.parquet", "text"))
    assert str(rows[0].problem).endswith('a.parquet, row 1: no text in column "text", but a value of type bytes')
    assert rows[1].problem is None


# Files that cannot be read


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("a.xlsx", "", ["not a table", "must end in .csv, .tsv, .jsonl, .parquet, .txt"], id="no table"),
        pytest.param("a.csv", "", ['no column "text"', "there are: none; look here"], id="an empty CSV"),
        pytest.param("a.csv", "id,review\n1,good\n", ['no column "text"; there are: id, review'], id="other columns"),
        pytest.param("a.csv", "text,text\na,b\n", ['two columns are named "text"'], id="a name twice"),
        pytest.param("a.csv", '"text" x,label\na,1\n', ["the header is not CSV"], id="a broken header"),
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


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_missing_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"none\.\w+: cannot be read: No such file"):
        list(read_rows(tmp_path / name, "text"))
    (tmp_path / name).mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        list(read_rows(tmp_path / name, "text"))


def test_a_quote_that_is_never_closed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_FIELD", 1000)
    with pytest.raises(UserError, match=r"a\.csv, line \d+: field larger .* quote"):
        list(read_rows(write("a.csv", 'text\ngood\n"bad\n' + "fine\n" * 1000), "text"))


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_a_line_without_an_end(write: Write, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(tables, "MAX_LINE", 1000)
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


@pytest.mark.parametrize(
    ("name", "content", "names"),
    [
        pytest.param("a.csv", "", [], id="an empty file"),
        pytest.param("a.csv", "text, label\n", ["text", "label"], id="no rows"),
        pytest.param("a.tsv", "text\tlabel\na\tb\n", ["text", "label"], id="TSV"),
        pytest.param("a.jsonl", '{"a": 1, "b": 2}\n{"c": 3}\n', ["a", "b"], id="JSONL"),
        pytest.param("a.txt", "a line\n", ["text"], id="TXT"),
    ],
)
def test_column_names(tmp_path: Path, name: str, content: str, names: list[str]) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert tables.column_names(path) == names


def test_column_names_of_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a table"):
        tables.column_names(tmp_path / "a.png")
