"""Questions on a terminal, each with a default; elsewhere the default is taken and printed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

MAX_QUESTIONS = 3


@dataclass
class Questions:
    """Asks, where there is somebody to ask.

    read: returns a line that was typed, given the prompt. say: prints a line. asked: how often it asked.
    """

    interactive: bool
    read: Callable[[str], str] = input
    say: Callable[[str], None] = print
    asked: int = field(default=0, init=False)

    def choose(self, question: str, options: Sequence[str], default: str) -> str:
        """Return one of the options; a number stands for its place, an empty line for the default."""
        names = [f"{number} {option}" for number, option in enumerate(options, 1)]
        return self._ask(f"{question} {' | '.join(names)}", default, lambda line: _find(line, options))

    def choose_several(self, question: str, options: Sequence[str], default: str) -> list[str]:
        """Return some of the options, typed with commas or spaces between; the default's word stands for all."""

        def parse(line: str) -> str | None:
            found = [_find(part.strip(), options) for part in line.split(",")]
            return None if None in found else "\n".join(part for part in found if part)

        names = [f"{number} {option}" for number, option in enumerate(options, 1)]
        answer = self._ask(f"{question} {' | '.join(names)} | {default}", default, parse)
        return list(options) if answer == default else answer.split("\n")

    def _ask(self, question: str, default: str, parse: Callable[[str], str | None]) -> str:
        if not self.interactive or self.asked >= MAX_QUESTIONS:
            self.say(f"{question}: {default} (the default)")
            return default
        self.asked += 1
        while True:
            try:
                line = self.read(f"{question} [{default}]: ").strip()
            except EOFError:
                line = ""
            if not line or line == default:
                return default
            if (answer := parse(line)) is not None:
                return answer
            self.say(f"{line!r} is none of them; type a name or a number, or nothing for {default}")


def _find(word: str, options: Sequence[str]) -> str | None:
    """Return the option that was typed, by name in any case or by number from 1; None for none."""
    if word.isdecimal() and 1 <= int(word) <= len(options) and word not in options:
        return options[int(word) - 1]
    return next((option for option in options if option.lower() == word.lower()), None)
