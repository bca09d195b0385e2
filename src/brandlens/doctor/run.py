"""All that the doctor looks at, one finding after another."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from brandlens.doctor import machine, packages, probe
from brandlens.doctor.finding import Finding

INSTALL_TRAIN = 'pip install "brandlens[train]"'


def examine() -> Iterator[Finding]:
    """Yield the findings on this machine and on the project in this folder, where there is one."""
    started = [probe.start(name) for name in probe.installed()]  # they take seconds, all at once
    for look in machine.FINDINGS:
        yield look()
    in_project = Path("dvc.yaml").exists()
    yield from packages.check(packages.requirements(), packages.constraints(), packages.version_of, in_project)
    yield packages.opencv()
    if found := packages.project(Path()):
        yield found
    answers = [probe.finish(each) for each in started]
    yield from backends(answers, probe.active(), machine.nvidia_cards(), in_project)


def backends(answers: list[Mapping[str, Any]], active: str, cards: list[str], in_project: bool) -> Iterator[Finding]:
    """Yield a finding for each backend of Keras, and what `auto` will choose on the active one.

    cards: names of the GPUs that the driver shows.
    """
    if active not in {answer["backend"] for answer in answers}:
        missing = f"{active}, which Keras takes here, is not installed"
        yield Finding("backend", missing, "fail", INSTALL_TRAIN) if in_project else Finding("backend", missing)
    if cards:
        blind = [answer["backend"] for answer in answers if not answer.get("accelerator", True)]
        seen = ", ".join(cards) + (f", which {', '.join(blind)} cannot use" if blind else "")
        fix = 'pip install "brandlens[gpu]" for TensorFlow; JAX and PyTorch have packages of their own for CUDA'
        yield Finding("gpu", seen, "note", fix) if blind else Finding("gpu", seen)
    for answer in answers:
        name = f"backend {answer['backend']}"
        if "error" in answer:
            must = answer["backend"] == active and in_project
            fix = f"install it again, or take another: KERAS_BACKEND; {INSTALL_TRAIN}"
            yield Finding(name, answer["error"], "fail" if must else "note", fix)
            continue
        used = ", which Keras takes here" if answer["backend"] == active else ""
        yield Finding(name, f"{answer['version']} with Keras {answer['keras']}{used}: {', '.join(answer['devices'])}")
        if answer["backend"] == active:
            policies: dict[str, list[str]] = {}
            for model, policy in answer["auto"].items():
                policies.setdefault(policy, []).append(model)
            chosen = "; ".join(f"{policy} for {', '.join(models)}" for policy, models in policies.items())
            yield Finding("dtype_policy auto", chosen)
