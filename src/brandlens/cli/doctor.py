"""`brandlens doctor`: what may keep brandlens from running here."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from brandlens.cli.output import colors
from brandlens.cli.parser import Commands, add_command
from brandlens.doctor import run as examination

DESCRIPTION = """Look at this machine, the installed packages, and the project in this folder, where there is one.

Python, packages and their versions, cores, memory, disk, processor, GPUs as each Keras backend sees them, and the
number format that `dtype_policy: auto` stands for. It takes as long as the backends take to start."""

EXAMPLES = ("brandlens doctor", "brandlens doctor --json")
EXIT_CODES = "Exit codes: 0 all is well, notes aside, 1 something will not work, 2 usage error."
COLORS = {"ok": "good", "note": "unsure", "fail": "bad"}


def add_parser(root: Commands, _: Sequence[str] = ()) -> None:
    """Add the command `doctor` to the parser."""
    parser = add_command(
        root, "doctor", "look for what may keep it from running on this machine", DESCRIPTION, EXAMPLES, EXIT_CODES
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object, as bug reports want it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens doctor` and return the exit code."""
    found = []
    colorize = colors.colorizer(sys.stdout)
    for finding in examination.examine():
        found.append(finding)
        if not arguments.json:
            print(f"{colorize(f'{finding.status:4}', COLORS[finding.status])}  {finding.name}: {finding.value}")
            if finding.fix:
                print(f"      → {finding.fix}")
            sys.stdout.flush()
    if arguments.json:
        print(json.dumps({"findings": [asdict(finding) for finding in found]}, ensure_ascii=False, indent=2))
    return 1 if any(finding.status == "fail" for finding in found) else 0
