"""Types of command line options that several commands take, for argparse."""

import argparse


def fraction(word: str) -> float:
    """Parse a number from 0 to 1. Raises ArgumentTypeError, or ValueError when it is no number."""
    number = float(word)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{word} is not between 0 and 1")
    return number


def numbers(words: str) -> tuple[int, ...]:
    """Parse whole numbers and ranges of them, such as 3,7-12. Raises ArgumentTypeError for anything else."""
    parsed: list[int] = []
    for word in words.split(","):
        first, _, last = word.strip().partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()) or int(first) > int(last or first):
            raise argparse.ArgumentTypeError(f"{word.strip()!r} is no number and no range such as 7-12")
        parsed += range(int(first), int(last or first) + 1)
    return tuple(parsed)


def positive_int(word: str, minimum: int = 1) -> int:
    """Parse a whole number of at least `minimum`. Raises ArgumentTypeError, or ValueError when it is none."""
    number = int(word)
    if number < minimum:
        raise argparse.ArgumentTypeError(f"{word} is less than {minimum}")
    return number
