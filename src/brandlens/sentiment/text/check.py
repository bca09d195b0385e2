"""What stands for texts in Python → texts, or a TypeError that names the place."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any


def iterate_texts(texts: Iterable[Any]) -> Iterator[str]:
    """Yield each text; a missing one (None, NaN, pandas' NA) is "", as an empty cell of a file is.

    Raises TypeError for one text alone, for what is no iterable or has no order, and for a value of another type, with
    its index.
    """
    if isinstance(texts, str | bytes):
        raise TypeError(f"texts is one {type(texts).__name__}; give a list of str: [text]")
    if isinstance(texts, Mapping | Set) or hasattr(texts, "columns"):
        raise TypeError(f"texts is a {type(texts).__name__}; give its texts as a list of str, or one of its columns")
    try:
        values = iter(texts)
    except TypeError:
        raise TypeError(f"texts is a {type(texts).__name__}, not a list of str") from None
    return (
        value if isinstance(value, str) else to_text(value, f"texts[{index}]") for index, value in enumerate(values)
    )


def check_text(text: object) -> None:
    """Raise TypeError for what is no text."""
    if not isinstance(text, str):
        raise TypeError(f"text is a {type(text).__name__}, not a str")


def to_text(value: object, name: str = "text") -> str:
    """Return a text as it is, and a missing one as "". Raises TypeError, which begins with `name`, for other values."""
    if isinstance(value, str):
        return value
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, float) and value != value:  # noqa: PLR0124, NaN differs from itself
        return ""
    raise TypeError(f"{name} is a {type(value).__name__}, not a str")
