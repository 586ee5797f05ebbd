"""`homestream demo`: makes a small library of generated, freely licensed music to try."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from homestream.commands import progress
from homestream.config import Config
from homestream.demo import make

if TYPE_CHECKING:
    from homestream.commands import Subparsers


def register(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "demo", parents=[common], help="make a library of generated music", description=__doc__
    )
    command.add_argument("folder", metavar="FOLDER", type=Path, help="where to put it")
    command.set_defaults(command=demo)


def demo(arguments: argparse.Namespace, config: Config) -> int:
    make_with_progress(arguments.folder.absolute())
    return 0


def make_with_progress(folder: Path) -> None:
    with progress.shown("Making demo music") as show:
        make.library(folder, progress=show)
