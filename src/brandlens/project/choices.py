"""A choice for a project: a key of params.yaml, its value, and why; and all choices of one side."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from brandlens.errors import plural
from brandlens.metrics.intervals import wilson

Given = Mapping[str, Any]  # values that the user has set, by key

EXPECTED = 0.9  # ratio that an interval is given for, before there is one to measure


@dataclass(frozen=True)
class Choice:
    """key: dotted, as in params.yaml. reason: a few words, which become the comment beside the key."""

    key: str
    value: Any
    reason: str

    def __str__(self) -> str:
        value = self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False)
        return f"{self.key}: {value}  # {self.reason}"


class ReviewCounts(NamedTuple):
    """Reviews that are trained on, and their mean number of tokens; as built, those of the built-in sample."""

    labelled: int = 3000
    unlabelled: int = 0
    mean_tokens: float = 15.0


@dataclass(frozen=True)
class Side:
    """What a side of a project is to have.

    choices: for params.yaml. sources: files that its collect stage reads, as params.yaml names them. notes: what is to
    be known besides. num_brands, reviews: what the time of the first run is estimated from.
    """

    choices: list[Choice]
    sources: list[str]
    notes: list[str] = field(default_factory=list)
    num_brands: int = 1
    reviews: ReviewCounts = field(default_factory=ReviewCounts)


def describe_interval(noun: str, count: int) -> str:
    """Return how exact a test split of so many logos or reviews will be."""
    if not count:
        return f"test split: no {noun}, so that nothing can be measured; add more"
    low, high = wilson(EXPECTED, count)
    few = ": too few to compare models by; add more for that" if high - low > 0.15 else ""
    return (
        f"test split: about {plural(count, noun)}; a ratio of {EXPECTED} will have the 95 % interval {low:.2f} to "
        f"{high:.2f}{few}"
    )


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names with commas, the first few and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
