"""How long a first run takes: more work takes longer."""

from dataclasses import replace

import pytest

from brandlens import config
from brandlens.project import minutes

PARAMS = config.parse(config.defaults(), {})


def test_the_rate_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minutes, "SECONDS", 0.01)
    assert 0.1 < minutes.measure() < 1e6


def test_more_brands_epochs_and_reviews_are_more_work() -> None:
    assert 0 < minutes.logo(PARAMS, 1) < minutes.logo(PARAMS, 5)
    one_stage = replace(PARAMS, logo=replace(PARAMS.logo, train=replace(PARAMS.logo.train, model="one_stage")))
    assert minutes.logo(one_stage, 1) > 5 * minutes.logo(PARAMS, 1)
    assert minutes.sentiment(PARAMS, 0, 0, 0.0) == 0
    assert minutes.sentiment(PARAMS, 1000, 0, 20) < minutes.sentiment(PARAMS, 1000, 1000, 20)


@pytest.mark.parametrize(
    ("work", "text"), [(0, "1 minute"), (100 * 60 * 4, "4 minutes"), (100 * 60 * 62, "60 minutes")]
)
def test_estimate(work: float, text: str) -> None:
    assert minutes.estimate(work, 100.0, 0) == text
