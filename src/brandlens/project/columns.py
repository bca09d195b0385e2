"""Which column of a table of reviews is which: pure functions on the values of its first rows."""

import datetime
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Sequence[Any]]  # by column

POSITIVE = ("1", "positive", "pos", "true", "yes", "good", "great", "favorable", "like", "recommended", "up", "+")
NEGATIVE = ("0", "-1", "negative", "neg", "false", "no", "bad", "poor", "unfavorable", "dislike", "not recommended",
            "down", "-")  # fmt: skip
NEUTRAL = ("neutral", "neu", "mixed")
NO_LABEL = ("none", "unsure", "unknown", "n/a", "na")  # a row without a label, with no harm done
PLAIN = {"0", "1", "-1", "true", "false", "yes", "no"}  # may stand for anything

NAMES = {  # parts of columns' names that tell what they hold
    "text": ("text", "review", "comment", "body", "content", "sentence", "message", "feedback", "tweet", "description"),
    "label": ("label", "sentiment", "polarity", "class", "target", "positive", "opinion", "mood", "tone"),
    "rating": ("rating", "stars", "star", "score", "overall", "grade", "points", "note"),
    "date": ("date", "time", "created", "posted", "published", "timestamp"),
    "group": ("product", "movie", "film", "item", "asin", "sku", "group", "business", "store", "hotel", "restaurant"),
    "id": ("id", "uuid", "guid", "key"),
    "split": ("split", "fold", "subset", "partition"),
}
DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}/\d{1,2}/\d{1,2}")
MAX_LABELS = 12  # different values of a column of labels or stars
MIN_GROUPS = 10  # of which each is whole in one split
SHARE = 0.95  # of a column's values that must be of a kind


@dataclass(frozen=True)
class Roles:
    """What the columns hold; None where there is no such column.

    texts, labels: the candidates, the likeliest first. date is reported and not used. positive, negative, neutral:
    values of the label's column, in lower case; all empty where its values are strange.
    """

    text: str
    label: str | None = None
    rating: str | None = None
    date: str | None = None
    group: str | None = None
    id: str | None = None
    split: str | None = None
    texts: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()
    sure: bool = True  # the label's values or name leave no doubt

    def found(self) -> list[tuple[str, str]]:
        """Return (role, column) of all that there are."""
        names = ("text", "label", "rating", "date", "group", "id", "split")
        return [(name, getattr(self, name)) for name in names if getattr(self, name)]


def guess(values: Values) -> Roles | None:
    """Return what the columns hold, None where none of them holds texts. values: a sample of rows, by column."""
    columns = {name: _filled(cells) for name, cells in values.items()}
    columns = {name: cells for name, cells in columns.items() if cells}
    split = _best(columns, "split", _is_split)
    dates = [name for name in columns if _is_date(name, columns[name])]
    free = {name: cells for name, cells in columns.items() if name not in (split, *dates)}
    label = _best(free, "label", _is_label)
    stars = {name: cells for name, cells in free.items() if name != label and _is_rating(name, cells)}
    rating = _best(stars, "rating", lambda _: True)
    if label and rating and not _is_sure(label, columns[label]):  # "verified: yes" beside stars
        label = None
    free = {name: cells for name, cells in free.items() if name not in (label, rating)}
    texts = sorted(filter(lambda name: _num_words(free[name]) > 0, free), key=lambda name: -_text_score(name, free))
    if not texts:
        return None
    rest = {name: cells for name, cells in free.items() if name != texts[0]}
    if label is None and rating is None:
        label = _best({name: cells for name, cells in rest.items() if _named(name, "label")}, "label", _has_few_values)
    group = _best({n: c for n, c in rest.items() if _named(n, "group") and n != label}, "group", _is_group)
    identity = _best({n: c for n, c in rest.items() if _named(n, "id") and n not in (label, group)}, "id", _is_unique)
    positive, negative, neutral = label_words(columns[label]) if label else ((), (), ())
    return Roles(
        texts[0], label, rating, dates[0] if dates else None, group, identity, split,
        texts=tuple(name for name in texts if 2 * _text_score(name, free) >= _text_score(texts[0], free)),
        positive=positive, negative=negative, neutral=neutral, sure=label is None or _is_sure(label, columns[label]),
    )  # fmt: skip


def scale(ratings: Iterable[float]) -> tuple[float, float]:
    """Return the lowest and the highest rating of the scale that ratings in stars are on; there must be some.

    Scales end at 5, 10 or 100 and begin at 1, or at 0 where they go beyond 10, unless a rating lies outside.
    """
    values = sorted(set(ratings))
    high = next((top for top in (5, 10, 100) if values[-1] <= top), values[-1])
    return float(min(1 if high <= 10 else 0, values[0])), float(high)


def cutoffs(ratings: Iterable[float]) -> tuple[float, float] | None:
    """Return the highest negative and the lowest positive of ratings in stars: those of the outer thirds of the scale.

    On 1 to 5 they are 2 and 4, on 1 to 10 they are 4 and 7 (as for the Large Movie Review Dataset, Maas et al. 2011).
    None where all ratings are in the middle, or at one end.
    """
    values = sorted(set(ratings))
    if not values:
        return None
    low, high = scale(values)
    third = (high - low) / 3
    negative, positive = float(math.floor(low + third)), float(math.ceil(low + 2 * third))
    return (negative, positive) if values[0] <= negative and values[-1] >= positive else None


def normalized(value: Any) -> str:
    """Return a cell as a word, in lower case; 1.0 is 1."""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip().lower())


def _filled(cells: Sequence[Any]) -> list[Any]:
    return [cell for cell in cells if cell is not None and cell == cell and str(cell).strip()]  # noqa: PLR0124, not NaN


def _best(columns: Values, role: str, fits: Callable[[Sequence[Any]], bool]) -> str | None:
    """Return the first of the columns that fit, those with a usual name first."""
    fitting = [name for name in columns if fits(columns[name])]
    return min(fitting, key=lambda name: not _named(name, role), default=None)


def _named(name: str, role: str) -> bool:
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    parts = re.split(r"[^a-z]+", words)
    return any(part in (hint, f"{hint}s") for part in parts for hint in NAMES[role])


def label_words(cells: Sequence[Any]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return which of a column's values mean positive, which negative and which neutral, as words in lower case.

    0 is negative beside 1, and neutral beside 1 and -1.
    """
    words = sorted({normalized(cell) for cell in _filled(cells)})
    ternary = ("0",) if {"1", "0", "-1"} <= set(words) else ()
    positive = tuple(w for w in words if _means(w, POSITIVE))
    negative = tuple(w for w in words if _means(w, NEGATIVE) and w not in ternary)
    return positive, negative, tuple(w for w in words if w in (*NEUTRAL, *ternary))


def _means(word: str, known: Sequence[str]) -> bool:
    """Return whether a label is one of the known words, or ends with one, such as "very positive"."""
    if word in (*POSITIVE, *NEGATIVE):
        return word in known
    *before, last = re.split(r"[\s_-]+", word)
    return last in {w for w in known if w.isalpha() and w not in PLAIN} and not {"not", "no", "non"} & set(before)


def _is_label(cells: Sequence[Any]) -> bool:
    if len({normalized(cell) for cell in cells}) > MAX_LABELS:
        return False
    positive, negative, neutral = label_words(cells)
    known = Counter(normalized(cell) in (*positive, *negative, *neutral, *NO_LABEL) for cell in cells)
    return bool(positive and negative) and known[True] >= SHARE * len(cells)


def _is_sure(name: str, cells: Sequence[Any]) -> bool:
    """Return whether a label's column is one by its name, or by words that mean nothing else."""
    positive, negative, _ = label_words(cells)
    return bool(positive or negative) and (_named(name, "label") or not {*positive, *negative} <= PLAIN)


def _has_few_values(cells: Sequence[Any]) -> bool:
    """Return whether a column has as few values as labels that are strange, or all of one kind, would have."""
    return len({normalized(cell) for cell in cells}) <= 3 and not _num_words(cells) > 3


def _is_rating(name: str, cells: Sequence[Any]) -> bool:
    """Return whether a column is of stars; one of two values alone has to be called so."""
    numbers = [number for number in map(to_number, cells) if number is not None]
    different = set(numbers)
    fewest = 2 if _named(name, "rating") else 3
    return len(numbers) >= SHARE * len(cells) and fewest <= len(different) <= 2 * MAX_LABELS and _is_scale(different)


def _is_scale(numbers: set[float]) -> bool:
    return min(numbers) >= 0 and max(numbers) <= 100 and all((2 * number).is_integer() for number in numbers)


def to_number(cell: Any) -> float | None:
    """Return a cell's number; None for what is none."""
    try:
        return float(str(cell).replace(",", "."))
    except ValueError:
        return None


def _is_split(cells: Sequence[Any]) -> bool:
    return {normalized(cell) for cell in cells} <= {"train", "val", "test", "unlabelled"}


def _is_date(name: str, cells: Sequence[Any]) -> bool:
    dates = sum(isinstance(cell, datetime.date) or bool(DATE.match(str(cell).strip())) for cell in cells)
    if dates >= SHARE * len(cells):
        return all(isinstance(cell, datetime.date) or len(str(cell)) < 40 for cell in cells)
    return _named(name, "date") and all(to_number(cell) is not None for cell in cells)


def _is_unique(cells: Sequence[Any]) -> bool:
    return len(set(map(str, cells))) == len(cells)


def _is_group(cells: Sequence[Any]) -> bool:
    """Return whether rows share values, but no value has so many rows that it could not be whole in one split."""
    counts = Counter(map(str, cells))
    return MIN_GROUPS <= len(counts) < len(cells) and max(counts.values()) <= 0.2 * len(cells)


def _num_words(cells: Sequence[Any]) -> float:
    """Return the mean number of words; 0 for a column that is not of texts."""
    texts = [cell for cell in cells if isinstance(cell, str) and to_number(cell) is None]
    return sum(len(text.split()) for text in texts) / len(cells) if len(texts) >= SHARE * len(cells) else 0.0


def _text_score(name: str, columns: Values) -> float:
    """Return how much a column looks like that of the texts: words in a row, more for its name and different rows."""
    cells = columns[name]
    different = len(set(map(str, cells))) / len(cells)
    return _num_words(cells) * different * (3.0 if _named(name, "text") else 1.0)
