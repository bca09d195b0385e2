"""Parts of tables and how they become one: what is written reads back."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.sentiment.score_writers import WRITERS, csv_line, json_line, spreadsheet_line

parquet = pytest.importorskip("pyarrow.parquet")

COLUMNS = ["text", "label", "score"]


def record(text: str, score: float = 0.5) -> dict[str, Any]:
    return {"text": text, "label": "positive", "score": score}


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return parquet.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    with path.open(encoding="utf-8", newline="") as file:
        return [{**line, "score": float(line["score"])} for line in csv.DictReader(file)]


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize(
    "groups",
    [
        pytest.param([], id="no parts"),
        pytest.param([[]], id="a part of no rows"),
        pytest.param([[record("good", 0.1234)]], id="one"),
        pytest.param(
            [[record("a"), record('"b", c\nd\r\ne')], [record("")], [record("😀 \u2028 é", 1.0)]],
            id="three, with odd texts",
        ),
    ],
)
def test_parts_become_a_table(tmp_path: Path, suffix: str, groups: list[list[dict[str, Any]]]) -> None:
    paths = [tmp_path / f"{number}{suffix}" for number in range(len(groups))]
    for path, rows in zip(paths, groups, strict=True):
        WRITERS[suffix].write(path, rows, COLUMNS)
    WRITERS[suffix].join(tmp_path / f"all{suffix}", paths, COLUMNS)
    assert read(tmp_path / f"all{suffix}") == [line for rows in groups for line in rows]
    if suffix == ".csv":
        assert (tmp_path / "all.csv").read_text(encoding="utf-8").startswith("text,label,score\n")
    if suffix == ".parquet":
        assert parquet.read_schema(tmp_path / "all.parquet").names == COLUMNS
        assert parquet.ParquetFile(tmp_path / "all.parquet").num_row_groups == len(groups)


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=4), st.sampled_from(sorted(WRITERS)))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str], suffix: str) -> None:
    folder = tmp_path_factory.mktemp("parts")
    WRITERS[suffix].write(folder / f"part{suffix}", [record(text) for text in texts], COLUMNS)
    WRITERS[suffix].join(folder / f"all{suffix}", [folder / f"part{suffix}"], COLUMNS)
    assert [line["text"] for line in read(folder / f"all{suffix}")] == texts


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_only_a_line_for_spreadsheets_guards_formulas(text: str) -> None:
    (guarded,) = csv.reader(io.StringIO(spreadsheet_line([text, "a=1", -1.5, None, ""]), newline=""))
    assert guarded == [f"'{text}", "a=1", "-1.5", "", ""]
    (plain,) = csv.reader(io.StringIO(csv_line([text]), newline=""))
    assert plain == [text]


def test_lines() -> None:
    assert csv_line(["a", 'b "c"', 0.5]) == 'a,"b ""c""",0.5\n'
    assert json_line({"text": "é\n", "score": 0.5}) == '{"text": "é\\n", "score": 0.5}\n'
