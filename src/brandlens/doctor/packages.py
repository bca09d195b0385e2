"""The installed packages: are they all there, recent enough, and those that are known to work together?"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from brandlens import __version__
from brandlens.config import packaged
from brandlens.doctor.finding import Finding

OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
EXTRAS = ("", "train", "collect")  # that are reported; "": what everything needs

Installed = Callable[[str], str | None]


def version_of(name: str) -> str | None:
    """Return the version of an installed package; None where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def requirements() -> dict[str, list[str]]:
    """Return what each extra of brandlens requires, such as "numpy>=2.0"; "": what everything needs."""
    try:
        lines = metadata.requires("brandlens") or []
    except metadata.PackageNotFoundError:
        return {}
    found: dict[str, list[str]] = {extra: [] for extra in EXTRAS}
    for line in lines:
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        extra = re.search(r"extra\s*==\s*['\"](\w+)['\"]", marker)
        if (name := extra[1] if extra else "") in found and not requirement.startswith("brandlens["):
            found[name].append(requirement)
    return found


def constraints() -> dict[str, str]:
    """Return the versions that are known to work together, by package."""
    text = packaged.path("constraints.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)
    return {_normalized(name): version for name, version in pins}


def check(
    needed: Mapping[str, Iterable[str]], pinned: Mapping[str, str], installed: Installed, in_project: bool
) -> Iterator[Finding]:
    """Yield a finding for each extra: what is missing, too old, or another version than the pinned one.

    in_project: what training needs has to be there.
    """
    yield Finding("brandlens", __version__)
    for extra, lines in needed.items():
        pairs = [_parse(line) for line in lines]
        missing = [name for name, _ in pairs if installed(name) is None]
        old = [
            f"{name} {installed(name)} (wants {minimum} or newer)"
            for name, minimum in pairs
            if minimum and (version := installed(name)) and _order(version) < _order(minimum)
        ]
        title, package = (
            f"packages of {extra}" if extra else "packages",
            f"brandlens[{extra}]" if extra else "brandlens",
        )
        must = not extra or (extra == "train" and in_project)
        fix = f'pip install --upgrade "{package}"'
        if missing and (must or (len(missing) < len(pairs) and extra == "train")):
            yield Finding(title, f"missing: {', '.join(missing)}", "fail" if must else "note", fix)
        elif missing:
            yield Finding(title, f"not installed: {', '.join(missing)}", "ok")
        elif old:
            yield Finding(title, f"too old: {', '.join(old)}", "fail" if must else "note", fix)
        else:
            yield Finding(title, f"{len(pairs)} installed, none too old")
    other = [
        f"{name} {version} (tested: {pinned[name]})"
        for name in sorted(_parse(line)[0] for lines in needed.values() for line in lines)
        if name in pinned and (version := installed(name)) and version != pinned[name]
    ]
    if other:
        pins = packaged.path("constraints.txt")
        fix = f"if something fails, take the tested ones: pip install --constraint {pins} brandlens"
        yield Finding("tested versions", f"others: {', '.join(other)}", "note", fix)


def _parse(requirement: str) -> tuple[str, str]:
    """Return the name and the lowest version of a requirement such as "httpx[http2]>=0.28"; "" for none."""
    name = re.match(r"[\w.-]+", requirement)
    minimum = re.search(r">=\s*([\w.]+)", requirement)
    return _normalized(name[0]) if name else requirement, minimum[1] if minimum else ""


def _normalized(name: str) -> str:
    """Return a package's name as the index has it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _order(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, to compare; what follows them (rc1, +cpu) does not count."""
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[^\d.]", version)[0]))


def opencv(installed: Installed = version_of, python: str = sys.executable) -> Finding:
    """Return whether OpenCV is installed once, and can be imported."""
    found = {name: version for name in OPENCV if (version := installed(name))}
    value = ", ".join(f"{name} {version}" for name, version in found.items()) or "none"
    done = subprocess.run([python, "-P", "-c", "import cv2"], capture_output=True, text=True, check=False)
    again = f"pip uninstall --yes {' '.join(found)}; pip install opencv-python-headless"
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return Finding("opencv", f"{value}; import cv2 fails: {lines[-1]}", "fail", again)
    if len(found) > 1:
        return Finding("opencv", f"{value}: one module twice, the last one installed counts", "note", again)
    return Finding("opencv", value)


def project(folder: Path) -> Finding | None:
    """Return whether the project in a folder was made for the version that is installed; None where there is none."""
    path = folder / "requirements.txt"
    if not (folder / "dvc.yaml").exists() or not path.exists():
        return None
    pin = re.search(r"^brandlens\S*==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    if pin and pin[1] != __version__:
        value = f"requirements.txt names brandlens {pin[1]}, {__version__} is installed"
        return Finding("project", value, "note", f"pip install -r {path}, or: brandlens init --update {folder}")
    return Finding("project", f"{folder.resolve()}" + (f", for brandlens {pin[1]}" if pin else ""))
