"""The command line: what may be said, and what each mistake is answered with.

Exit status: 0 done, 1 a fault, 2 wrong use (an unknown option, an impossible configuration).
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from homestream import __version__, config
from homestream.errors import BadInput, ConfigError, HomestreamError

FAULT, WRONG_USE = 1, 2
COMMANDS = ("serve", "scan", "account", "token", "doctor", "demo")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; its exit status."""
    words = sys.argv[1:] if argv is None else argv
    # only what is asked for: to import all that serves takes longer than to scan a library
    named = [word for word in words if not word.startswith("-")][:1]
    arguments = parser([each for each in named if each in COMMANDS] or COMMANDS).parse_args(argv)
    try:
        return int(arguments.command(arguments, config.load(arguments.config, os.environ)))
    except (ConfigError, BadInput) as error:
        return _say(error, WRONG_USE)
    except HomestreamError as error:
        return _say(error, FAULT)
    except OSError as error:
        return _say(error, FAULT)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return FAULT


def parser(wanted: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The grammar of the wanted commands."""
    top = argparse.ArgumentParser(
        prog="homestream",
        description="A home media server for the family.",
        epilog="Every setting is described in config.example.toml; each is also an environment "
        "variable (HOMESTREAM_SERVER_PORT and so on).",
    )
    top.add_argument("--version", action="version", version=f"homestream {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        default=os.environ.get("HOMESTREAM_CONFIG") or None,
        help="configuration file (or HOMESTREAM_CONFIG)",
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in wanted:
        importlib.import_module(f"homestream.commands.{name}").register(commands, common)
    return top


def _say(error: Exception, status: int) -> int:
    print(f"homestream: {error}", file=sys.stderr)
    return status
