"""`brandlens doctor`: how findings are written, and the exit code."""

import json

import pytest

from brandlens.cli import main
from brandlens.doctor import run
from brandlens.doctor.finding import Finding

OK, NOTE, FAIL = Finding("a", "fine"), Finding("b", "odd", "note", "look"), Finding("c", "bad", "fail", "fix")


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([OK, NOTE], 0, id="a note"),
        pytest.param([OK, FAIL], 1, id="a failure"),
    ],
)
def test_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], findings: list[Finding], code: int
) -> None:
    monkeypatch.setattr(run, "examine", lambda: iter(findings))
    assert main.call(["doctor"]) == code
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == sum(1 + bool(finding.fix) for finding in findings)
    assert main.call(["doctor", "--json"]) == code
    content = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["name"], each["status"], each["fix"]) for each in content] == [
        (finding.name, finding.status, finding.fix) for finding in findings
    ]


def test_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(run, "examine", lambda: iter([OK, FAIL]))
    main.call(["doctor"])
    assert capsys.readouterr().out == "ok    a: fine\nfail  c: bad\n      → fix\n"
