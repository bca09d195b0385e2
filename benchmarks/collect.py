"""Collect from a web full of faults: 1,000 candidates, 30 % of them faulty, in one run and through 20 kills.

python benchmarks/collect.py

Everything happens on the loopback address, see fake_web.py. Both ways must end in the same folder: every good picture
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

import fake_web

from brandlens.crawler.fetch.fetcher import Limits
from brandlens.crawler.fetch.network import parse_networks
from brandlens.crawler.providers.commons import Commons
from brandlens.crawler.providers.openverse import Openverse
from brandlens.crawler.run import CollectOptions, collect

NUM_CANDIDATES, FAULTY_RATIO, NUM_KILLS, SEED = 1000, 0.3, 20, 1
SEARCHES = [  # provider, query, whether for negatives
    ("openverse", "mug", False), ("openverse", "cup", False), ("openverse", "desk", True),
    ("commons", "mug", False), ("commons", "table", True),
]  # fmt: skip
LIMITS = Limits(initial_backoff=0.05, read_timeout=1.0, total_timeout=2.0)  # a web on this machine needs no more
RESULTS = Path(__file__).parent / "results" / "collect.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", nargs=2, metavar=("DIR", "URL"), help="one run, as it is started and killed here")
    arguments = parser.parse_args()
    if arguments.run:
        collect_once(Path(arguments.run[0]), arguments.run[1])
        return
    with tempfile.TemporaryDirectory() as scratch:
        measured = {
            "candidates": NUM_CANDIDATES,
            "faulty": round(FAULTY_RATIO * NUM_CANDIDATES),
            "one_run": one_run(Path(scratch) / "one_run", NUM_CANDIDATES),
            "tenth": one_run(Path(scratch) / "tenth", NUM_CANDIDATES // 10),  # does memory grow with their number?
            "killed": killed_runs(Path(scratch) / "killed"),
        }
        outcomes = [read_outcomes(Path(scratch) / name) for name in ("one_run", "killed")]
    measured["same_outcomes"] = outcomes[0] == outcomes[1]
    print(json.dumps(measured))
    RESULTS.write_text(json.dumps(measured, indent=2) + "\n")


def collect_once(folder: Path, url: str) -> None:
    """Collect in this process; print a summary as JSON."""
    providers = {
        "openverse": Openverse("brandlens benchmark", base_url=url, interval=0.01),
        "commons": Commons("brandlens benchmark", "none", base_url=url, interval=0.01),
    }
    start = time.perf_counter()
    result = collect(
        folder,
        CollectOptions(SEARCHES, limit=NUM_CANDIDATES),
        providers,
        limits=LIMITS,
        allowed_networks=parse_networks(["127.0.0.0/8"]),
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": round(seconds, 1), "peak_mb": round(peak), "statuses": dict(result.status_counts)}))


def make_paths(count: int) -> list[str]:
    """Return the paths of so many candidates, shuffled: FAULTY_RATIO of them faulty, a tenth duplicates."""
    num_faulty = round(FAULTY_RATIO * count)
    num_duplicates = count // 10
    num_good = count - num_faulty - num_duplicates
    faults, good, duplicates = [*fake_web.FAULTS], fake_web.GOOD_KINDS, fake_web.DUPLICATE_KINDS
    paths = [f"/pictures/{faults[index % len(faults)]}/{10_000 + index}.jpg" for index in range(num_faulty)]
    paths += [f"/pictures/{good[index % len(good)]}/{index}.jpg" for index in range(num_good)]
    paths += [f"/pictures/{duplicates[index % len(duplicates)]}/{index}.jpg" for index in range(num_duplicates)]
    random.Random(SEED).shuffle(paths)
    return paths


def set_results(web: fake_web.FakeWeb, count: int) -> None:
    """Distribute the candidates among the queries, as Openverse shows no more than 400 of each."""
    paths = make_paths(count)
    for index, (_, query, _) in enumerate(SEARCHES):
        web.results[query] = [*web.results.get(query, ()), *paths[index :: len(SEARCHES)]]


def one_run(folder: Path, count: int) -> dict[str, Any]:
    """Collect in one run."""
    with fake_web.serve() as web:
        set_results(web, count)
        done = subprocess.run(command(folder, web), capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1]) | check(folder, count, web)


def killed_runs(folder: Path) -> dict[str, Any]:
    """Kill runs at random moments, then let one end."""
    rng = random.Random(SEED)
    with fake_web.serve() as web:
        set_results(web, NUM_CANDIDATES)
        num_kills, start = 0, time.perf_counter()
        while num_kills < NUM_KILLS:
            process = subprocess.Popen(command(folder, web), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(rng.uniform(0.3, 3.0))
                break  # it ended before the kill
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                num_kills += 1
        done = subprocess.run(command(folder, web), capture_output=True, text=True, check=True)
        last = json.loads(done.stdout.splitlines()[-1])
        repeated = sum(count > 1 for path, count in web.request_counts.items() if path.startswith("/pictures/good/"))
        return last | check(folder, NUM_CANDIDATES, web) | {
            "seconds": round(time.perf_counter() - start, 1), "kills": num_kills,
            "good_requested_again": repeated,  # those being fetched at a kill
            "recorded_twice": recorded_twice(folder),
        }  # fmt: skip


def command(folder: Path, web: fake_web.FakeWeb) -> list[str]:
    """Return the command line of one run."""
    return [sys.executable, __file__, "--run", str(folder), web.url]


def read_outcomes(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return status, reason, file and SHA-256 of each path, from the manifest."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["url"].split("/", 3)[-1]: (row["status"], row["reason"], row["file"], row["sha256"]) for row in rows}


def check(folder: Path, count: int, web: fake_web.FakeWeb) -> dict[str, Any]:
    """Count the deviations of a folder: all 0 when every good picture is kept once and every fault has its reason."""
    outcomes = read_outcomes(folder)
    kinds = {path.strip("/"): path.split("/")[2] for path in make_paths(count)}
    reasons = {path: fake_web.FAULTS[kind] for path, kind in kinds.items() if kind in fake_web.FAULTS}
    files = [path for name in ("pictures", "negatives") for path in (folder / name).glob("*")]
    kept = [file for status, _, file, _ in outcomes.values() if status == "kept"]
    distinct = {Path(path).stem for path in kinds.keys() - reasons.keys()}
    return {
        "rows_missing": count - len(outcomes),
        "faults_without_reason": sum(outcomes[path][:2] != ("failed", reason) for path, reason in reasons.items()),
        "good_not_kept_once": abs(len(distinct) - len(kept)) + len(kept) - len(set(kept)),
        "files_not_in_manifest": len({path.relative_to(folder).as_posix() for path in files} ^ set(kept)),
        "max_concurrent_requests": web.max_active,
        "reasons": dict(Counter(reason for _, reason, _, _ in outcomes.values() if reason).most_common()),
    }


def recorded_twice(folder: Path) -> int:
    """Count the addresses with more than one outcome in the journal."""
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    counts = Counter(record["url"] for record in map(json.loads, lines) if "url" in record)
    return sum(count > 1 for count in counts.values())


if __name__ == "__main__":
    main()
