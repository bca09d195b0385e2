"""What several commands take on the command line, for argparse."""

import argparse


def fraction(word: str) -> float:
    """A number from 0 to 1."""
    number = float(word)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{word} is not between 0 and 1")
    return number


def positive_int(word: str, least: int = 1) -> int:
    """A whole number from `least`."""
    number = int(word)
    if number < least:
        raise argparse.ArgumentTypeError(f"{word} is less than {least}")
    return number
