"""`brandlens logo collect`: pictures from the network into a folder, ready to be labelled."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from brandlens.cli.arguments import fraction
from brandlens.crawler.fetch.reasons import REASONS
from brandlens.errors import UserError

PROVIDERS = ("openverse", "commons", "web", "urls", "folder")

COLLECT = """Collect pictures that show a logo, and others that do not.

QUERY is what to search for, at one provider or several:
  openverse  openly licensed pictures; it answers faster when OPENVERSE_CLIENT_ID and OPENVERSE_CLIENT_SECRET are set
  commons    Wikimedia Commons
  web        general image search; licences unknown
  urls       QUERY is a file of picture addresses: text, or CSV with a column url
  folder     QUERY is a folder of pictures
DIR gets pictures/ to draw boxes in, negatives/, a manifest (Parquet and CSV) with the origin and licence of each, and
ATTRIBUTION.md. A run that was stopped goes on when the same command is given again; other queries add to DIR."""

EXIT = "Exit codes: 0 all done, 1 too few pictures came or a search brought nothing, 2 nothing could be done."


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `collect` into the parser."""
    collect = commands.add_parser(
        "collect",
        help="collect pictures from the network",
        description=COLLECT,
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    collect.add_argument("queries", nargs="*", metavar="QUERY", help="what to search for")
    collect.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to fill")
    collect.add_argument(
        "--negative", action="append", default=[], metavar="QUERY", help="search for pictures without the logo as well"
    )
    collect.add_argument(
        "--provider", action="append", choices=PROVIDERS, help="whom to ask, may be repeated; default: openverse"
    )
    collect.add_argument(
        "--limit", type=count, default=200, metavar="N", help="pictures a search; default: %(default)s"
    )
    collect.add_argument("--contact", metavar="WHO", help="e-mail or web address that servers' owners can write to")
    collect.add_argument(
        "--retry",
        action="append",
        nargs="?",
        const="all",
        choices=("all", *REASONS),
        metavar="REASON",
        help="ask again for what was refused, all or for one reason: " + ", ".join(REASONS),
    )
    collect.add_argument(
        "--enough", type=fraction, default=0.5, metavar="SHARE", help="of pictures that must come; default: %(default)s"
    )
    collect.add_argument(
        "--allow", action="append", default=[], metavar="NETWORK", help="private network to fetch from all the same"
    )
    collect.set_defaults(run=run)


def count(word: str) -> int:
    """A whole number above 0, for argparse."""
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{word} is not at least 1")
    return number


def run(arguments: argparse.Namespace) -> int:
    """`brandlens logo collect`; returns the exit code."""
    if arguments.retry and (arguments.queries or arguments.negative):
        raise UserError("--retry asks again for what was refused, and searches nothing; leave out QUERY and --negative")
    if not all(query.strip() for query in [*arguments.queries, *arguments.negative]):
        raise UserError("an empty QUERY; say what to search for")
    run_module, registry, network = _parts()
    allowed = network.networks(arguments.allow)
    names = list(dict.fromkeys(arguments.provider or ["openverse"]))
    queries = [(query, False) for query in arguments.queries] + [(query, True) for query in arguments.negative]
    options = run_module.CollectOptions(
        [(name, query, negative) for query, negative in dict.fromkeys(queries) for name in names],
        limit=arguments.limit,
        retry=REASONS if "all" in (arguments.retry or ()) else arguments.retry or (),
    )
    user_agent = run_module.fetcher.agent(arguments.contact)
    asked = {name: registry.PROVIDERS[name](user_agent, arguments.contact) for name in names} if queries else {}
    result = run_module.collect(arguments.out, options, asked, contact=arguments.contact, allowed=allowed)
    return summary(arguments.out, result, arguments.enough)


def _parts() -> tuple[Any, Any, Any]:
    """The modules that do it, which need packages that running a model does without."""
    try:
        from brandlens.crawler import run as run_module  # noqa: PLC0415
        from brandlens.crawler.fetch import network  # noqa: PLC0415
        from brandlens.crawler.providers import registry  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UserError(f'collecting pictures needs {error.name}; run: pip install "brandlens[collect]"') from None
    return run_module, registry, network


def summary(folder: Path, result: Any, enough: float) -> int:
    """Say what is in the folder, and what to do next; the exit code."""
    there, refused = result.statuses, result.statuses["refused"]
    parts = [f"{_many(there['kept'], 'picture')}, {result.negatives:,} of them without the logo"]
    parts += [f"{_many(there['duplicate'], 'duplicate')} left out"] if there["duplicate"] else []
    parts += [f"{refused:,} refused: {_listed(result.reasons)}"] if refused else []
    parts += [f"{there['waiting']:,} more not asked for yet"] if there["waiting"] else []
    print(f"{folder}: {'; '.join(parts)}")
    if there["kept"] > result.negatives:
        file = folder / "annotations.xml"
        print(f"next: draw boxes around the logo: imglab -c {file} {folder / 'pictures'}, then imglab {file}")
    if result.share < enough:
        worst = result.reasons.most_common(1)[0][0]
        print(
            f"brandlens: only {result.share:.0%} of the pictures asked for came, mostly because: {REASONS[worst]}; "
            f"to ask again: brandlens logo collect --retry --out {folder}",
            file=sys.stderr,
        )
    return 1 if result.share < enough or result.troubles else 0


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _listed(reasons: Counter[str]) -> str:
    return ", ".join(f"{number:,} {reason}" for reason, number in reasons.most_common())
