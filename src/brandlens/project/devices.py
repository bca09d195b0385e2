"""The devices that a project will be trained on, asked of Keras in a process of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from brandlens.doctor import probe


@dataclass
class Devices:
    """What Keras' backend sees here, asked for while the pictures are looked at; a context, which ends the asking."""

    started: probe.Start | None = None
    found: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start to ask."""
        if (name := probe.active()) in probe.installed():
            self.started = probe.start(name)

    def answer(self) -> dict[str, Any]:
        """Wait for the answer; {} where there is none."""
        if self.started is not None:
            self.found = dict(probe.finish(self.started))
            self.started = None
        return self.found

    def stop(self) -> None:
        """End what was started, where nobody waits for the answer any more."""
        if self.started is not None:
            probe.stop(self.started)
            self.started = None

    def has_accelerator(self) -> bool:
        """Return whether there is a GPU or a TPU."""
        return bool(self.answer().get("accelerator"))

    def describe(self, models: Sequence[str]) -> str:
        """Return a line: the devices, and the number format that each model will be trained in."""
        answer = self.answer()
        if "devices" not in answer:
            error = answer.get("error", "its backend is not installed")
            return f"device: Keras does not start here: {error}; see: brandlens doctor"
        policies = ", ".join(f"{answer['auto'][model]} for {model}" for model in models if model in answer["auto"])
        return f"device: {', '.join(answer['devices'])} with {answer['backend']}; dtype_policy auto: {policies}"
