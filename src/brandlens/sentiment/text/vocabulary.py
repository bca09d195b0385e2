"""Which tokens a model knows, and their ids: 0 is padding, 1 stands for every token it does not know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from brandlens.errors import ModelError
from brandlens.sentiment.text import spelling

PAD, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unknown>")
MAX_REMEMBERED = 1 << 16  # respelled tokens


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

    @cached_property
    def _deletes(self) -> dict[str, str]:
        return spelling.delete_index(self._word_ids)

    @cached_property
    def _respelled(self) -> dict[str, int]:
        return {}

    def id_of(self, token: str) -> int:
        """Return the token's id, or that of the word that it is an error or a disguise of (see `spelling.respell`).

        UNKNOWN where there is neither; PAD where it has no letter or digit either, as an emoji that is not known: it
        is left out.
        """
        known = self._word_ids.get(token) or self._respelled.get(token)
        if known is None:
            word = spelling.respell(token, self._word_ids, self._deletes)
            known = self._word_ids[word] if word else UNKNOWN if any(map(str.isalnum, token)) else PAD
            if len(self._respelled) >= MAX_REMEMBERED:
                self._respelled.clear()
            self._respelled[token] = known
        return known

    def select(self, tokens: Sequence[str], max_length: int) -> tuple[list[int], list[int]]:
        """Return which tokens of a review are read, and their ids (see `encode`)."""
        ids = list(map(self.id_of, tokens))
        kept = [index for index, id_ in enumerate(ids) if id_ != PAD]
        if len(kept) > max_length:
            kept = [*kept[: (max_length + 1) // 2], *kept[len(kept) - max_length // 2 :]]
        return kept, [ids[index] for index in kept]

    def encode(self, tokens: Sequence[str], max_length: int) -> np.ndarray:
        """Return (n,) int32 ids of a review's tokens, 1 <= n <= max(max_length, 1), never PAD; no tokens: [UNKNOWN].

        A token that is not known is respelled, or read as UNKNOWN, or left out: see `id_of`. Of a longer review the
        first half of `max_length` (the larger one) and the last half are kept: opinions open and close a review
        (head+tail: Sun et al. 2019).
        """
        return np.array(self.select(tokens, max_length)[1] or [UNKNOWN], np.int32)


def pad_sequences(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return (n, longest row) int32: rows of ids one below the other, padded on the right; no rows give (0, 0)."""
    padded = np.full((len(rows), max(map(len, rows), default=0)), PAD, np.int32)
    for line, row in zip(padded, rows, strict=True):
        line[: len(row)] = row
    return padded
