"""Texts out of files: every kind, in chunks, row for row, and what is said of files that are none."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.errors import UserError
from brandlens.sentiment import text_reader
from brandlens.sentiment.text_reader import chunks

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def read(path: Path, column: str = "text", size: int = 2) -> tuple[list[str], list[str]]:
    """All texts and all problems."""
    some = list(chunks(path, column, size))
    assert all(0 < len(each.texts) <= size for each in some)
    return [text for each in some for text in each.texts], [problem for each in some for problem in each.problems]


@pytest.fixture
def write(tmp_path: Path):
    def written(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("a.csv", "text\n", [], id="a header alone"),
        pytest.param("a.csv", "id,text\n1,good\n2,bad\n3,so so\n", ["good", "bad", "so so"], id="CSV"),
        pytest.param("a.csv", 'text\n"two\nlines"\n"a ""quote"", a comma"\n', ["two\nlines", 'a "quote", a comma'],
                     id="quotes"),
        pytest.param("a.csv", "id;text\n1;good, very\n", ["good, very"], id="semicolons"),
        pytest.param("a.csv", "text\r\ngood\r\n\r\nbad\r\n", ["good", "bad"], id="Windows lines, one blank"),
        pytest.param("a.csv", "text,id\n,1\nbad,2\n", ["", "bad"], id="an empty text is a row"),
        pytest.param("a.csv", "\ufefftext\nd\u00e9j\u00e0 vu 😀\n", ["déjà vu 😀"], id="a byte order mark"),
        pytest.param("a.csv", "text\ndéjà vu\n".encode("windows-1252"), ["déjà vu"], id="Windows-1252"),
        pytest.param("a.csv", "text\ndéjà vu\n".encode("utf-16"), ["déjà vu"], id="UTF-16"),
        pytest.param("A.TSV", "id\ttext\n1\tgood, \"very\"\n", ['good, "very"'], id="TSV"),
        pytest.param("a.jsonl", "", [], id="no lines"),
        pytest.param("a.jsonl", '{"text": "good"}\n\n{"text": null}\n{"text": 7}\n{"text": "\\ud800!"}',
                     ["good", "", "7", "?!"], id="JSONL with all that it may hold"),
        pytest.param("a.txt", "", [], id="an empty text file"),
        pytest.param("a.txt", "good\n\nbad", ["good", "", "bad"], id="every line is a text"),
    ],
)  # fmt: skip
def test_texts(write, name: str, content: bytes | str, expected: list[str]) -> None:
    assert read(write(name, content)) == (expected, [])


@pytest.mark.parametrize("values", [[], ["good"], ["good", None, "bad", "", "😀"]], ids=["none", "one", "with gaps"])
@pytest.mark.parametrize("group", [1, 100])
def test_parquet(tmp_path: Path, values: list[str | None], group: int) -> None:
    table = pyarrow.table({"id": list(range(len(values))), "text": pyarrow.array(values, pyarrow.string())})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=group)
    assert read(tmp_path / "a.parquet") == ([value or "" for value in values], [])
    assert [each.share for each in chunks(tmp_path / "a.parquet", "text", 100)] == ([1.0] if values else [])


@pytest.mark.parametrize(
    ("name", "content", "expected", "problem"),
    [
        pytest.param("a.csv", "id,text\n1,good\n2\n3,bad\n", ["good", "", "bad"],
                     'line 3: a row of 1 fields has no "text"', id="a short row"),
        pytest.param("a.jsonl", '{"text": "good"}\n{"text": \n', ["good", ""], "line 2: not JSON", id="broken JSON"),
        pytest.param("a.jsonl", '{"text": "good"}\n\n["text"]\n', ["good", ""], 'line 3: no "text"', id="a list"),
        pytest.param("a.jsonl", '{"text": "good"}\n{"txt": "bad"}\n', ["good", ""], 'line 2: no "text"', id="no key"),
    ],
)  # fmt: skip
def test_odd_rows_are_named_and_keep_their_place(write, name, content, expected, problem) -> None:
    path = write(name, content)
    assert read(path) == (expected, [f"{path}, {problem}"])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("a.xlsx", "", ["a.xlsx", "must end in", ".csv"], id="another kind"),
        pytest.param("a.csv", "", ['no column "text"', "there are: none"], id="an empty CSV"),
        pytest.param(
            "a.csv", "id,review\n1,good\n", ['no column "text"', "id, review", "--column"], id="other columns"
        ),
        pytest.param("a.jsonl", '{"review": "good"}\n', ['line 1: no "text"', "--column"], id="other keys"),
        pytest.param("a.jsonl", "text\ngood\n", ["line 1: not JSON"], id="no JSON at all"),
        pytest.param("a.parquet", "PAR1", ["not a Parquet file"], id="no Parquet"),
        pytest.param("a.parquet", "", ["not a Parquet file"], id="an empty Parquet file"),
    ],
)
def test_files_that_are_none(write, name: str, content: str, words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        read(write(name, content))
    assert len(str(caught.value).splitlines()) == 1
    assert all(word in str(caught.value) for word in (name, *words))


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_missing_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"none\.\w+: cannot be read: No such file"):
        read(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path / name)


def test_a_quote_that_is_never_closed(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_reader, "LONGEST", 1000)
    with pytest.raises(UserError, match=r"a\.csv, line \d+: field larger .* quote"):
        read(write("a.csv", 'text\ngood\n"bad\n' + "fine\n" * 1000))


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet.write_table(pyarrow.table({"text": ["good"]}), tmp_path / "a.parquet")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install \"brandlens\[train\]\""):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt", "a.parquet"])
def test_a_long_file_comes_in_chunks_and_tells_how_far_it_is(tmp_path: Path, name: str) -> None:
    lines = [f"review {at} " + "word " * 20 for at in range(10_000)]
    path = tmp_path / name
    if name == "a.parquet":
        parquet.write_table(pyarrow.table({"text": lines}), path)
    elif name == "a.jsonl":
        path.write_text("".join(json.dumps({"text": line}) + "\n" for line in lines))
    else:
        path.write_text("\n".join((["text"] if name == "a.csv" else []) + lines))
    found = list(chunks(path, "text", 3000))
    assert [len(each.texts) for each in found] == [3000, 3000, 3000, 1000]
    assert [text for each in found for text in each.texts] == lines
    assert [each.share for each in found] == pytest.approx([0.3, 0.6, 0.9, 1.0], abs=0.02)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=5))
def test_what_json_and_csv_hold_comes_back(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    import csv

    folder = tmp_path_factory.mktemp("texts")
    (folder / "a.jsonl").write_text("".join(json.dumps({"text": value}) + "\n" for value in values))
    with (folder / "a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(
            [["id", "text"], *([at, each] for at, each in enumerate(values))]
        )
    assert read(folder / "a.jsonl") == (values, [])
    assert read(folder / "a.csv") == (values, [])


@pytest.mark.parametrize(
    ("line", "expected"),
    [(b"", ""), ("déjà".encode(), "déjà"), ("déjà".encode("windows-1252"), "déjà"), (b"\x81", "\ufffd")],
)
def test_a_line_on_its_own(line: bytes, expected: str) -> None:
    assert text_reader.decoded(line) == expected
