"""Which tokens a model knows, and their numbers: 0 is padding, 1 stands for every token it does not know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from brandlens.errors import ModelError

PAD, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unknown>")


@dataclass(frozen=True)
class Vocabulary:
    """words: each one's place is its number; the two specials come first.

    Raises ModelError, one line without the file's name, for words that are no vocabulary.
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.words[:2] != SPECIAL:
            raise ModelError(f"the first two lines must be {' and '.join(SPECIAL)}")
        if len(self.numbers) != len(self.words):
            twice = next(word for at, word in enumerate(self.words) if self.numbers[word] != at)
            raise ModelError(f'"{twice}" stands there twice')
        for at, word in enumerate(self.words):
            if word.split() != [word]:
                raise ModelError(f"line {at + 1}: {word!r} is no token; tokens hold no white space")

    @classmethod
    def of(cls, counts: Mapping[str, int], least: int, most: int) -> "Vocabulary":
        """The `most` commonest tokens among those counted `least` times or more, equally common ones by alphabet."""
        kept = sorted((word for word in counts if counts[word] >= least), key=lambda word: (-counts[word], word))
        return cls((*SPECIAL, *kept[:most]))

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read a file of one token a line, UTF-8. Raises ModelError with the file and what is wrong with it."""
        try:
            return cls(tuple(path.read_text(encoding="utf-8").removesuffix("\n").split("\n")))
        except FileNotFoundError:
            raise ModelError(f"{path}: no such file") from None
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"{path}: cannot be read: {error}") from None
        except ModelError as error:
            raise ModelError(f"{path}: {error}; export the model again") from None

    def save(self, path: Path) -> None:
        """Write one token a line, UTF-8; the same words give the same bytes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*self.words, ""]), encoding="utf-8", newline="\n")

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word."""
        return {word: at for at, word in enumerate(self.words)}

    @cached_property
    def _own(self) -> dict[str, int]:
        """The number of each word that is no special one."""
        return {word: at for word, at in self.numbers.items() if word not in SPECIAL}

    def __len__(self) -> int:
        return len(self.words)

    def known(self, token: str) -> bool:
        """Whether the token has a number of its own."""
        return self.numbers.get(token, 0) > UNKNOWN

    def encode(self, tokens: Sequence[str], longest: int) -> np.ndarray:
        """(n,) int32 numbers of a review's tokens, 1 <= n <= max(longest, 1), never PAD; no tokens give [UNKNOWN].

        Of a review longer than `longest` its first half (the larger one) and its last half of that are kept: opinions
        open and close a review.
        """
        if len(tokens) > longest:
            tokens = [*tokens[: (longest + 1) // 2], *tokens[len(tokens) - longest // 2 :]]
        number = self._own.get
        return np.array([number(token, UNKNOWN) for token in tokens] or [UNKNOWN], np.int32)


def pad_sequences(rows: Sequence[np.ndarray]) -> np.ndarray:
    """(n, longest row) int32: rows of numbers side by side, filled up with PAD on the right; no rows give (0, 0)."""
    whole = np.full((len(rows), max(map(len, rows), default=0)), PAD, np.int32)
    for line, row in zip(whole, rows, strict=True):
        line[: len(row)] = row
    return whole
