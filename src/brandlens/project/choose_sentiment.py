"""What suits tables of reviews: one function a choice, each from what was seen. Figures: docs/results.md."""

import math
from collections.abc import Iterator, Mapping, Sequence

from brandlens.config.sentiment import Columns
from brandlens.datasets.reviews import NEGATIVE, NEUTRAL, POSITIVE
from brandlens.errors import UserError
from brandlens.project import columns
from brandlens.project.choices import Choice, listed
from brandlens.project.columns import NO_LABEL, Roles, normalized
from brandlens.project.look_reviews import Reviews, Table

FILES = "sentiment.collect.files"
MANY_REVIEWS = 10_000  # with a label, from which the settings of the Large Movie Review Dataset are taken
FEW_NEUTRAL = 20  # neutral rows among those looked at, below which they make no label of their own
FEW_REVIEWS = 200  # of a label, below which a network has little to learn from


def table_files(files: Mapping[str, Sequence[str]]) -> Iterator[Choice]:
    """Yield which tables are read for what. files: by split, as params.yaml is to have them."""
    yield Choice("sentiment.collect.source", "files", "your own tables")
    reasons = {
        "train": "val and test are split from it, near-duplicates together", "val": "by the name of the file",
        "test": "by the name of the file", "unlabelled": "no labels: for the word vectors and self-training",
    }  # fmt: skip
    for split, names in files.items():
        if names:
            given = split == "train" and bool(files["val"] or files["test"])
            yield Choice(f"{FILES}.{split}", list(names), "by the name of the file" if given else reasons[split])


def table_columns(
    tables: Sequence[Table], text: str, known: Columns, labels: Sequence[str] | None = None
) -> Iterator[Choice]:
    """Yield which columns are read. tables: those with labels. Raises UserError where they disagree.

    text: name of the column of the texts. known: the defaults, whose words for labels need not be written. labels:
    those that the user has named, if any.
    """
    roles = [table.roles for table in tables if table.roles]
    first = roles[0]
    yield Choice(f"{FILES}.columns.text", text, "the column with the longest texts")
    for table, other in zip(tables, roles, strict=True):
        same = other.label == first.label and (first.label or other.rating == first.rating)
        if text not in table.values or not same:
            raise UserError(
                f"{table.path} and {tables[0].path} have different columns: text {other.text}, label {other.label}, "
                f"rating {other.rating} against {first.text}, {first.label}, {first.rating}; rename the columns"
            )
    if first.label:
        yield Choice(f"{FILES}.columns.label", first.label, "its values are labels")
        if labels is None or not is_own(labels):
            yield from label_words(tables, first, known, labels)
    else:
        yield Choice(f"{FILES}.columns.label", None, "no column of labels: the stars are read")
        yield Choice(f"{FILES}.columns.rating", first.rating, "its values are stars")
        yield from rating_cutoffs(tables, first, labels)
    for role in ("id", "group", "split"):
        names = {getattr(other, role) for other in roles}
        if len(names) == 1 and (name := names.pop()):
            reasons = {"id": "different in every row", "group": "reviews of one thing stay in one split",
                       "split": "names the split of each row"}  # fmt: skip
            yield Choice(f"{FILES}.columns.{role}", name, reasons[role])


def is_own(labels: Sequence[str]) -> bool:
    """Return whether labels are others than negative, neutral and positive, so that tables have them by their names."""
    return not {NEGATIVE, POSITIVE} <= set(map(str.lower, map(str, labels)))


def label_words(
    tables: Sequence[Table], roles: Roles, known: Columns, labels: Sequence[str] | None = None
) -> Iterator[Choice]:
    """Yield which labels mean positive, negative and neutral, and how many rows may have none. known: the defaults."""
    cells = [normalized(cell) for table in tables for cell in table.values[str(roles.label)] if cell is not None]
    positive = sorted({word for table in tables if table.roles for word in table.roles.positive})
    negative = sorted({word for table in tables if table.roles for word in table.roles.negative})
    neutral = sorted({word for table in tables if table.roles for word in table.roles.neutral})
    has_unknown = not set(cells) <= {*positive, *negative, *neutral, *NO_LABEL, ""}
    if bool(positive) != bool(negative) and not has_unknown:
        kind, other = ("positive", "negative") if positive else ("negative", "positive")
        raise UserError(f'{tables[0].path}: column "{roles.label}" has {kind} labels only; add {other} reviews')
    if not (positive and negative):
        values = ", ".join(sorted({*cells} - {""}))
        raise UserError(
            f'{tables[0].path}: column "{roles.label}" has the values {values}; say what they '
            f"mean: --set '{FILES}.columns.positive_labels=[...]' --set '{FILES}.columns.negative_labels=[...]'; or "
            "classify by all of them: --set 'sentiment.collect.labels=[...]'"
        )
    own = {"positive": positive, "negative": [word for word in negative if word not in neutral], "neutral": neutral}
    if not all(set(words) <= set(getattr(known, f"{name}_labels")) for name, words in own.items()):
        for name, words in own.items():
            if words or name != "neutral":
                yield Choice(f"{FILES}.columns.{name}_labels", words, "the values in the column")
    num_neutral = sum(cell in neutral for cell in cells)
    if 0 < num_neutral < FEW_NEUTRAL and labels is None:
        yield Choice("sentiment.collect.labels", [NEGATIVE, POSITIVE], f"{num_neutral} neutral rows are left out")
    left_out = sum(cell in NO_LABEL for cell in cells) / max(len(cells), 1)
    if left_out:
        found = ", ".join(sorted({*cells} & {*NO_LABEL}))
        share = min(1.0, math.ceil(100 * left_out + 5) / 100)
        yield Choice(f"{FILES}.columns.max_bad_rows", share, f"rows labelled {found} are left out")


def rating_cutoffs(tables: Sequence[Table], roles: Roles, labels: Sequence[str] | None = None) -> Iterator[Choice]:
    """Yield which stars there are, from how many on a review is positive, and up to how many it is negative.

    labels: those that the user has named, if any: of numbers, stars are labels themselves.
    """
    cells = [cell for table in tables for cell in table.values[str(roles.rating)] if cell is not None]
    numbers = [number for number in map(columns.to_number, cells) if number is not None and not math.isnan(number)]
    if not numbers:
        examples = listed(sorted({*map(str, cells)} - {""}), 2)
        raise UserError(
            f'{tables[0].path}: column "{roles.rating}" has no numbers, but such as {examples}; '
            "write stars as numbers, such as 4 or 4.5"
        )
    low, high = columns.scale(numbers)
    yield Choice(f"{FILES}.columns.rating_scale", [low, high], "the scale that these stars are on")
    if labels is not None and is_own(labels):
        return
    if (found := columns.cutoffs(numbers)) is None:
        raise UserError(
            f'{tables[0].path}: column "{roles.rating}" has stars from {min(numbers):g} to {max(numbers):g}, all of '
            "one kind; add negative and positive reviews"
        )
    has_neutral = labels is not None and NEUTRAL in map(str.lower, labels)
    between = "neutral" if has_neutral else "left out"
    reason = (
        f"the outer thirds of {low:g} to {high:g} stars: {found[0]:g} or less is negative, {found[1]:g} or more "
        f"positive; those between are {between}"
    )
    yield Choice(f"{FILES}.columns.rating_cutoffs", list(found), reason)
    if has_neutral:
        yield Choice(f"{FILES}.columns.middle_ratings", "neutral", "neutral is among the labels")


def model(seen: Reviews) -> Iterator[Choice]:
    """Yield the size of the word vectors and of the network, and how long they are trained."""
    if seen.num_labelled < MANY_REVIEWS:
        return
    reason = f"{seen.num_labelled:,} labelled reviews, as measured on the Large Movie Review Dataset"
    train = "train.bilstm"
    values = {
        "embed.vector_size": 128, "embed.epochs": 3, "embed.min_count": 5, f"{train}.nb_log_ratio": 0.0,
        f"{train}.units": 128, f"{train}.batch_size": 128, f"{train}.epochs": 3,
    }  # fmt: skip
    for key, value in values.items():
        yield Choice(f"sentiment.{key}", value, reason)


def max_length(seen: Reviews, default: int) -> Iterator[Choice]:
    """Yield how many tokens are read of a review. default: as many as are read where nothing is chosen."""
    tokens = 1.3 * seen.length_at(0.95)  # punctuation and contractions are tokens of their own
    if tokens > default:
        length = int(min(800, 100 * math.ceil(tokens / 100)))
        yield Choice("sentiment.train.bilstm.max_length", length, "tokens of all but the longest reviews")


def notes(seen: Reviews) -> Iterator[str]:
    """Yield what is to be known and changes no key."""
    counts = {label: seen.label_count(label) for label in reversed(seen.labels)}
    for name, count in counts.items():
        if count < FEW_REVIEWS:
            yield f"only {count:,} {name} reviews: a network has little to learn from them; add more if you can"
    if min(counts.values()) and max(counts.values()) > 4 * min(counts.values()):
        rare = min(counts, key=lambda name: counts[name])
        yield f"{rare} reviews are rare: read their precision and recall in the report, not the accuracy"
    if seen.other_scripts > 0.5:
        yield "most letters are outside of a to z: words are split at spaces, which not every script has"
