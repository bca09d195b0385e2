"""The tables of README and docs are what benchmarks/results say."""

import json
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]


def test_every_table_is_up_to_date() -> None:
    words = [sys.executable, str(HOME / "benchmarks" / "render_tables.py"), "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert all(json.loads(done.stdout).values()), "run: python benchmarks/render_tables.py"
    assert done.returncode == 0


def test_there_are_tables() -> None:
    page = (HOME / "docs" / "results.md").read_text(encoding="utf-8")
    assert page.count("<!-- table: ") == page.count("<!-- end -->") >= 3
    assert page.count("\n| ") > 15
