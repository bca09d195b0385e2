"""dvc.yaml: the whole of it in a clone with the sizes turned down, and what it says of itself."""

import ast
import csv
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

HOME = Path(__file__).resolve().parents[2]
STAGES: dict[str, dict[str, Any]] = YAML(typ="safe").load(HOME / "dvc.yaml")["stages"]
PLOTS: list[dict[str, Any]] = YAML(typ="safe").load(HOME / "dvc.yaml")["plots"]

SMALL = {
    "logo.collect.compose.pictures": [10, 5, 6],
    "logo.collect.compose.size": [240, 160],
    "logo.collect.compose.widths": [0.3, 0.6],
    "logo.crop.jitter.copies": 1,
    "logo.crop.negatives_per_positive": 3.0,
    "logo.augment.samples_per_class": 48,
    "logo.detect.sliding_window.min_size": 40,
    "logo.train.width_multiplier": 0.25,
    "logo.train.fcn.epochs": 2,
    "logo.train.fcn.batch_size": 16,
    "logo.train.dense_patches.num_patches": 12,
    "logo.train.hard_negatives.max_images": 2,
    "logo.train.hard_negatives.epochs": 1,
    "logo.train.snowdon.epochs": 1,
    "sentiment.embed.size": 8,
    "sentiment.embed.epochs": 2,
    "sentiment.train.pooled.units": 4,
    "sentiment.train.pooled.epochs": 1,
    "sentiment.train.talk.units": 4,
    "sentiment.train.talk.epochs": 1,
}

WRITTEN = ("pictures", "crops", "augmented", "trained", "downloads", "embedded", "reviews.parquet")


def script(stage: dict[str, Any]) -> Path:
    return HOME / stage["cmd"].removeprefix("python ")


def imported(file: Path) -> Iterator[Path]:
    """The project's modules that a file imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module), *(f"{node.module}.{each.name}" for each in node.names)]
        for name in names:
            path = (HOME / "src").joinpath(*name.split("."))
            for candidate in (path / "__init__.py", path.with_suffix(".py")):
                if candidate.exists():
                    yield candidate


def needed(file: Path, known: set[Path]) -> set[Path]:
    """All of the project's modules that a file needs, those that its modules need as well."""
    for module in imported(file):
        if module not in known:
            known.add(module)
            needed(module, known)
    return known


def has_code(module: Path) -> bool:
    """Whether a module is more than a docstring and a constant."""
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return any(isinstance(node, kinds) for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("name", STAGES)
def test_deps_cover_what_a_stage_imports(name: str) -> None:
    deps = [HOME / dep for dep in STAGES[name]["deps"]]
    modules = {module for module in needed(script(STAGES[name]), set()) if has_code(module)}
    assert len(modules) >= 4
    missing = [module for module in modules if not any(module == dep or dep in module.parents for dep in deps)]
    assert sorted(path.relative_to(HOME).as_posix() for path in missing) == []


@pytest.mark.parametrize("name", STAGES)
def test_deps_are_needed(name: str) -> None:
    modules = needed(script(STAGES[name]), set())
    sources = [dep for dep in STAGES[name]["deps"] if dep.startswith("src/") and dep.endswith((".py", "annotations"))]
    spare = [dep for dep in sources if not any(str(module).startswith(str(HOME / dep)) for module in modules)]
    assert spare == []


@pytest.mark.parametrize("name", STAGES)
def test_one_name_in_all_places(name: str) -> None:
    assert script(STAGES[name]).relative_to(HOME).as_posix() == f"pipelines/{name.replace('-', '/')}.py"
    assert STAGES[name]["desc"]
    assert script(STAGES[name]).relative_to(HOME).as_posix() in STAGES[name]["deps"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own files in another folder, with everything small in its params.yaml."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("src", "pipelines", "data", "dvc.yaml", "params.yaml", ".gitignore", ".dvcignore"):
        source = HOME / name
        if source.is_dir():
            written = shutil.ignore_patterns("__pycache__", *WRITTEN, "*.egg-info")
            shutil.copytree(source, folder / name, ignore=written)
        else:
            shutil.copyfile(source, folder / name)
    shrink(folder, SMALL)
    thin_out(folder / "data/sentiment/sample.csv", 3)
    call(folder, "dvc", "init", "--no-scm", "--quiet")
    return folder


def shrink(folder: Path, changes: dict[str, Any]) -> None:
    yaml = YAML()
    content = yaml.load(folder / "params.yaml")
    for key, value in changes.items():
        *sections, knob = key.split(".")
        section = content
        for name in sections:
            section = section[name]
        assert knob in section
        section[knob] = value
    yaml.dump(content, folder / "params.yaml")


def thin_out(table: Path, step: int) -> None:
    """Keep every `step`-th row of a CSV file."""
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows[::step]])


IN_TURN = """
import runpy, sys
for path in sys.argv[1:]:
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
"""


def run_alone(folder: Path, *names: str) -> None:
    """Run these stages' scripts one after another in one process, which loads TensorFlow once.

    DVC is not told: it goes on as if the stages had not run.
    """
    scripts = [script(STAGES[name]).relative_to(HOME).as_posix() for name in names]
    call(folder, sys.executable, "-c", IN_TURN, *scripts)


def call(folder: Path, *words: str) -> str:
    """Run a command of this environment on the clone's own code; what it printed."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": paths, "PYTHONPATH": str(folder / "src"), "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def outs(stage: dict[str, Any]) -> list[str]:
    return [*stage.get("outs", []), *stage.get("metrics", [])]


def numbers(tree: Any) -> Iterator[float]:
    """Every leaf of nested dicts."""
    if isinstance(tree, dict):
        for value in tree.values():
            yield from numbers(value)
    else:
        yield tree


def test_the_whole_pipeline(clone: Path) -> None:
    said = call(clone, "dvc", "repro")
    for name, stage in STAGES.items():
        assert f"Running stage '{name}'" in said
        for out in outs(stage):
            path = clone / out
            assert path.stat().st_size > 0 if path.is_file() else any(path.iterdir()), out
    assert "up to date" in call(clone, "dvc", "repro")
    assert "Judged right of 100 reviews" in (clone / "reports/index.html").read_text(encoding="utf-8")
    assert "False alarms by cause" in (clone / "reports/logo.html").read_text(encoding="utf-8")
    assert "The surest mistakes" in (clone / "reports/sentiment.html").read_text(encoding="utf-8")


# What the stages wrote, after the whole pipeline


def test_the_logo_side(clone: Path) -> None:
    metrics = json.loads((clone / "reports/logo/metrics.json").read_text())
    assert {"precision", "recall", "f1", "accuracy", "per_class"} <= metrics["crops"].keys()
    assert metrics["crops"]["per_class"].keys() == {"background", "tavuno"}
    assert {"ap50", "ap", "precision", "recall"} <= metrics["boxes"].keys()
    assert {"precision", "recall", "f1"} <= metrics["pictures"].keys()
    assert metrics["baselines"].keys() == {"majority", "sift"}
    assert all(math.isfinite(number) for number in numbers(metrics))
    card = json.loads((clone / "models/logo/model.json").read_text())
    assert card["threshold"] == metrics["threshold"]
    assert card["provenance"]["metrics"] == metrics
    picture = "data/logo/pictures/images/test-0000.jpg"
    line = json.loads(call(clone, "brandlens", "logo", "detect", picture, "--format", "json"))
    assert (line["picture"], line["width"], line["height"]) == (picture, 240, 160)


def test_the_sentiment_side(clone: Path) -> None:
    report = clone / "reports/sentiment"
    metrics = json.loads((report / "metrics.json").read_text())
    names = {"accuracy", "precision", "recall", "f1", "auc", "ece"}
    assert {*names, "per_class", "threshold", "temperature", "speed", "validation"} <= metrics.keys()
    assert metrics["per_class"].keys() == {"negative", "positive"}
    assert metrics["baselines"].keys() == {"majority", "tfidf", "bayes"}
    assert all(names <= each.keys() for each in metrics["baselines"].values())
    assert metrics["baselines"]["bayes"]["accuracy"] > metrics["baselines"]["majority"]["accuracy"]
    assert all(math.isfinite(number) for number in numbers(metrics))
    card = json.loads((clone / "models/sentiment/model.json").read_text())
    assert (card["threshold"], card["temperature"]) == (metrics["threshold"], metrics["temperature"])
    assert card["provenance"]["metrics"] == metrics

    with (report / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(each["count"] for each in metrics["per_class"].values())
    right = sum(row["actual"] == row["predicted"] for row in rows) / len(rows)
    assert metrics["accuracy"] == pytest.approx(right, abs=1e-4)
    line = json.loads(call(clone, "brandlens", "sentiment", "score", "Not bad at all!", "--format", "json"))
    assert line["text"] == "Not bad at all!"


def test_what_was_evaluated_is_what_the_command_line_says(clone: Path) -> None:
    """The same texts through the exported model, unless that is unsure: training and use read them alike."""
    with (clone / "data/sentiment/sample.csv").open(encoding="utf-8", newline="") as file:
        texts = {row["text"]: None for row in csv.DictReader(file) if row["split"] == "test"}
    words = ["brandlens", "sentiment", "score", "--file", "data/sentiment/sample.csv", "--out", "scored.jsonl"]
    call(clone, *words)
    scored = [json.loads(line) for line in (clone / "scored.jsonl").read_text(encoding="utf-8").splitlines()]
    told = sorted(row["score"] for row in scored if row["text"] in texts and row["label"] != "unsure")
    with (clone / "reports/sentiment/predictions.csv").open(encoding="utf-8", newline="") as file:
        evaluated = sorted(float(row["score"]) for row in csv.DictReader(file))
    assert len(told) > 0.8 * len(evaluated)
    assert all(min(abs(score - each) for each in evaluated) < 2e-4 for score in told)


def rows(table: Path) -> list[str]:
    return table.read_text(encoding="utf-8").splitlines()[1:]


def test_plots_can_be_drawn(clone: Path) -> None:
    said = call(clone, "dvc", "plots", "show")
    assert "index.html" in said
    drawn = (clone / "dvc_plots/index.html").read_text(encoding="utf-8")
    # a table without rows, such as that of a network which finds nothing after two epochs, is no plot
    titles = [title for plot in PLOTS for title, content in plot.items() if rows(clone / next(iter(content["y"])))]
    assert len(titles) >= len(PLOTS) - 1
    assert [title for title in titles if title not in drawn] == []


def test_the_one_shot_network_takes_the_same_way(clone: Path) -> None:
    section = {"image_size": 64, "max_steps": 2, "batch_size": 2}
    changes = {"model": "one_stage", "width_multiplier": 0.125, **{f"one_stage.{k}": v for k, v in section.items()}}
    sizes = {"logo.detect.one_stage.image_sizes": [96, 64], "logo.export.atol": 1e-3}
    shrink(clone, {**{f"logo.train.{knob}": value for knob, value in changes.items()}, **sizes})
    said = call(clone, "dvc", "repro", "--dry", "logo-evaluate")
    stages = ("logo-train", "logo-export", "logo-evaluate")
    assert [name for name in STAGES if f"Running stage '{name}'" in said] == list(stages)
    run_alone(clone, *stages[:-1])
    run_alone(clone, "logo-evaluate")  # by itself, as DVC runs it
    card = json.loads((clone / "models/logo/model.json").read_text())
    assert card["detector"]["detect"]["image_sizes"] == [96, 64]
    assert card["type"] == "one_stage"
    metrics = json.loads((clone / "reports/logo/metrics.json").read_text())
    assert metrics["crops"]["per_class"].keys() == {"background", "tavuno"}
    assert all(math.isfinite(number) for number in numbers(metrics))
    picture = "data/logo/pictures/images/test-0000.jpg"
    assert json.loads(call(clone, "brandlens", "logo", "detect", picture, "--format", "json"))["width"] == 240


def test_the_talks_networks_take_the_same_way(clone: Path) -> None:
    changes = {"logo.train.model": "snowdon", "logo.train.width_multiplier": 0.0625 * 2}
    scan = {"logo.detect.sliding_window.min_size": 60, "logo.detect.sliding_window.scale_factor": 2.0}
    shrink(clone, {**changes, **scan, "sentiment.train.network": "talk"})
    said = call(clone, "dvc", "repro", "--dry", "logo-export", "sentiment-export")
    stages = [f"{side}-{stage}" for side in ("logo", "sentiment") for stage in ("train", "evaluate", "export")]
    assert [name for name in stages if f"Running stage '{name}'" not in said] == []
    run_alone(clone, *stages)
    assert json.loads((clone / "models/logo/model.json").read_text())["detector"]["stride"] == 8
    assert json.loads((clone / "models/sentiment/model.json").read_text())["provenance"]["network"] == "talk"
    assert json.loads((clone / "reports/logo/training.json").read_text())["weights"] < 1e6
