"""`brandlens init`: look, choose, write."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from brandlens import config
from brandlens.config import Config
from brandlens.datasets.tables import has_surrogates
from brandlens.errors import ParamsError, UserError
from brandlens.project import files, logo_side, minutes, params_file, readme, sentiment_side, stages
from brandlens.project.choices import Choice, Side
from brandlens.project.devices import Devices
from brandlens.project.questions import Questions


@dataclass(frozen=True)
class Options:
    """What the user says. changes: "KEY=VALUE" for params.yaml. full: write every key of it."""

    folder: Path
    pictures: Sequence[Path] = ()
    reviews: Sequence[Path] = ()
    logos: Sequence[str] = ()
    changes: Sequence[str] = ()
    full: bool = False
    allow_issues: bool = False

    def name_of(self, path: Path) -> str:
        """Return a path as params.yaml is to have it: from the project's folder, or absolute where it was given so."""
        name = path if path.is_absolute() else Path(os.path.relpath(path.absolute(), self.folder.absolute()))
        if has_surrogates(str(name)):
            raise UserError(f"{path}: its name is no valid text, which params.yaml could not hold; rename it")
        return name.as_posix()

    def check_names(self) -> None:
        """Raise UserError for a file whose name params.yaml could not hold."""
        for path in [*self.pictures, *self.reviews]:
            self.name_of(path)

    def path_of(self, name: str) -> Path:
        """Return the file that params.yaml names."""
        return Path(os.path.normpath(self.folder / name))


def make(options: Options, questions: Questions) -> None:
    """Make a project. Raises UserError, with nothing written, for what cannot be used."""
    options.check_names()
    if options.pictures and options.logos:
        raise UserError("--pictures and --logo are both given: ten labelled pictures are worth more; leave --logo out")
    files.check_free(options.folder, files.scripts(stages.SIDES) | files.settings())
    files.check_dvc()
    given = parse_changes(options.changes)
    defaults = config.parse(config.defaults(), {})
    with Devices() as devices:
        sides = _look(options, questions, defaults, given, devices)
        choices = _choices(sides, given)
        params = params_file.parse({choice.key: choice.value for choice in choices})
        print()
        for choice in choices:
            print(choice)
        estimate, notes = _expect(sides, params, devices)
    contents = render(options, sides, choices, estimate, notes)
    files.write_new(options.folder, contents)
    for note in notes:
        print(note)
    print(f"\n{options.folder}: a project; go on with:\n  cd {options.folder}\n  dvc repro    # about {estimate}")


def _look(
    options: Options, questions: Questions, defaults: Config, given: dict[str, Any], devices: Devices
) -> dict[str, Side]:
    sides: dict[str, Side] = {}
    if options.pictures:
        sides["logo"] = logo_side.from_pictures(
            options.pictures, options.name_of, questions, defaults, given,
            has_accelerator=devices.has_accelerator, allow_issues=options.allow_issues,
        )  # fmt: skip
    elif options.logos:
        sides["logo"] = logo_side.from_logo_files(options.logos, options.name_of)
    if options.reviews:
        sides["sentiment"] = sentiment_side.from_tables(options.reviews, options.name_of, questions, defaults, given)
    if sides:
        return sides
    print("neither --pictures nor --logo nor --reviews is given: the built-in sample, to try things on")
    return {name: Side([], [stages.SAMPLES[name]]) for name in stages.SIDES}


def _choices(sides: dict[str, Side], given: dict[str, Any]) -> list[Choice]:
    """Return the sides' choices; what the user has set goes before them."""
    chosen = [choice for side in sides.values() for choice in side.choices if choice.key not in given]
    return chosen + [Choice(key, value, "as given") for key, value in given.items()]


def _expect(sides: dict[str, Side], params: Config, devices: Devices) -> tuple[str, list[str]]:
    """Return how long the first run will take, and what is to be known."""
    rate = minutes.measure()
    work, num_stages, models = 0.0, 1, []
    if "logo" in sides:
        work += minutes.logo(params, sides["logo"].num_brands)
        num_stages += 6
        logo = params.logo.train
        is_pretrained = logo.model == "one_stage" and logo.one_stage.backbone != "none"
        models.append(f"logo {logo.model}" + (", pretrained" if is_pretrained else ""))
    if "sentiment" in sides:
        work += minutes.sentiment(params, *sides["sentiment"].reviews)
        num_stages += 5
        models.append(f"sentiment {params.sentiment.train.model}")
    estimate = minutes.estimate(work, rate, num_stages)
    faster = "; the GPU takes less" if devices.has_accelerator() else ""
    faster += "; other programs are running, which make it longer" if minutes.is_busy() else ""
    notes = [note for side in sides.values() for note in side.notes]
    notes.append(devices.describe(models))
    notes.append(f"time: about {estimate} on this processor, which does {rate:.0f} GFLOP/s{faster}")
    return estimate, notes


def render(
    options: Options, sides: dict[str, Side], choices: Sequence[Choice], estimate: str, notes: Sequence[str]
) -> dict[str, bytes]:
    """Return the files of a project."""
    sources = {name: dependencies(options, side.sources) for name, side in sides.items()}
    dvc_yaml = stages.render(sides, sources)
    params = (
        params_file.render_full(choices)
        if options.full
        else params_file.render(choices, stages.tracked_params(dvc_yaml))
    )
    contents = files.scripts(sides) | files.settings()
    contents["dvc.yaml"] = dvc_yaml.encode()
    contents["params.yaml"] = params.encode()
    column = {choice.key: choice.value for choice in choices}.get("sentiment.collect.files.columns.text", "text")
    contents["README.md"] = readme.render(options.folder.absolute().name, sides, estimate, notes, str(column)).encode()
    sample = [name for name, side in sides.items() if side.sources == [stages.SAMPLES[name]]]
    return contents | files.samples(sample)


def dependencies(options: Options, sources: Sequence[str]) -> list[str]:
    """Return the sources that DVC is to watch.

    Without a folder that the project lies in, for it would depend on its own results, and what lies in another source.
    """
    folder = options.folder.absolute()
    watched = {name: path for name in sources if not folder.is_relative_to(path := options.path_of(name).absolute())}
    return [name for name, path in watched.items() if not set(path.parents) & set(watched.values())]


def parse_changes(changes: Sequence[str]) -> dict[str, Any]:
    """Return the values of "KEY=VALUE", the value as YAML. Raises ParamsError for no such key and for no YAML."""
    defaults = config.defaults()
    values = {}
    for change in changes:
        key, sign, text = change.partition("=")
        if not sign:
            raise ParamsError(f"--set {change}: write KEY=VALUE, such as logo.train.fcn.epochs=30")
        params_file.get(defaults, key.strip())
        try:
            values[key.strip()] = YAML(typ="safe").load(text)
        except YAMLError:
            raise ParamsError(f"--set {change}: the value is no YAML; quote it") from None
    return values


def update(options: Options) -> None:
    """Change a project as the user says, and nothing else. Raises UserError, with nothing written."""
    folder = options.folder
    options.check_names()
    if not files.is_project(folder):
        raise UserError(f"{folder}: no project (dvc.yaml and params.yaml); leave out --update to make one")
    if options.full:
        raise UserError("--full is for a new project; --update changes only what you name")
    given = parse_changes(options.changes)
    current = config.load(folder / "params.yaml")
    dvc_yaml = (folder / "dvc.yaml").read_text(encoding="utf-8")
    before = stages.sides_of(dvc_yaml)
    sides = dict(_additions(options, current, before, given))
    choices = _choices(sides, given)
    for choice in choices:
        print(choice)
    for note in (note for side in sides.values() for note in side.notes):
        print(note)
    names = [*before, *(name for name in sides if name not in before)]
    new_yaml = stages.extend(dvc_yaml, names, {n: dependencies(options, side.sources) for n, side in sides.items()})
    text = (folder / "params.yaml").read_text(encoding="utf-8")
    new_params = params_file.complete(params_file.change(text, choices), stages.tracked_params(new_yaml))
    params_file.check(new_params, folder / "params.yaml")
    contents = {name: data for name, data in files.scripts(names).items() if not (folder / name).exists()}
    contents |= {"params.yaml": new_params.encode(), "dvc.yaml": new_yaml.encode()}
    contents[stages.VERSION] = files.requirement().encode()
    changed = files.replace_files(folder, contents)
    for name in _changed_scripts(folder, names):
        print(
            f"{folder / name}: another than the one of this version, and kept; that one is {files.packaged.path(name)}"
        )
    print(
        f"{folder}: changed {', '.join(changed)}; go on with: dvc repro" if changed else f"{folder}: nothing to change"
    )


def _additions(
    options: Options, current: Config, before: Sequence[str], given: dict[str, Any]
) -> Iterator[tuple[str, Side]]:
    """Yield what each side gets that the user names something for."""
    questions = Questions(interactive=False)
    logo, sentiment = current.logo.collect, current.sentiment.collect
    if options.pictures and "logo" in before and logo.source == "scraped":
        raise UserError(f"{logo.annotations[0]}: label more pictures there, or collect more into its folder")
    if options.pictures and "logo" in before and logo.source == "folder":
        yield "logo", logo_side.added(options.pictures, options.name_of, options.path_of, current, options.allow_issues)
    elif options.pictures:
        with Devices() as devices:
            side = logo_side.from_pictures(
                options.pictures, options.name_of, questions, current, given,
                has_accelerator=devices.has_accelerator, allow_issues=options.allow_issues,
            )  # fmt: skip
        yield "logo", side
    if options.logos:
        if "logo" in before and logo.source not in ("sample", "synthetic"):
            raise UserError(f"{options.folder}: learns from labelled pictures; a logo file adds nothing to them")
        side = logo_side.from_logo_files(options.logos, options.name_of)
        yield "logo", logo_side.with_artwork(side, logo.synthetic.artwork if logo.source == "synthetic" else {})
    if options.reviews and "sentiment" in before and sentiment.source == "files":
        yield "sentiment", sentiment_side.added(options.reviews, options.name_of, options.path_of, current)
    elif options.reviews:
        yield "sentiment", sentiment_side.from_tables(options.reviews, options.name_of, questions, current, given)


def _changed_scripts(folder: Path, sides: Sequence[str]) -> list[str]:
    return [name for name, data in files.scripts(sides).items() if (folder / name).read_bytes() != data]
