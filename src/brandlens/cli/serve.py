"""`brandlens serve`: the trained models as a service, with pages."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from brandlens import model_card
from brandlens.cli.arguments import positive_int
from brandlens.cli.parser import Commands, add_command
from brandlens.errors import UserError
from brandlens.serve import hosts
from brandlens.serve.settings import Settings

DESCRIPTION = """Run the trained models as a service, with pages to try them on: http://127.0.0.1:8000

Without --logo and --sentiment it takes the models in ./models that are there. Only this machine can reach it, unless
--host says otherwise; then it asks for a token. Stop it with Ctrl-C: requests in progress are answered."""

EXAMPLES = ("brandlens serve", "brandlens serve --logo models/logo --label photos/ --port 9000")
EXIT_CODES = "Exit codes: 0 stopped, 2 usage or input error."
TOKEN = "BRANDLENS_TOKEN"  # in the environment: other users of a machine see the command line
DEFAULTS = Settings()


def add_parser(root: Commands, _: Sequence[str] = ()) -> None:
    """Add the command `serve` to the parser."""
    parser = add_command(root, "serve", "run the models as a service, with pages", DESCRIPTION, EXAMPLES, EXIT_CODES)
    parser.add_argument("--logo", type=Path, metavar="DIR", help="model that detects logos; default: models/logo")
    parser.add_argument(
        "--sentiment", type=Path, metavar="DIR", help="model that scores reviews; default: models/sentiment"
    )
    parser.add_argument("--label", type=Path, metavar="FOLDER", help="pictures to draw boxes on, at /label")
    parser.add_argument("--host", default=DEFAULTS.host, help="address to listen on; default: %(default)s")
    parser.add_argument("--port", type=port, default=DEFAULTS.port, help="0: any that is free; default: %(default)s")
    parser.add_argument(
        "--token", help=f"that requests must carry (Authorization: Bearer); better in the environment, as {TOKEN}"
    )
    parser.add_argument("--no-token", action="store_true", help="let everyone use it who can reach --host")
    parser.add_argument(
        "--allowed-host", action="append", default=[], metavar="NAME", help="name of this service, as in its address"
    )
    limits = parser.add_argument_group("limits")
    for name, (kind, text) in LIMITS.items():
        limits.add_argument(
            f"--{name.replace('_', '-')}", type=kind, default=getattr(DEFAULTS, name), metavar="N",
            help=f"{text}; default: {getattr(DEFAULTS, name) or 'every core'}",
        )  # fmt: skip
    parser.set_defaults(run=run)


def port(word: str) -> int:
    """Parse the number of a port. Raises ArgumentTypeError, or ValueError when it is none."""
    number = positive_int(word, 0)
    if number > 65535:
        raise argparse.ArgumentTypeError(f"{word} is more than 65535")
    return number


def seconds(word: str) -> float:
    """Parse a time. Raises ArgumentTypeError, or ValueError when it is none."""
    number = float(word)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{word} is no number of seconds above 0")
    return number


LIMITS = {
    "threads": (positive_int, "pictures, and batches of texts, at once"),
    "max_body": (positive_int, "bytes of a request other than a table"),
    "max_table": (positive_int, "bytes of a table of reviews"),
    "max_pixels": (positive_int, "pixels of a picture"),
    "max_pictures": (positive_int, "pictures of a request"),
    "max_texts": (positive_int, "texts of a request"),
    "max_text": (positive_int, "characters of a text"),
    "max_terms": (positive_int, "terms of a request, synonyms counted"),
    "max_queue": (positive_int, "requests that wait or run"),
    "max_connections": (positive_int, "connections at once"),
    "max_seconds": (seconds, "seconds of a request's work, tables aside"),
    "body_seconds": (seconds, "seconds without a byte from or to a client"),
    "drain_seconds": (seconds, "seconds for requests in progress when it is stopped"),
}


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens serve` until it is stopped; return the exit code."""
    settings = make_settings(arguments)
    try:
        from brandlens.serve import server  # noqa: PLC0415, needs the extra
    except ImportError as error:
        if not error.name or error.name.partition(".")[0] == "brandlens":
            raise
        raise UserError(f"the service needs {error.name}; run: pip install 'brandlens[serve]'") from None
    server.run(settings, lambda line: print(line, file=sys.stderr, flush=True))
    return 0


def make_settings(arguments: argparse.Namespace) -> Settings:
    """Return what the command line asks for. Raises UserError where there is nothing to run, or no token."""
    token = os.environ.get(TOKEN) if arguments.token is None else arguments.token
    if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
        raise UserError("the token is empty, or has signs that a header cannot carry; take letters and digits")
    if token and arguments.no_token:
        raise UserError(f"--no-token and a token ({TOKEN} or --token) are both given; leave one out")
    if not token and not arguments.no_token and not hosts.is_loopback(arguments.host):
        raise UserError(
            f"--host {arguments.host} may be reached from other machines; give a --token, or say --no-token to let "
            "everyone in"
        )
    logo, sentiment = (find_model(side, getattr(arguments, side)) for side in ("logo", "sentiment"))
    if not (logo or sentiment or arguments.label):
        raise UserError("no model in ./models; name one with --logo or --sentiment, or train one with `dvc repro`")
    if arguments.label and not arguments.label.exists():
        raise UserError(f"--label {arguments.label}: no such folder or annotation file")
    limits = {name: getattr(arguments, name) for name in LIMITS}
    return Settings(
        logo, sentiment, arguments.label, arguments.host, arguments.port, token, tuple(arguments.allowed_host), **limits
    )


def find_model(side: str, folder: Path | None) -> Path | None:
    """Return the folder of a model: the one named, or models/SIDE if there is one."""
    default = Path("models", side)
    return folder or (default if (default / model_card.NAME).exists() else None)
