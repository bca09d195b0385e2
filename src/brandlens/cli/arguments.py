"""Types of command line options that several commands take, for argparse."""

import argparse


def fraction(word: str) -> float:
    """Parse a number from 0 to 1. Raises ArgumentTypeError, or ValueError when it is no number."""
    number = float(word)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{word} is not between 0 and 1")
    return number


def positive_int(word: str, minimum: int = 1) -> int:
    """Parse a whole number of at least `minimum`. Raises ArgumentTypeError, or ValueError when it is none."""
    number = int(word)
    if number < minimum:
        raise argparse.ArgumentTypeError(f"{word} is less than {minimum}")
    return number
