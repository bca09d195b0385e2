"""The machine, as its files describe it: each function both ways."""

import sys
import types
from pathlib import Path

import pytest

from brandlens import onnx_runtime
from brandlens.doctor import machine
from brandlens.doctor.finding import Finding


def test_every_look_is_a_finding() -> None:
    found = [look() for look in machine.FINDINGS]
    assert all(isinstance(finding, Finding) and finding.value for finding in found)
    assert all(finding.fix for finding in found if finding.status != "ok")


@pytest.mark.parametrize(
    ("version", "status"), [((3, 11, 0), "ok"), ((3, 13, 5), "ok"), ((3, 14, 0), "note")], ids=["old", "new", "newer"]
)
def test_python(monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], status: str) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert machine.python().status == status


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        pytest.param({}, "ok", "4 of", id="no cgroup"),
        pytest.param({"cpu.max": "max 100000"}, "ok", "4 of", id="no limit"),
        pytest.param({"cpu.max": "150000 100000"}, "note", "quota is 1.5", id="a quota"),
        pytest.param({"cpu.max": "900000 100000"}, "ok", "4 of", id="a quota above"),
        pytest.param(
            {"cpu/cpu.cfs_quota_us": "200000", "cpu/cpu.cfs_period_us": "100000"}, "note", "quota is 2", id="version 1"
        ),
        pytest.param(
            {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, "ok", "4 of", id="version 1, no limit"
        ),
    ],
)
def test_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], status: str, words: str) -> None:
    monkeypatch.setattr(onnx_runtime, "cores", lambda: 4)
    write(tmp_path, files)
    finding = machine.cores(tmp_path)
    assert finding.status == status
    assert words in finding.value


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("meminfo", "limit", "status", "words"),
    [
        pytest.param(None, None, "ok", "unknown", id="no such file"),
        pytest.param(
            "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n", None, "ok", "8.0 GiB free of 16.0", id="enough"
        ),
        pytest.param("MemTotal: 16777216 kB\nMemAvailable: 1048576 kB\n", None, "note", "1.0 GiB free", id="little"),
        pytest.param(
            "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n",
            str(2**30),
            "note",
            "cgroup allows 1.0 GiB",
            id="a limit",
        ),
        pytest.param("MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n", "max", "ok", "of 16.0 GiB", id="no limit"),
    ],
)
def test_memory(tmp_path: Path, meminfo: str | None, limit: str | None, status: str, words: str) -> None:
    write(tmp_path, {name: text for name, text in (("meminfo", meminfo), ("memory.max", limit)) if text is not None})
    finding = machine.memory(tmp_path / "meminfo", tmp_path)
    assert finding.status == status
    assert words in finding.value


@pytest.mark.parametrize(("free", "status"), [(2**31, "note"), (2**40, "ok")])
def test_disk(monkeypatch: pytest.MonkeyPatch, free: int, status: str) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: types.SimpleNamespace(free=free))
    assert machine.disk().status == status


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("model name\t: EPYC\nflags\t\t: fpu avx2 avx512_bf16\n", "EPYC; avx2 avx512_bf16", id="x86"),
        pytest.param("Features\t: fp asimd bf16\n", "asimd bf16", id="ARM"),
        pytest.param("", "no fast formats known", id="nothing"),
    ],
)
def test_number_formats(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, {"cpuinfo": text})
    assert words in machine.number_formats(tmp_path / "cpuinfo").value
    assert machine.number_formats(tmp_path / "none").value


@pytest.mark.parametrize(("name", "status"), [("UTF-8", "ok"), ("ANSI_X3.4-1968", "note"), ("cp1252", "note")])
def test_encoding(monkeypatch: pytest.MonkeyPatch, name: str, status: str) -> None:
    monkeypatch.setattr(machine.locale, "getpreferredencoding", lambda _: name)
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "utf-8")
    monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(encoding="utf-8"))
    assert machine.encoding().status == status


@pytest.mark.parametrize(
    ("proxies", "value"),
    [
        ({}, "none"),
        (
            {"https": "http://me:secret@proxy:8080", "http": "http://proxy"},
            "http http://proxy, https http://…@proxy:8080",
        ),
    ],
)
def test_proxies_without_their_passwords(monkeypatch: pytest.MonkeyPatch, proxies: dict[str, str], value: str) -> None:
    monkeypatch.setattr(machine.urllib.request, "getproxies", lambda: proxies)
    assert machine.proxies().value == value


def test_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda _: None)
    assert machine.nvidia_cards() == []
    out = "GPU 0: NVIDIA H200 (UUID: GPU-1)\nGPU 1: NVIDIA L4 (UUID: GPU-2)\n"
    monkeypatch.setattr(machine.shutil, "which", lambda _: "nvidia-smi")
    monkeypatch.setattr(machine.subprocess, "run", lambda *_, **__: types.SimpleNamespace(stdout=out))
    assert machine.nvidia_cards() == ["NVIDIA H200", "NVIDIA L4"]
