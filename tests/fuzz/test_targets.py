"""Every reader for a moment on changed files; `make fuzz` does the same for as long as wanted."""

import runpy
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).parent))  # files of a folder that is no package

from mutations import mutated
from targets import TARGETS, Target, model_targets, report_targets, run

NUM_INPUTS = 40
SLOW = {"params": 8, "model-logo": 20, "model-sentiment": 20}  # inputs of the targets that take longest for one


def check_some(target: Target) -> None:
    @settings(
        max_examples=SLOW.get(target.name, NUM_INPUTS),
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(data=mutated(target.seeds()))
    def check(data: bytes) -> None:
        run(target, data)

    check()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_good_files_are_taken(target: Target) -> None:
    assert all(run(target, seed) for seed in target.seeds())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_changed_files_are_read_or_refused(target: Target) -> None:
    check_some(target)


def test_changed_models_are_refused(model_folder: Path, sentiment_folder: Path) -> None:
    for target in model_targets(model_folder, sentiment_folder):
        check_some(target)


def test_changed_results_are_read_or_refused(tmp_path: Path) -> None:
    results = runpy.run_path(str(Path(__file__).parents[1] / "report" / "conftest.py"))
    results["write_logo"](tmp_path / "logo", 1)
    results["write_sentiment"](tmp_path / "sentiment", 1)
    for target in report_targets(tmp_path / "logo", tmp_path / "sentiment"):
        check_some(target)
