"""dvc.yaml: what it says of itself, the whole of it in a small copy of the project, under each number format."""

import ast
import csv
import functools
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

from brandlens.cli import main

HOME = Path(__file__).resolve().parents[2]
STAGES: dict[str, dict[str, Any]] = YAML(typ="safe").load(HOME / "dvc.yaml")["stages"]
PLOTS: list[dict[str, Any]] = YAML(typ="safe").load(HOME / "dvc.yaml")["plots"]
DIGITS: dict[str, dict[str, Any]] = YAML(typ="safe").load(HOME / "pipelines/digits/dvc.yaml")["stages"]
EVERY = STAGES | DIGITS  # those of digits, which `dvc repro` alone leaves out


def script(name: str) -> Path:
    return HOME / EVERY[name]["cmd"].removeprefix("python ")


@functools.cache
def imported(file: Path) -> set[Path]:
    """The project's modules that a file imports."""
    modules = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            path = (HOME / "src").joinpath(*name.split("."))
            for candidate in (path / "__init__.py", path.with_suffix(".py")):
                if candidate.exists():
                    modules.add(candidate)
    return modules


def needed(file: Path, known: set[Path]) -> set[Path]:
    """All of the project's modules that a file needs, those that its modules need as well."""
    for module in imported(file):
        if module not in known:
            known.add(module)
            needed(module, known)
    return known


@functools.cache
def has_code(module: Path) -> bool:
    """Whether a module is more than a docstring and a constant."""
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return any(isinstance(node, kinds) for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("name", EVERY)
def test_deps_cover_what_a_stage_imports(name: str) -> None:
    deps = [HOME / dep for dep in EVERY[name]["deps"]]
    modules = {module for module in needed(script(name), set()) if has_code(module)}
    assert len(modules) >= 4
    missing = [module for module in modules if not any(module == dep or dep in module.parents for dep in deps)]
    assert sorted(path.relative_to(HOME).as_posix() for path in missing) == []


@pytest.mark.parametrize("name", EVERY)
def test_deps_are_needed(name: str) -> None:
    modules = needed(script(name), set())
    sources = [HOME / dep for dep in EVERY[name]["deps"] if dep.startswith("src/")]
    spare = [dep for dep in sources if not any(dep == module or dep in module.parents for module in modules)]
    assert [dep for dep in spare if dep.suffix in ("", ".py") and dep.name != "templates"] == []


@pytest.mark.parametrize("name", EVERY)
def test_one_name_in_all_places(name: str) -> None:
    assert script(name).relative_to(HOME).as_posix() == f"pipelines/{name.replace('-', '/')}.py"
    assert EVERY[name]["desc"]
    assert script(name).relative_to(HOME).as_posix() in EVERY[name]["deps"]


def test_the_report_depends_on_the_results_that_it_reads() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (HOME / "src/brandlens/report").glob("*.py"))
    results = {out for name, stage in STAGES.items() if name != "report" for out in outs(stage)}
    read = {path for path in results if path.startswith("reports/") and f'"{Path(path).name}"' in code}
    assert len(read) > 10
    assert sorted(read - set(STAGES["report"]["deps"])) == []


def test_a_stage_is_a_page_long() -> None:
    lengths = {name: len(script(name).read_text(encoding="utf-8").splitlines()) for name in EVERY}
    assert {name: length for name, length in lengths.items() if length > 60} == {}


@pytest.fixture(scope="module")
def server(project: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """The process in which stages run."""
    with project.server() as running:
        yield running


@pytest.fixture(scope="module")
def ran(project: SimpleNamespace, server: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A small copy of the project in a folder with an awkward name, and what commands of DVC printed in it."""
    folder = tmp_path_factory.mktemp("größer, with space")
    project.copy(folder)
    commands = (["init", "--no-scm", "--quiet"], ["repro"], ["status", "dvc.yaml"], ["plots", "show"])
    _, repro, status, plots, _ = project.dvc(folder, *commands, **server.variables)
    return SimpleNamespace(folder=folder, repro=repro, status=status, plots=plots)


@pytest.fixture
def inside(ran: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what ran, which is the working folder."""
    monkeypatch.chdir(ran.folder)
    return ran.folder


def outs(stage: dict[str, Any]) -> list[str]:
    return [*stage.get("outs", []), *stage.get("metrics", [])]


def numbers(tree: Any) -> Iterator[float]:
    """Every leaf of nested dicts and lists."""
    if isinstance(tree, dict):
        for value in tree.values():
            yield from numbers(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from numbers(value)
    elif tree is not None:
        yield tree


def metrics_of(folder: Path, side: str) -> dict[str, Any]:
    """The metrics of a side, all of them finite, and the same in the model's card."""
    metrics = json.loads((folder / f"reports/{side}/metrics.json").read_text())
    assert all(math.isfinite(number) for number in numbers(metrics))
    card = json.loads((folder / f"models/{side}/model.json").read_text())
    assert card["threshold"] == metrics.get("threshold", 0.5)  # of more than two labels there is none
    return metrics


def test_the_whole_pipeline(ran: SimpleNamespace) -> None:
    for name, stage in STAGES.items():
        assert f"Running stage '{name}'" in ran.repro
        for out in outs(stage):
            path = ran.folder / out
            assert path.stat().st_size > 0 if path.is_file() else any(path.iterdir()), out
    assert "up to date" in ran.status
    for page in ("index", "logo", "sentiment"):
        assert "<html" in (ran.folder / f"reports/{page}.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("ran")
def test_stages_print_no_noise(server: SimpleNamespace) -> None:
    printed = server.log.read_text(encoding="utf-8", errors="replace")
    assert "in mixed_bfloat16: " in printed
    assert "oneDNN" not in printed
    assert "absl" not in printed


def test_the_logo_side(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = metrics_of(inside, "logo")
    assert {"precision", "recall", "f1", "accuracy", "per_class"} <= metrics["crops"].keys()
    assert metrics["crops"]["per_class"].keys() == {"background", "tavuno"}
    assert {"ap50", "ap", "precision", "recall"} <= metrics["boxes"].keys()
    assert {"precision", "recall", "f1"} <= metrics["pictures"].keys()
    assert metrics["baselines"].keys() == {"majority", "sift"}
    assert_it_detects(capsys)


def assert_it_detects(capsys: pytest.CaptureFixture[str]) -> None:
    """The model in the working folder, on the command line."""
    picture = "data/logo/pictures/images/test-0000.jpg"
    assert main.call(["logo", "detect", picture, "--format", "json"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["picture"], line["width"], line["height"]) == (picture, 240, 160)


def test_the_sentiment_side(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = metrics_of(inside, "sentiment")
    names = {"accuracy", "precision", "recall", "f1", "auc", "ece"}
    assert {*names, "polar_accuracy", "per_class", "temperature", "speed", "validation"} <= metrics.keys()
    assert metrics["per_class"].keys() == {"negative", "neutral", "positive"}
    assert "threshold" not in metrics  # of three labels the likeliest is taken
    assert {"majority", "tfidf"} < metrics["baselines"].keys()
    assert all(names <= baseline.keys() for baseline in metrics["baselines"].values())
    with (inside / "reports/sentiment/predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(label["count"] for label in metrics["per_class"].values())
    accuracy = sum(row["y_true"] == row["y_pred"] for row in rows) / len(rows)
    assert metrics["accuracy"] == pytest.approx(accuracy, abs=1e-4)
    assert main.call(["sentiment", "score", "Not bad at all!", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == "Not bad at all!"


def test_what_was_evaluated_is_what_the_command_line_says(inside: Path) -> None:
    """The same texts through the exported model, unless that is unsure: training and use read them alike."""
    with (inside / "data/sentiment/sample.csv").open(encoding="utf-8", newline="") as file:
        texts = {row["text"] for row in csv.DictReader(file) if row["split"] == "test"}
    assert main.call(["sentiment", "score", "--file", "data/sentiment/sample.csv", "--out", "scored.jsonl"]) == 0
    rows = [json.loads(line) for line in (inside / "scored.jsonl").read_text(encoding="utf-8").splitlines()]
    scores = sorted(row["score"] for row in rows if row["text"] in texts and row["label"] != "unsure")
    with (inside / "reports/sentiment/predictions.csv").open(encoding="utf-8", newline="") as file:
        evaluated = sorted(float(row["score"]) for row in csv.DictReader(file))
    assert len(scores) > 0.8 * len(evaluated)
    assert all(min(abs(score - other) for other in evaluated) < 2e-4 for score in scores)


def test_plots_can_be_drawn(ran: SimpleNamespace) -> None:
    assert "index.html" in ran.plots
    drawn = (ran.folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    # a table without rows, such as that of a network which detects nothing after two epochs, is no plot
    tables = {title: ran.folder / next(iter(content["y"])) for plot in PLOTS for title, content in plot.items()}
    titles = [title for title, table in tables.items() if table.read_text(encoding="utf-8").splitlines()[1:]]
    assert len(titles) >= len(PLOTS) - 1
    assert [title for title in titles if title not in drawn] == []


def test_the_one_stage_detector_takes_the_same_way(
    project: SimpleNamespace, server: SimpleNamespace, ran: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = Path(shutil.copytree(ran.folder, tmp_path / "again", ignore=shutil.ignore_patterns(".dvc", "logs", "src")))
    one_stage = {"image_size": 64, "max_steps": 1, "batch_size": 2}
    project.change_params(folder, {
        "logo.train.model": "one_stage", "logo.train.width_multiplier": 0.125, "logo.train.dtype_policy": "float32",
        "logo.detect.one_stage.image_sizes": [64],
        **{f"logo.train.one_stage.{knob}": value for knob, value in one_stage.items()},
    })  # fmt: skip
    for name in ("logo-train", "logo-export", "logo-evaluate", "report"):
        project.call(folder, "sh", "-c", STAGES[name]["cmd"], **server.variables)
    assert metrics_of(folder, "logo")["crops"]["per_class"].keys() == {"background", "tavuno"}
    card = json.loads((folder / "models/logo/model.json").read_text())
    assert card["type"] == card["provenance"]["model"] == "one_stage"
    monkeypatch.chdir(folder)
    assert_it_detects(capsys)
