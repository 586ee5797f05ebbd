"""`homestream scan`: looks through the libraries for what is new, changed, moved or gone.

Returns when everything can be browsed and played; with --all the background work (thumbnails,
the analysis of sounds) is done as well. Works with the server running or not; a scan that is
already running is joined.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import TYPE_CHECKING

import msgspec

from homestream import log, opening
from homestream.commands import progress
from homestream.config import Config
from homestream.library.scan import ScanResult
from homestream.workers.pool import Pool

if TYPE_CHECKING:
    from homestream.commands import Subparsers


def register(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "scan",
        parents=[common],
        help="look through the libraries for changes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--all", action="store_true", help="do the background work too")
    command.add_argument(
        "--json", action="store_true", help="end with one line of JSON on standard output"
    )
    command.set_defaults(command=scan)


def scan(arguments: argparse.Namespace, config: Config) -> int:
    os.umask(0o077)
    log.set_up("WARNING")
    with (
        opening.workers(config, warm=False) as pool,
        progress.shown("Scanning", quiet=arguments.json and not sys.stderr.isatty()) as show,
    ):
        result = asyncio.run(_scan(config, pool, all_stages=arguments.all, show=show))
    if arguments.json:
        print(msgspec.json.encode(_as_json(result)).decode())
    else:
        print(_in_words(result))
    return 0


async def _scan(config: Config, pool: Pool, *, all_stages: bool, show: progress.Show) -> ScanResult:
    async with (
        opening.database(config) as db,
        opening.scanner(config, db, pool, serving=False) as scanner,
    ):
        return await scanner.run(
            all_stages=all_stages,
            progress=lambda scan: show(scan.done, scan.found, scan.stage),
            analysed=lambda sound: show(
                sound.done, sound.total, "analysis is paused" if sound.paused else "analysing"
            ),
        )


def _as_json(result: ScanResult) -> dict[str, object]:
    """The line that scripts read."""
    rejected = [{"path": path, "reason": reason} for path, reason in result.rejected]
    return msgspec.structs.asdict(result) | {"rejected": rejected}


def _in_words(result: ScanResult) -> str:
    changes = ", ".join(
        f"{count} {word}"
        for word in ("added", "updated", "moved", "away")
        if (count := getattr(result, word))
    )
    lines = [
        f"{result.tracks} tracks on {result.albums} albums by {result.artists} artists "
        f"({changes or 'nothing changed'}) in {result.seconds:.1f} s"
    ]
    lines += [f"not taken: {path}: {reason}" for path, reason in result.rejected]
    return "\n".join(lines)
