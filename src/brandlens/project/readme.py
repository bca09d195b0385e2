"""The README of a project."""

import shlex
from collections.abc import Collection, Sequence

HEAD = """\
# {name}

Made by `brandlens init`. What it trains on and why stands in `params.yaml`; `dvc repro` runs what has changed.

```bash
python -m venv .venv && . .venv/bin/activate && pip install -r requirements.txt   # once, where brandlens is missing
dvc repro                        # about {minutes} the first time; a training that is interrupted resumes
```

Open `reports/index.html`: how good it is on what it has never seen, and its mistakes.
"""
LOGO = """
## Logos

```bash
brandlens logo detect photos/ --draw drawn     # boxes and scores in your pictures
brandlens logo suggest photos/                 # boxes drawn for you to correct: more to train on
```

More labelled pictures help most where the report shows misses. A changed list of boxes is seen by `dvc repro`, a
picture that was replaced under its old name is not: `dvc repro --force logo-collect`.
"""
SENTIMENT = """
## Reviews

```bash
brandlens sentiment score --file reviews.csv --column {column} --out scored.csv
```
"""
TAIL = """
## Changing it

- `brandlens init --update {folder} --pictures more.xml` adds pictures, of another brand too; `--reviews` adds tables.
- `brandlens init --update {folder} --set logo.train.fcn.epochs=30` changes a key of `params.yaml`; so does an editor.
- `pipelines/` has a short script a stage: they are yours to read and to change.
- After another version of brandlens was installed: `brandlens init --update {folder}`, then `dvc repro`.
- Something fails? `brandlens doctor` looks at this machine.
"""


def render(name: str, sides: Collection[str], minutes: str, notes: Sequence[str] = (), column: str = "text") -> str:
    """Return the README.

    name: of the folder. minutes: of the first run. notes: what else is to be known. column: of the texts of reviews.
    """
    text = HEAD.format(name=name, minutes=minutes)
    text += LOGO if "logo" in sides else ""
    text += SENTIMENT.format(column=shlex.quote(column)) if "sentiment" in sides else ""
    if notes:
        text += "\n## What was seen\n\n" + "".join(f"- {note}\n" for note in notes)
    return text + TAIL.format(folder=".")
