"""The machine: cores, memory, disk, number formats, locale, proxies. Each function looks at one thing."""

import locale
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

from brandlens import onnx_runtime
from brandlens.doctor.finding import Finding

CPUINFO, MEMINFO, CGROUP = Path("/proc/cpuinfo"), Path("/proc/meminfo"), Path("/sys/fs/cgroup")
FAST_FORMATS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "bf16", "sve")
MIN_MEMORY, MIN_DISK = 4.0, 3.0  # GiB that the trainings of docs/results.md and a project's cache stay below
GIB = 2**30


def python() -> Finding:
    """Report the interpreter; TensorFlow has no packages for those after 3.13."""
    value = f"{platform.python_version()} ({sys.executable}) on {platform.platform()}"
    if sys.version_info >= (3, 14):
        return Finding("python", value, "note", "tested with 3.11 to 3.13; take one of these if a package is missing")
    return Finding("python", value)


def cores(cgroup: Path = CGROUP) -> Finding:
    """Return how many cores this process may use, by its affinity and by its cgroup."""
    total, usable = os.cpu_count() or 1, onnx_runtime.cores()
    value = f"{usable} of {total} usable"
    quota = _cpu_quota(cgroup)
    if quota is not None and quota < usable:
        value += f", but the cgroup's quota is {quota:g}"
        allowed = max(1, int(quota))
        fix = f"more threads than the quota wait for each other: prefix commands with taskset -c 0-{allowed - 1}"
        return Finding("cores", value, "note", fix)
    return Finding("cores", value)


def _cpu_quota(cgroup: Path) -> float | None:
    """Return how many cores' time the cgroup (version 2, or 1) allows; None for no limit."""
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            quota, period = " ".join((cgroup / name).read_text().strip() for name in names).split()[:2]
            return float(quota) / float(period) if float(quota) > 0 else None
        except (OSError, ValueError):  # "max": no limit
            continue
    return None


def memory(meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> Finding:
    """Report the memory that is free, and the cgroup's limit."""
    try:
        fields = dict(re.findall(r"^(\w+):\s+(\d+) kB", meminfo.read_text(), re.MULTILINE))
        total, free = int(fields["MemTotal"]) * 1024, int(fields["MemAvailable"]) * 1024
    except (OSError, KeyError):
        return Finding("memory", "unknown on this system")
    value = f"{free / GIB:.1f} GiB free of {total / GIB:.1f} GiB"
    limit = _memory_limit(cgroup)
    if limit is not None and limit < total:
        value += f"; the cgroup allows {limit / GIB:.1f} GiB"
        free = min(free, limit)
    if free < MIN_MEMORY * GIB:
        return Finding(
            "memory", value, "note", f"training wants some {MIN_MEMORY:g} GiB: end other programs, or lower batch_size"
        )
    return Finding("memory", value)


def _memory_limit(cgroup: Path) -> int | None:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return int((cgroup / name).read_text())
        except (OSError, ValueError):
            continue
    return None


def disk() -> Finding:
    """Report the space in this folder, where a project and its cache are written."""
    free = shutil.disk_usage(".").free
    value = f"{free / GIB:.1f} GiB free in {Path.cwd()}"
    if free < MIN_DISK * GIB:
        return Finding("disk", value, "note", f"a project's data and DVC's cache want some {MIN_DISK:g} GiB: make room")
    return Finding("disk", value)


def number_formats(cpuinfo: Path = CPUINFO) -> Finding:
    """Report which instructions the processor has that make networks fast."""
    try:
        text = cpuinfo.read_text()
    except OSError:
        return Finding("processor", platform.processor() or platform.machine())
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    found = [name for name in FAST_FORMATS if flags and name in flags[1].split()]
    return Finding(
        "processor", f"{model[1] if model else platform.machine()}; {' '.join(found) or 'no fast formats known'}"
    )


def nvidia_cards() -> list[str]:
    """Return the names of the NVIDIA cards that the driver shows; none where there is no driver."""
    if (program := shutil.which("nvidia-smi")) is None:
        return []
    done = subprocess.run([program, "-L"], capture_output=True, text=True, check=False, timeout=30)
    return re.findall(r"^GPU \d+: (.+?)(?: \(UUID.*)?$", done.stdout, re.MULTILINE)


def encoding() -> Finding:
    """Report the encodings of texts, of file names and of what is printed."""
    preferred, names = locale.getpreferredencoding(False), sys.getfilesystemencoding()
    out = getattr(sys.stdout, "encoding", None) or "none"
    language = ".".join(filter(None, locale.getlocale())) or "C"
    value = f"texts {preferred}, file names {names}, output {out}; locale {language}"
    others = [name for name in (preferred, names, out) if name.lower().replace("-", "") not in ("utf8", "none")]
    if others:
        return Finding("encoding", value, "note", "some letters cannot be printed: set PYTHONUTF8=1")
    return Finding("encoding", value)


def proxies() -> Finding:
    """Report which proxies the environment names, without their passwords."""
    found = {name: _without_password(url) for name, url in urllib.request.getproxies().items()}
    return Finding("proxies", ", ".join(f"{name} {url}" for name, url in sorted(found.items())) or "none")


def _without_password(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=f"…@{parts.netloc.rpartition('@')[2]}").geturl() if "@" in parts.netloc else url


FINDINGS = (python, cores, memory, disk, number_formats, encoding, proxies)
