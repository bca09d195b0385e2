import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.crawler.journal import Journal, JournalError

ROWS = [{"kind": "one", "word": "Köln 東京 \ud800"}, {"kind": "two", "more": [1, None, True]}]


def added(folder, *rows):
    with Journal(folder) as journal:
        for row in rows:
            journal.add(row)


def read(folder):
    with Journal(folder) as journal:
        return journal.records()


def test_nothing_is_made_before_there_is_something_to_say(tmp_path):
    assert read(tmp_path / "deep" / "folder") == []
    assert list(tmp_path.iterdir()) == []


def test_records_come_back_in_their_order(tmp_path):
    folder = tmp_path / "deep" / "folder"
    added(folder, ROWS[0])
    added(folder, ROWS[1])
    assert read(folder) == ROWS


def test_cut_off_anywhere_what_was_whole_before_is_kept(tmp_path):
    """As after a kill in the middle of writing, and after several."""
    rows = [{"kind": "row", "number": number, "name": "ä\n" * number} for number in range(3)]
    added(tmp_path, *rows)
    content = (tmp_path / "journal.jsonl").read_bytes()
    for length in range(len(content)):
        (tmp_path / "journal.jsonl").write_bytes(content[:length])
        whole = max(0, content[:length].count(b"\n") - 1)
        assert read(tmp_path) == rows[:whole]
        added(tmp_path, {"kind": "last"})
        assert read(tmp_path) == [*rows[:whole], {"kind": "last"}]


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3), max_size=5))
def test_any_text_survives(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("journal")
    rows = [{**row, "kind": "x"} for row in rows]
    added(folder, *rows)
    assert read(folder) == rows


@pytest.mark.parametrize(
    ("line", "content"),
    [
        pytest.param(2, "}{", id="no JSON"),
        pytest.param(2, "[]", id="no object"),
        pytest.param(3, '{"url": "a"}', id="of no kind"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line, content):
    added(tmp_path, *ROWS)
    path = tmp_path / "journal.jsonl"
    lines = path.read_text().splitlines()
    lines[line - 1] = content
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(JournalError, match=rf"journal\.jsonl, line {line}: damaged; remove this line"):
        read(tmp_path)


@pytest.mark.parametrize("first", [{"kind": "journal", "version": 2}, {"kind": "mine"}])
def test_another_program_s_file_is_not_touched(tmp_path, first):
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps(first) + "\n")
    with pytest.raises(JournalError, match="not a journal of this version"):
        read(tmp_path)
    assert path.read_text() == json.dumps(first) + "\n"


HOLD = """
import sys
from pathlib import Path
from brandlens.crawler.journal import Journal

with Journal(Path(sys.argv[1])):
    print("taken", flush=True)
    sys.stdin.read()
"""


def test_one_process_at_a_time(tmp_path):
    added(tmp_path, ROWS[1])
    words = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "taken\n"
        with pytest.raises(JournalError, match="another run is at work in it"):
            read(tmp_path)
        other.communicate()
    assert read(tmp_path) == [ROWS[1]]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written"):
        added(tmp_path / "file", ROWS[1])
