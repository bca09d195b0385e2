"""Fuzz every reader with Atheris, which looks for bytes that reach code not reached before; `make fuzz` calls this.

Exported models and reports are fuzzed where `dvc repro` has made some. Each fault is kept once, as the bytes that
show it, in logs/fuzz; the exit code is 1 if there is any.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["brandlens"]):
    import targets
    from mutations import TOKENS

PROJECT = Path(__file__).parents[2]
MODELS = PROJECT / "models/logo", PROJECT / "models/sentiment"
REPORTS = PROJECT / "reports/logo", PROJECT / "reports/sentiment"


def all_targets() -> dict[str, targets.Target]:
    """Return every target by its name."""
    found = list(targets.TARGETS)
    if all((folder / "model.json").is_file() for folder in MODELS):
        found += targets.model_targets(*MODELS)
    if all((folder / "metrics.json").is_file() for folder in REPORTS):
        found += targets.report_targets(*REPORTS)
    return {target.name: target for target in found}


def fuzz(target: targets.Target, seconds: int, runs: int, findings: Path) -> None:
    """Fuzz one target in this process, which ends with it; write what fails to a folder."""
    seen: set[tuple[str, str]] = set()

    def check(data: bytes) -> None:
        try:
            targets.run(target, data)
        except Exception as error:
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "brandlens" in frame.filename]
            place = f"{Path(frames[-1].filename).name}-{frames[-1].lineno}" if frames else "check"
            if (type(error).__name__, place) not in seen:
                seen.add((type(error).__name__, place))
                findings.mkdir(parents=True, exist_ok=True)
                name = f"{target.name}-{type(error).__name__}-{place}"
                (findings / name).write_bytes(data)
                (findings / f"{name}.txt").write_text(traceback.format_exc(), encoding="utf-8")

    with tempfile.TemporaryDirectory() as name:
        corpus, words = Path(name, "corpus"), Path(name, "words")
        corpus.mkdir()
        for number, seed in enumerate(target.seeds()):
            (corpus / str(number)).write_bytes(seed)
        lines = ["".join(f"\\x{byte:02x}" for byte in token) for token in TOKENS]
        words.write_text("".join(f'"{line}"\n' for line in lines))
        limits = [f"-max_total_time={seconds}", f"-runs={runs}", "-timeout=30", "-rss_limit_mb=4096", "-max_len=20000"]
        atheris.Setup([sys.argv[0], str(corpus), f"-dict={words}", "-print_final_stats=1", *limits], check)
        atheris.Fuzz()


def main() -> int:
    """Fuzz all targets, or those named, one after another; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="TARGET", help="default: all")
    parser.add_argument("--minutes", type=float, default=10, help="for all targets together; default: %(default)s")
    parser.add_argument("--runs", type=int, default=-1, help="inputs a target; default: as many as the time allows")
    parser.add_argument("--findings", type=Path, default=PROJECT / "logs" / "fuzz", help="default: logs/fuzz")
    parser.add_argument("--only", help=argparse.SUPPRESS)  # in a process of its own: the fuzzer ends it
    arguments = parser.parse_args()
    known = all_targets()
    if arguments.only:
        fuzz(known[arguments.only], round(60 * arguments.minutes), arguments.runs, arguments.findings)
        return 0
    names = arguments.names or list(known)
    if unknown := set(names) - set(known):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    failed = False
    for name in names:
        options = ["--minutes", str(arguments.minutes / len(names)), "--runs", str(arguments.runs)]
        command = [sys.executable, __file__, "--only", name, *options, "--findings", str(arguments.findings)]
        process = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        inputs = re.search(r"number_of_executed_units:\s*(\d+)", process.stderr)
        faults = sorted(arguments.findings.glob(f"{name}-*.txt"))
        failed |= bool(faults) or process.returncode != 0
        print(f"{name}: {int(inputs[1]) if inputs else 0:,} inputs, {len(faults)} faults", flush=True)
        for fault in faults:
            print(f"  {fault.with_suffix('')}: {fault.read_text(encoding='utf-8').strip().splitlines()[-1][:200]}")
        if process.returncode:
            print(process.stderr[-2000:])
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
