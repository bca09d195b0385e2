"""The sentiment side of a project: look at tables of reviews, and choose."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from brandlens.config import Config
from brandlens.config.sentiment import Files, check_labels
from brandlens.datasets import tables
from brandlens.datasets.import_reviews import import_reviews
from brandlens.datasets.reviews import UNLABELLED, Review, find_labels
from brandlens.datasets.split_reviews import split_reviews
from brandlens.errors import UserError
from brandlens.project import choose_sentiment, look_reviews, params_file
from brandlens.project.choices import Choice, Given, ReviewCounts, Side, describe_interval
from brandlens.project.columns import label_words
from brandlens.project.look_reviews import Reviews, Table
from brandlens.project.questions import Questions

MAX_TRIED = 20_000  # reviews that are split on trial, to count the test split and to find out that there is none


def from_tables(
    paths: Sequence[Path], name_of: Callable[[Path], str], questions: Questions, defaults: Config, given: Given
) -> Side:
    """Look at tables and choose. name_of: a path as params.yaml is to have it.

    Raises UserError, after the findings, for tables that the stage could not use.
    """
    found = [read_table(path, given) for path in paths]
    for table in found:
        for line in table.describe():
            print(line)
    files = look_reviews.files_by_split(found)
    labelled = look_reviews.labelled_tables(found)
    text = ask_text(labelled[0], questions, given)
    named = {split: [name_of(path) for path in members] for split, members in files.items()}
    known = defaults.sentiment.collect.files.columns
    labels = dict(given).get("sentiment.collect.labels")
    choices = [*choose_sentiment.table_files(named), *choose_sentiment.table_columns(labelled, text, known, labels)]
    if unsure := [table for table in labelled if table.roles and not table.roles.sure]:
        choices = ask_label(unsure[0], questions, choices)
    params = params_file.parse({choice.key: choice.value for choice in choices} | dict(given))
    seen = check(with_files(params.sentiment.collect.files, files), params)
    choices += choose_sentiment.model(seen)
    choices += choose_sentiment.max_length(seen, defaults.sentiment.train.bilstm.max_length)
    sources = [name for names in named.values() for name in names]
    return Side(choices, sources, _notes(seen), reviews=_count(seen))


def read_table(path: Path, given: Given) -> Table:
    """Read a table; the user's own options go before what its columns look like."""
    table = look_reviews.read_table(path, given.get(f"{choose_sentiment.FILES}.columns.encoding"))
    chosen = {key.rpartition(".")[2]: value for key, value in given.items() if key.startswith(choose_sentiment.FILES)}
    roles: dict[str, Any] = {
        name: chosen[name] for name in ("text", "label", "rating", "id", "group", "split") if name in chosen
    }
    if missing := [name for name in roles.values() if name is not None and name not in table.values]:
        raise UserError(f'{path}: no column "{missing[0]}"; there are: {", ".join(table.values)}')
    if not table.num_rows:
        raise UserError(f"{path}: no rows; name a table of reviews")
    if table.roles is None:
        if "text" not in roles:
            hint = tables.TITLE_HINT if "" in table.values else ""
            raise UserError(f"{path}: no column with texts; there are: {', '.join(table.values) or 'none'}{hint}")
        return replace(table, roles=look_reviews.Roles(**roles, texts=(roles["text"],)))
    if "text" in roles:
        roles["texts"] = (roles["text"],)
    if roles.get("rating") and "label" not in roles:
        roles["label"] = None
    if roles.get("label"):
        positive, negative, neutral = label_words(table.values[roles["label"]])
        roles |= {"positive": positive, "negative": negative, "neutral": neutral, "sure": True}
    for name in ("positive", "negative", "neutral"):
        if f"{name}_labels" in chosen:
            roles |= {name: tuple(chosen[f"{name}_labels"]), "sure": True}
    return replace(table, roles=replace(table.roles, **roles))


def ask_text(table: Table, questions: Questions, given: Given) -> str:
    """Return the column of the texts; where two may be it, the user is asked."""
    roles = table.roles
    if roles is None:
        raise UserError(f"{table.path}: no column with texts")
    if len(roles.texts) == 1 or f"{choose_sentiment.FILES}.columns.text" in given:
        return roles.text
    return questions.choose(f"{table.path.name}: which column is the review?", roles.texts, roles.text)


def ask_label(table: Table, questions: Questions, choices: list[Choice]) -> list[Choice]:
    """Return the choices after the user was asked whether a column with plain values, as yes and no, is the label."""
    roles = table.roles
    values = f"{', '.join(roles.positive)} for positive and {', '.join(roles.negative)} for negative" if roles else ""
    question = f'{table.path.name}: does column "{roles.label if roles else ""}" say what reviews are ({values})?'
    if questions.choose(question, ["yes", "no"], "no") == "yes":
        return choices
    raise UserError(
        f'{table.path}: column "{roles.label if roles else ""}" may be something else than what reviews are; if it is '
        f"that, say --set {choose_sentiment.FILES}.columns.label=NAME with its name, or that of another"
    )


def with_files(files: Files, paths: Mapping[str, Sequence[Path]]) -> Files:
    """Return the config with other files, by split."""
    train, val, test, unlabelled = (tuple(map(str, paths[split])) for split in ("train", "val", "test", "unlabelled"))
    return replace(files, train=train, val=val, test=test, unlabelled=unlabelled)


def check(files: Files, params: Config) -> Reviews:
    """Read the reviews as stage sentiment-collect does, and print what is in them. Raises UserError as it does."""
    collect = params.sentiment.collect
    reviews = import_reviews(files, collect.labels)
    labels = collect.labels or find_labels(reviews)
    check_labels(params.sentiment, labels)
    if len(reviews) <= MAX_TRIED:
        kept, _ = split_reviews(reviews, collect.split_ratios, collect.dedup_jaccard, params.seed, labels)
    else:
        kept = list(_as_if_split(reviews, files, collect.split_ratios))
    for line in look_reviews.count(reviews, labels).describe():
        print(line)
    return look_reviews.count(kept, labels)


def _as_if_split(reviews: Sequence[Review], files: Files, ratios: tuple[float, float, float]) -> Iterator[Review]:
    """Yield reviews with splits in about the numbers that they will be split by."""
    step = round(1 / ratios[2]) if ratios[2] else 0
    for index, review in enumerate(reviews):
        is_test = not files.test and review.split == "train" and step and index % step == 0
        yield review._replace(split="test") if is_test else review


def added(
    paths: Sequence[Path], name_of: Callable[[Path], str], path_of: Callable[[str], Path], current: Config
) -> Side:
    """Choose for tables that a project gets besides those that it has; all other keys stay as they are.

    path_of: a file by its name in params.yaml.
    """
    files = current.sentiment.collect.files
    columns = files.columns
    named: dict[str, list[str]] = {split: list(getattr(files, split)) for split in look_reviews.SPLIT_WORDS}
    for path in paths:
        table = look_reviews.read_table(path, columns.encoding)
        for line in table.describe():
            print(line)
        is_labelled = (columns.label or columns.rating) in table.values
        split = "train" if is_labelled else "unlabelled"
        if name_of(path) not in named[split]:
            named[split].append(name_of(path))
    seen = check(with_files(files, {split: list(map(path_of, names)) for split, names in named.items()}), current)
    choices = [
        Choice(f"{choose_sentiment.FILES}.{split}", names, f"with {paths[-1].name}")
        for split, names in named.items()
        if names != list(getattr(files, split))
    ]
    return Side(choices, [name for names in named.values() for name in names], _notes(seen))


def _notes(seen: Reviews) -> list[str]:
    return [describe_interval("review", seen.num_test), *choose_sentiment.notes(seen)]


def _count(seen: Reviews) -> ReviewCounts:
    num_labelled = sum(seen.label_count(label, "train") for label in seen.labels)
    mean_tokens = 1.3 * sum(seen.num_words) / max(len(seen.num_words), 1)  # punctuation marks are tokens too
    return ReviewCounts(num_labelled, seen.counts["unlabelled", UNLABELLED], mean_tokens)
