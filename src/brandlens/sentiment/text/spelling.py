"""A word that a vocabulary lacks → one that it has, where they differ as typing errors and disguises do."""

import re
import unicodedata
from collections.abc import Container, Mapping
from itertools import islice, product

MIN_LETTERS = 5  # of a word with a letter too many, too few or two swapped; in shorter ones too many are other words
MAX_CANDIDATES = 32
LEET = str.maketrans("0134578@$", "oieastbas")
DISGUISED = re.compile(r"(?=.*[a-z].*[a-z])[a-z0134578@$]+")  # with more than one letter
RUN = re.compile(r"(.)\1+")


def delete_index(words: Mapping[str, int]) -> dict[str, str]:
    """Return each word of MIN_LETTERS or more by what is left without one of its letters; the first of several.

    words: the commonest first. The first letter is never left out: errors there are rare.
    """
    index: dict[str, str] = {}
    for word in words:
        if len(word) >= MIN_LETTERS and word.isalpha():
            for at in range(1, len(word)):
                index.setdefault(word[:at] + word[at + 1 :], word)
    return index


def respell(word: str, known: Container[str], deletes: Mapping[str, str]) -> str | None:
    """Return a known word for one that is not: without accents, read as leet, with letters not repeated, or corrected.

    Corrected is a word of MIN_LETTERS or more with one letter too many, too few, or two swapped. The kinds are tried in
    this order. None where there is no such word, as for most words that are merely rare.
    """
    if not any(map(str.isalpha, word)) or word[0] == "<":
        return None
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))
    for candidate in dict.fromkeys([plain, _unleet(plain)]):
        if candidate in known:
            return candidate
        for shorter in _without_repeats(candidate):
            if shorter in known:
                return shorter
        if candidate.isalpha() and (corrected := _corrected(candidate, known, deletes)):
            return corrected
    return None


def _unleet(word: str) -> str:
    return word.translate(LEET) if not word.isalpha() and DISGUISED.fullmatch(word) else word


def _without_repeats(word: str) -> list[str]:
    """Return the word with each of its repeated letters once or twice, as near to how it is written as can be."""
    parts = RUN.split(word)  # what is between runs, and the letter of each run
    if len(parts) == 1:
        return []
    choices = [[part * 2, part] if index % 2 else [part] for index, part in enumerate(parts)]
    return ["".join(choice) for choice in islice(product(*choices), MAX_CANDIDATES)]


def _corrected(word: str, known: Container[str], deletes: Mapping[str, str]) -> str | None:
    if len(word) >= MIN_LETTERS:
        for at in range(1, len(word) - 1):
            if (swapped := word[:at] + word[at + 1] + word[at] + word[at + 2 :]) in known:
                return swapped
    if len(word) > MIN_LETTERS:
        for at in range(1, len(word)):
            if (shorter := word[:at] + word[at + 1 :]) in known:
                return shorter
    return deletes.get(word) if len(word) >= MIN_LETTERS - 1 else None
