"""`brandlens logo collect`: pictures from the network into a folder, ready to be labelled."""

import argparse
import sys
from pathlib import Path
from typing import Any

from brandlens.cli.arguments import fraction, positive_int
from brandlens.cli.parser import Commands, add_command
from brandlens.crawler.fetch.reasons import REASONS
from brandlens.errors import UserError, plural

PROVIDERS = ("openverse", "commons", "web", "urls", "folder")

DESCRIPTION = """Collect pictures that show a logo, and others that do not.

QUERY is what to search for, at one provider or several:
  openverse  openly licensed pictures; faster when OPENVERSE_CLIENT_ID and OPENVERSE_CLIENT_SECRET are set
  commons    Wikimedia Commons
  web        general image search; licences unknown
  urls       QUERY is a file of picture addresses: text, or CSV with a column url
  folder     QUERY is a folder of pictures
DIR gets pictures/ to draw boxes in, negatives/, a manifest (Parquet and CSV) with the origin and licence of each, and
ATTRIBUTION.md. An interrupted run resumes when the same command is given again; other queries add to DIR."""

EXAMPLES = (
    'brandlens logo collect "acme mug" --negative mug --out acme',
    "brandlens logo collect photos --provider folder --out mine",
)
EXIT_CODES = "Exit codes: 0 success, 1 too few pictures fetched or a search without results, 2 usage or input error."


def add_parser(commands: Commands) -> None:
    """Add the parser of `collect` to the commands."""
    parser = add_command(commands, "collect", "collect pictures from the network", DESCRIPTION, EXAMPLES, EXIT_CODES)
    parser.add_argument("queries", nargs="*", metavar="QUERY", help="what to search for")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to fill")
    parser.add_argument(
        "--negative", action="append", default=[], metavar="QUERY", help="search for pictures without the logo as well"
    )
    parser.add_argument(
        "--provider", action="append", choices=PROVIDERS, help="where to search, may be repeated; default: openverse"
    )
    parser.add_argument(
        "--limit", type=positive_int, default=200, metavar="N", help="pictures a search; default: %(default)s"
    )
    parser.add_argument("--contact", metavar="WHO", help="e-mail or web address that servers' owners can write to")
    parser.add_argument(
        "--retry",
        action="append",
        nargs="?",
        const="all",
        choices=("all", *REASONS),
        metavar="REASON",
        help="fetch again what failed, all or for one reason: " + ", ".join(REASONS),
    )
    parser.add_argument(
        "--min-success",
        type=fraction,
        default=0.5,
        metavar="FRACTION",
        help="lowest fraction of the requested pictures that must be fetched; default: %(default)s",
    )
    parser.add_argument(
        "--allow-network", action="append", default=[], metavar="NETWORK", help="private network to fetch from as well"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens logo collect` and return the exit code."""
    if arguments.retry and (arguments.queries or arguments.negative):
        raise UserError("--retry fetches again what failed, and searches nothing; leave out QUERY and --negative")
    if not all(query.strip() for query in [*arguments.queries, *arguments.negative]):
        raise UserError("an empty QUERY; say what to search for")
    crawler, registry, network = _import_crawler()
    allowed_networks = network.parse_networks(arguments.allow_network)
    names = list(dict.fromkeys(arguments.provider or ["openverse"]))
    queries = [(query, False) for query in arguments.queries] + [(query, True) for query in arguments.negative]
    options = crawler.CollectOptions(
        [(name, query, negative) for query, negative in dict.fromkeys(queries) for name in names],
        limit=arguments.limit,
        retry_reasons=REASONS if "all" in (arguments.retry or ()) else arguments.retry or (),
    )
    user_agent = crawler.fetcher.make_user_agent(arguments.contact)
    providers = {name: registry.PROVIDERS[name](user_agent, arguments.contact) for name in names} if queries else {}
    result = crawler.collect(
        arguments.out, options, providers, contact=arguments.contact, allowed_networks=allowed_networks
    )
    for message in result.search_errors:
        print(f"brandlens: {message}", file=sys.stderr)
    print_summary(arguments.out, result)
    too_few = result.success_ratio < arguments.min_success
    if too_few:
        print_too_few(arguments.out, result)
    return 1 if too_few or result.search_errors else 0


def _import_crawler() -> tuple[Any, Any, Any]:
    """Import the modules that need packages which running a model does not need."""
    try:
        from brandlens.crawler import run as crawler  # noqa: PLC0415
        from brandlens.crawler.fetch import network  # noqa: PLC0415
        from brandlens.crawler.providers import registry  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UserError(f'collecting pictures needs {error.name}; run: pip install "brandlens[collect]"') from None
    return crawler, registry, network


def print_summary(folder: Path, result: Any) -> None:
    """Print what is in the folder, and what to do next."""
    counts = result.status_counts
    num_failed, num_pending = counts["failed"], counts["pending"]
    parts = [f"{plural(counts['kept'], 'picture')}, {result.num_negatives:,} of them without the logo"]
    parts += [f"{plural(counts['duplicate'], 'duplicate')} left out"] if counts["duplicate"] else []
    if num_failed:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in result.reason_counts.most_common())
        parts.append(f"{num_failed:,} failed: {reasons}")
    parts += [f"{num_pending:,} more above the limit"] if num_pending else []
    print(f"{folder}: {'; '.join(parts)}")
    if counts["kept"] > result.num_negatives:
        file = folder / "annotations.xml"
        print(
            f"next: draw boxes around the logo: brandlens serve --label {folder}, in a browser; "
            f"or imglab -c {file} {folder / 'pictures'}, then imglab {file}"
        )


def print_too_few(folder: Path, result: Any) -> None:
    """Print on stderr why most pictures failed, and how to retry."""
    reason = result.reason_counts.most_common(1)[0][0]
    print(
        f"brandlens: only {result.success_ratio:.0%} of the requested pictures were fetched, most often because: "
        f"{REASONS[reason]}; to retry: brandlens logo collect --retry --out {folder}",
        file=sys.stderr,
    )
