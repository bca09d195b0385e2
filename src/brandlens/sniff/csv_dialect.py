"""How a CSV file is written: its delimiter, a first line that names it, and quotes that are escaped by a backslash."""

import csv
import re
from collections.abc import Collection, Sequence

DELIMITERS = ",;\t|"
NAMED = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # Excel's first line, which is no row
ESCAPED = re.compile(r'\\"(?=[\w ])')  # \" that would be a misplaced quote, were the backslash a letter
DOUBLED = re.compile(r'""(?<=[^",;\t|\r\n\\]"")(?=[^",;\t|\r\n])')  # "" within a field
LONE_BACKSLASH = re.compile(r'\\(?!["\\\r\n])')


def named_delimiter(line: str) -> str | None:
    """Return the delimiter that a line such as `sep=;` names, None for a line that is none."""
    match = NAMED.fullmatch(line)
    return match[1] if match else None


def find_delimiter(header: str, columns: Collection[str], preferred: str = ",") -> str:
    """Return the delimiter under which a header names most of `columns`; of several, that of the most fields.

    preferred: taken where the header does not tell, as one of a single column.
    """

    def merit(delimiter: str) -> tuple[int, int, bool]:
        names = split_header(header, delimiter)
        return len(set(columns) & set(names)), len(names), delimiter == preferred

    return max(DELIMITERS, key=merit)


def split_header(line: str, delimiter: str) -> list[str]:
    """Return the columns' names, without the spaces around them; none of a line that is not CSV."""
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
    except csv.Error:
        return []


def find_repeated(names: Sequence[str], columns: Collection[str]) -> str | None:
    """Return the first of `columns` that is named twice in `names`, None where none is."""
    return next((name for name in columns if names.count(name) > 1), None)


def count_escaped(text: str) -> int:
    r"""Return how many quotes in a part of a file are escaped as \" does it."""
    return len(ESCAPED.findall(text)) if '\\"' in text else 0


def count_doubled(text: str) -> int:
    """Return how many quotes in a part of a file are doubled, as the standard has it."""
    return len(DOUBLED.findall(text))


def protect_backslashes(line: str) -> str:
    r"""Double each backslash that escapes nothing, so that csv's `escapechar` keeps it: C:\new."""
    return LONE_BACKSLASH.sub(r"\\\\", line) if "\\" in line else line
