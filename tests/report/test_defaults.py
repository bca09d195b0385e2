"""defaults.json, by which a report tells what was changed, is params.yaml.

Renew it: python tests/report/test_defaults.py
"""

import json
from dataclasses import asdict
from pathlib import Path

from brandlens import config
from brandlens.report.text import flat

HOME = Path(__file__).resolve().parents[2]
DEFAULTS = HOME / "src/brandlens/report/defaults.json"


def defaults() -> str:
    """A param a line, by dotted names."""
    sides = asdict(config.load(HOME / "params.yaml"))
    del sides["seed"]  # of no side
    known = {name: value for side, section in sides.items() for name, value in flat(section, side).items()}
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in known.items()) + "\n}\n"


def test_the_defaults_are_params_yaml() -> None:
    assert DEFAULTS.read_text(encoding="utf-8") == defaults()


if __name__ == "__main__":
    DEFAULTS.write_text(defaults(), encoding="utf-8")
