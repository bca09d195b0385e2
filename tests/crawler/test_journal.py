import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.crawler.journal import Journal, JournalError

RECORDS = [{"kind": "one", "word": "Köln 東京 \ud800"}, {"kind": "two", "more": [1, None, True]}]


def write(folder, *records):
    with Journal(folder) as journal:
        for record in records:
            journal.add(record)


def read(folder):
    with Journal(folder) as journal:
        return journal.records()


def test_no_file_before_the_first_record(tmp_path):
    assert read(tmp_path / "deep" / "folder") == []
    assert list(tmp_path.iterdir()) == []


def test_records_are_read_in_their_order(tmp_path):
    folder = tmp_path / "deep" / "folder"
    write(folder, RECORDS[0])
    write(folder, RECORDS[1])
    assert read(folder) == RECORDS


def test_complete_records_survive_a_cut_anywhere(tmp_path):
    """A kill in the middle of writing cuts the last line short."""
    records = [{"kind": "row", "number": number, "name": "ä\n" * number} for number in range(3)]
    write(tmp_path, *records)
    content = (tmp_path / "journal.jsonl").read_bytes()
    for length in range(len(content)):
        (tmp_path / "journal.jsonl").write_bytes(content[:length])
        complete = max(0, content[:length].count(b"\n") - 1)
        assert read(tmp_path) == records[:complete]
        write(tmp_path, {"kind": "last"})
        assert read(tmp_path) == [*records[:complete], {"kind": "last"}]


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3), max_size=5))
def test_any_text_is_read_as_written(tmp_path_factory, records):
    folder = tmp_path_factory.mktemp("journal")
    records = [{**record, "kind": "x"} for record in records]
    write(folder, *records)
    assert read(folder) == records


@pytest.mark.parametrize(
    ("line", "content"),
    [
        pytest.param(2, "}{", id="no JSON"),
        pytest.param(2, "[]", id="no object"),
        pytest.param(3, '{"url": "a"}', id="without a kind"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line, content):
    write(tmp_path, *RECORDS)
    path = tmp_path / "journal.jsonl"
    lines = path.read_text().splitlines()
    lines[line - 1] = content
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(JournalError, match=rf"journal\.jsonl, line {line}: damaged; remove this line and rerun"):
        read(tmp_path)


@pytest.mark.parametrize("first", [{"kind": "journal", "version": 1}, {"kind": "mine"}])
def test_a_file_of_another_version_or_program_is_not_touched(tmp_path, first):
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps(first) + "\n")
    with pytest.raises(JournalError, match="not a journal of this version"):
        read(tmp_path)
    assert path.read_text() == json.dumps(first) + "\n"


HOLD_JOURNAL = """
import sys
from pathlib import Path
from brandlens.crawler.journal import Journal

with Journal(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_one_process_at_a_time(tmp_path):
    write(tmp_path, RECORDS[1])
    command = [sys.executable, "-c", HOLD_JOURNAL, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(JournalError, match="another run is using it"):
            read(tmp_path)
        other.communicate()
    assert read(tmp_path) == [RECORDS[1]]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written"):
        write(tmp_path / "file", RECORDS[1])
