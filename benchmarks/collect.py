"""Collecting from a bad web: 1,000 candidates, 30 % of them faulty, fetched at one go and through 20 kills.

python benchmarks/collect.py

Everything happens on the loopback address, see faulty.py. Both ways must end in the same folder: every good picture
once, every fault in the manifest with its reason.
"""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import faulty

from brandlens.crawler.fetch.fetcher import Limits
from brandlens.crawler.fetch.network import networks
from brandlens.crawler.providers.commons import Commons
from brandlens.crawler.providers.openverse import Openverse
from brandlens.crawler.run import CollectOptions, collect

CANDIDATES, FAULTY, KILLS, SEED = 1000, 0.3, 20, 1
SEARCHES = [  # provider, query, whether for negatives
    ("openverse", "mug", False), ("openverse", "cup", False), ("openverse", "desk", True),
    ("commons", "mug", False), ("commons", "table", True),
]  # fmt: skip
LIMITS = Limits(pause=0.05, silence=1.0, whole=2.0)  # a web on this machine needs no more patience
RESULTS = Path(__file__).parent / "results" / "collect.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", nargs=2, metavar=("DIR", "URL"), help="one run, as it is started and killed here")
    arguments = parser.parse_args()
    if arguments.run:
        once(Path(arguments.run[0]), arguments.run[1])
        return
    with tempfile.TemporaryDirectory() as scratch:
        measured = {
            "candidates": CANDIDATES,
            "faulty": round(FAULTY * CANDIDATES),
            "straight": straight(Path(scratch) / "straight", CANDIDATES),
            "tenth": straight(Path(scratch) / "tenth", CANDIDATES // 10),  # does memory grow with their number?
            "killed": killed(Path(scratch) / "killed"),
        }
        ends = [end(Path(scratch) / name) for name in ("straight", "killed")]
    measured["same_end"] = ends[0] == ends[1]
    print(json.dumps(measured))
    RESULTS.write_text(json.dumps(measured, indent=2) + "\n")


def once(folder: Path, url: str) -> None:
    """A run in this process; its summary on standard output."""
    providers = {
        "openverse": Openverse("brandlens benchmark", base=url, pace=0.01),
        "commons": Commons("brandlens benchmark", "none", base=url, pace=0.01),
    }
    start = time.perf_counter()
    result = collect(
        folder, CollectOptions(SEARCHES, limit=CANDIDATES), providers, limits=LIMITS, allowed=networks(["127.0.0.0/8"])
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": round(seconds, 1), "peak_mb": round(peak), "statuses": dict(result.statuses)}))


def plan(count: int) -> list[str]:
    """The paths of so many candidates, shuffled: FAULTY of them faulty, a tenth duplicates, the rest good."""
    bad = round(FAULTY * count)
    again = count // 10
    good = count - bad - again
    kinds = [*faulty.FAULTS]
    paths = [f"/pictures/{kinds[at % len(kinds)]}/{10_000 + at}.jpg" for at in range(bad)]
    paths += [f"/pictures/{faulty.GOOD[at % len(faulty.GOOD)]}/{at}.jpg" for at in range(good)]
    paths += [f"/pictures/{faulty.AGAIN[at % len(faulty.AGAIN)]}/{at}.jpg" for at in range(again)]
    random.Random(SEED).shuffle(paths)
    return paths


def fill(web: faulty.Web, count: int) -> None:
    """Share the candidates out among the queries, as Openverse shows no more than 400 of each."""
    paths = plan(count)
    names = [(provider, query) for provider, query, _ in SEARCHES]
    for at, (_, query) in enumerate(names):
        web.results[query] = [*web.results.get(query, ()), *paths[at :: len(names)]]


def straight(folder: Path, count: int) -> dict[str, Any]:
    """At one go."""
    with faulty.serving() as web:
        fill(web, count)
        done = subprocess.run(command(folder, web), capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1]) | checked(folder, count, web)


def killed(folder: Path) -> dict[str, Any]:
    """With kills at random moments, and then to the end."""
    chance = random.Random(SEED)
    with faulty.serving() as web:
        fill(web, CANDIDATES)
        kills, start = 0, time.perf_counter()
        while kills < KILLS:
            process = subprocess.Popen(command(folder, web), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(chance.uniform(0.3, 3.0))
                break  # it was done before its time
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
        done = subprocess.run(command(folder, web), capture_output=True, text=True, check=True)
        last = json.loads(done.stdout.splitlines()[-1])
        twice = sum(count > 1 for path, count in web.asked.items() if path.startswith("/pictures/good/"))
        return last | checked(folder, CANDIDATES, web) | {
            "seconds": round(time.perf_counter() - start, 1), "kills": kills,
            "good_ones_asked_for_again": twice,  # those under way at a kill
            "journalled_twice": journalled_twice(folder),
        }  # fmt: skip


def command(folder: Path, web: faulty.Web) -> list[str]:
    """One run as a process."""
    return [sys.executable, __file__, "--run", str(folder), web.url]


def end(folder: Path) -> dict[str, tuple[str, ...]]:
    """What the manifest says became of each path."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["url"].split("/", 3)[-1]: (row["status"], row["reason"], row["file"], row["sha256"]) for row in rows}


def checked(folder: Path, count: int, web: faulty.Web) -> dict[str, Any]:
    """How far the folder is from what it must be; all zero when every picture is there once and every fault told."""
    found = end(folder)
    kinds = {path.strip("/"): path.split("/")[2] for path in plan(count)}
    bad = {path: faulty.FAULTS[kind] for path, kind in kinds.items() if kind in faulty.FAULTS}
    files = [path for name in ("pictures", "negatives") for path in (folder / name).glob("*")]
    kept = [name for status, _, name, _ in found.values() if status == "kept"]
    shown = {Path(path).stem for path in kinds.keys() - bad.keys()}
    return {
        "rows_missing": count - len(found),
        "faults_without_their_reason": sum(found[path][:2] != ("refused", reason) for path, reason in bad.items()),
        "good_not_kept_once": abs(len(shown) - len(kept)) + len(kept) - len(set(kept)),
        "files_not_in_the_manifest": len({path.relative_to(folder).as_posix() for path in files} ^ set(kept)),
        "most_at_once": web.most,
        "reasons": dict(Counter(reason for _, reason, _, _ in found.values() if reason).most_common()),
    }


def journalled_twice(folder: Path) -> int:
    """Addresses with more than one outcome."""
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    counts = Counter(record["url"] for record in map(json.loads, lines) if "url" in record)
    return sum(count > 1 for count in counts.values())


if __name__ == "__main__":
    main()
