"""`brandlens completion`: commands and options completed by the shell."""

import argparse
from collections.abc import Sequence

from brandlens.cli.parser import Commands, add_command
from brandlens.errors import UserError

SHELLS = ("bash", "zsh", "fish")

DESCRIPTION = """Print what makes a shell complete commands, options and file names of brandlens.

  bash  put into ~/.bashrc:   eval "$(brandlens completion bash)"
  zsh   put into ~/.zshrc, after compinit:   eval "$(brandlens completion zsh)"
  fish  run once:   brandlens completion fish > ~/.config/fish/completions/brandlens.fish"""

EXAMPLES = ("brandlens completion bash", "brandlens completion fish")
EXIT_CODES = "Exit codes: 0 success, 2 usage error."


def add_parser(root: Commands, _: Sequence[str] = ()) -> None:
    """Add the command `completion` to the parser."""
    parser = add_command(
        root, "completion", "complete commands in bash, zsh and fish", DESCRIPTION, EXAMPLES, EXIT_CODES
    )
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens completion` and return the exit code."""
    try:
        import argcomplete  # noqa: PLC0415, only completion needs it
    except ModuleNotFoundError:
        raise UserError("completion needs argcomplete; run: pip install argcomplete") from None
    print(argcomplete.shellcode(["brandlens"], shell=arguments.shell))
    return 0
