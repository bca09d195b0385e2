"""Which tokens a model knows, and their ids: 0 is padding, 1 stands for every token it does not know."""

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
    """The words that have an id: their index in `words`. The two specials come first.

    Raises ModelError, one line without the file's name, for words that are no vocabulary.
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.words[:2] != SPECIAL:
            raise ModelError(f"the first two lines must be {' and '.join(SPECIAL)}")
        if len(self.ids) != len(self.words):
            twice = next(word for index, word in enumerate(self.words) if self.ids[word] != index)
            raise ModelError(f'"{twice}" stands there twice')
        for index, word in enumerate(self.words):
            if word.split() != [word]:
                raise ModelError(f"line {index + 1}: {word!r} is no token; tokens hold no white space")

    @classmethod
    def from_counts(cls, counts: Mapping[str, int], min_count: int, max_size: int) -> "Vocabulary":
        """Return the `max_size` commonest tokens that occur `min_count` times or more, ties in alphabetical order."""
        frequent = (word for word in counts if counts[word] >= min_count)
        return cls((*SPECIAL, *sorted(frequent, key=lambda word: (-counts[word], word))[:max_size]))

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
    def ids(self) -> dict[str, int]:
        """Map each word to its id, the specials too."""
        return {word: index for index, word in enumerate(self.words)}

    @cached_property
    def _word_ids(self) -> dict[str, int]:
        return {word: index for word, index in self.ids.items() if word not in SPECIAL}

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, token: str) -> bool:
        """Return whether the token has an id of its own; the specials are no tokens."""
        return token in self._word_ids

    def encode(self, tokens: Sequence[str], max_length: int) -> np.ndarray:
        """Return (n,) int32 ids of a review's tokens, 1 <= n <= max(max_length, 1), never PAD; no tokens: [UNKNOWN].

        Of a longer review the first half of `max_length` (the larger one) and the last half are kept: opinions open
        and close a review (head+tail: Sun et al. 2019).
        """
        if len(tokens) > max_length:
            tokens = [*tokens[: (max_length + 1) // 2], *tokens[len(tokens) - max_length // 2 :]]
        id_of = self._word_ids.get
        return np.array([id_of(token, UNKNOWN) for token in tokens] or [UNKNOWN], np.int32)


def pad_sequences(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return (n, longest row) int32: rows of ids one below the other, padded on the right; no rows give (0, 0)."""
    padded = np.full((len(rows), max(map(len, rows), default=0)), PAD, np.int32)
    for line, row in zip(padded, rows, strict=True):
        line[: len(row)] = row
    return padded
