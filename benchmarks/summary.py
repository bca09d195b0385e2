"""How long a summary of many reviews takes, and in how much memory → benchmarks/results/summary.json.

    python benchmarks/summary.py --scratch FOLDER [--model models/sentiment] [--rows 1000000]

A table of the built-in sample's texts, many times over, with dates of three years and two
columns of groups drawn at random; `brandlens sentiment summary` of it, terms discovered, in a process of its own.
Prints one JSON object: seconds, reviews a second, and the largest resident set of the process, in megabytes.
"""

import argparse
import csv
import os
import random
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import scratch

FIRST, DAYS = date(2022, 1, 1), 3 * 365
GROUPS = {"product": 20, "country": 40}  # column: values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the table and what is written; kept")
    parser.add_argument("--model", type=Path, default=Path("models/sentiment"))
    parser.add_argument("--rows", type=int, default=1_000_000)
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    table = arguments.scratch / "reviews.csv"
    write_table(table, arguments.rows)
    command = [
        "brandlens", "sentiment", "summary", "--file", str(table), "--date", "date", "--out",
        str(arguments.scratch / "summary"), "--model", str(arguments.model.resolve()),
    ]  # fmt: skip
    start = time.perf_counter()
    process = subprocess.Popen([*command, *(part for name in GROUPS for part in ("--group", name))], stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"the summary ended with {os.waitstatus_to_exitcode(status)}")
    scratch.keep("summary", f"{arguments.rows:,} rows", {
        "table_megabytes": round(table.stat().st_size / 1e6), "seconds": round(seconds),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime),
        "reviews_per_second": round(arguments.rows / seconds), "peak_megabytes": round(usage.ru_maxrss / 1024),
    })  # fmt: skip


def write_table(path: Path, num_rows: int) -> None:
    """Write a CSV of so many reviews with columns text, date and those of GROUPS."""
    with (scratch.HOME / "data/sentiment/sample.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    rng = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "date", *GROUPS])
        for _ in range(num_rows):
            groups = (f"{name} {rng.randrange(count) + 1}" for name, count in GROUPS.items())
            day = FIRST + timedelta(days=rng.randrange(DAYS))
            writer.writerow([rng.choice(texts), day.isoformat(), *groups])


if __name__ == "__main__":
    main()
