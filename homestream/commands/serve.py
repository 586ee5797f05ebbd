"""`homestream serve`: runs the server until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import TYPE_CHECKING

import msgspec

from homestream import log, run
from homestream.commands import demo
from homestream.config import Config, Library

if TYPE_CHECKING:
    from homestream.commands import Subparsers


def register(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "serve", parents=[common], help="run the server", description=__doc__
    )
    command.add_argument(
        "--demo",
        action="store_true",
        help="where no library is configured, make one of generated music and serve it",
    )
    command.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="which log lines to write (info)",
    )
    command.set_defaults(command=serve)


def serve(arguments: argparse.Namespace, config: Config) -> int:
    os.umask(0o077)  # what the server keeps is the household's alone
    log.set_up(arguments.log_level.upper())
    if arguments.demo and not config.library:
        folder = config.data_folder / "demo-music"
        demo.make_with_progress(folder)
        library = Library(name="Demo music", path=str(folder))
        config = msgspec.structs.replace(config, library=(library,))
    elif arguments.demo:
        named = ", ".join(library.name or library.path for library in config.library)
        print(f"  demo music  not made: a library is configured already ({named})", flush=True)
    with run.workers(config) as pool, asyncio.Runner(loop_factory=run.loop) as runner:
        runner.run(run.serve(config, pool))
    return 0
