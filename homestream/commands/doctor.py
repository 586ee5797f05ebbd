"""`homestream doctor`: looks at everything the server needs, and says what to do about each fault.

Checks the configuration, the library folders, the data folder and its disk, the codecs, the
network and the database. Changes nothing. Exit status 1 when something keeps the server from
working.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from homestream import config as configuration
from homestream.config import Config
from homestream.db import migrate
from homestream.devices import advertise
from homestream.errors import Damaged
from homestream.library import health
from homestream.media import codecs

if TYPE_CHECKING:
    from homestream.commands import Subparsers

LITTLE_SPACE: Final = 1_000_000_000  # bytes
_MARKS: Final = {
    "ok": "[green]ok[/]     ",
    "advice": "[yellow]advice[/] ",
    "fault": "[red]fault[/]  ",
}


class Grade(StrEnum):
    OK = "ok"
    ADVICE = "advice"  # works, and could work better
    FAULT = "fault"  # keeps the server from working


class Finding(msgspec.Struct, frozen=True):
    subject: str
    grade: Grade
    says: str
    do: str = ""  # what to do about it


def register(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "doctor",
        parents=[common],
        help="check everything the server needs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--json", action="store_true", help="one JSON line for each finding")
    command.add_argument(
        "--example-config",
        action="store_true",
        help="print config.example.toml as this version reads it, and check nothing",
    )
    command.set_defaults(command=doctor)


def doctor(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.example_config:
        print(configuration.example(), end="")
        return 0
    findings = list(examine(config))
    if arguments.json:
        for finding in findings:
            print(msgspec.json.encode(finding).decode())
    else:
        from rich.console import Console

        console = Console(soft_wrap=True, highlight=False)
        for finding in findings:
            console.print(_MARKS[finding.grade], end="")
            console.print(f"{finding.subject}: {finding.says}", markup=False)
            if finding.do:
                console.print(f"        {finding.do}", markup=False)
    return int(any(finding.grade is Grade.FAULT for finding in findings))


def examine(config: Config) -> Iterator[Finding]:
    """Every finding, in the order in which a person would mend them."""
    checks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        _configuration,
        _data_folder,
        _database,
        _libraries,
        _codecs,
        _network,
    )
    for check in checks:
        yield from check(config)


def _configuration(config: Config) -> Iterator[Finding]:
    # an impossible configuration never gets here: loading it is an error of its own
    yield Finding("configuration", Grade.OK, "every key is known and possible")
    if config.encoders > 2 * (os.cpu_count() or 1):
        yield Finding(
            "configuration",
            Grade.ADVICE,
            f"{config.encoders} encoders on {os.cpu_count()} processors",
            "Set streaming.encoders to 0 for one on each processor.",
        )


def _data_folder(config: Config) -> Iterator[Finding]:
    folder = config.data_folder
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        yield Finding(
            "data folder",
            Grade.FAULT,
            f"{existing} cannot be written",
            f"Give it to the user that runs homestream (uid {os.getuid()}), or set data.path.",
        )
        return
    free = shutil.disk_usage(existing).free
    wanted = config.cache_bytes + LITTLE_SPACE
    if free < LITTLE_SPACE:
        yield Finding(
            "disk",
            Grade.FAULT,
            f"{_size(free)} are free at {folder}",
            "Make room, or set data.path to a folder on another disk.",
        )
    elif free < wanted:
        yield Finding(
            "disk",
            Grade.ADVICE,
            f"{_size(free)} are free at {folder}, the segment cache may take "
            f"{config.streaming.cache_size}",
            "Make room, or set streaming.cache_size lower.",
        )
    else:
        yield Finding("disk", Grade.OK, f"{_size(free)} are free at {folder}")


def _database(config: Config) -> Iterator[Finding]:
    path = config.data_folder / "homestream.db"
    if not path.exists():
        yield Finding("database", Grade.OK, "there is none yet; the first start makes it")
        return
    newest = migrate.migrations()[-1][0]
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            answer = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
            orphans = connection.execute("PRAGMA foreign_key_check").fetchone()
    except (sqlite3.DatabaseError, Damaged) as error:
        answer, version, orphans = str(error), 0, None
    if answer != "ok" or orphans is not None:
        yield Finding(
            "database",
            Grade.FAULT,
            f"{path} is damaged: {answer if answer != 'ok' else 'rows point to nothing'}",
            "Stop the server, keep a copy of the file, and put a backup in its place.",
        )
    elif version > newest:
        yield Finding(
            "database",
            Grade.FAULT,
            f"{path} has schema {version}, this homestream knows {newest}",
            "Use the newer homestream that wrote it.",
        )
    else:
        yield Finding("database", Grade.OK, f"{path} is whole (schema {version})")
        yield from _health(path)


def _health(path: Path) -> Iterator[Finding]:
    """What the last count said is wrong with the library."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            counted = connection.execute("SELECT kind, count FROM health WHERE count > 0")
            counts = {str(kind): int(count) for kind, count in counted}
    except sqlite3.DatabaseError:  # of an older schema: the server has not run since
        return
    serious = [each for each in health.CHECKS if each.serious and counts.get(each.kind)]
    others = [each for each in health.CHECKS if not each.serious and counts.get(each.kind)]
    for grade, checks in ((Grade.ADVICE, serious), (Grade.OK, others)):
        if checks:
            words = ", ".join(f"{each.title.lower()}: {counts[each.kind]:,}" for each in checks)
            do = "See Settings, Library health." if grade is Grade.ADVICE else ""
            yield Finding("library health", grade, words, do)


def _libraries(config: Config) -> Iterator[Finding]:
    if not config.library:
        yield Finding(
            "libraries",
            Grade.ADVICE,
            "no folder is configured",
            "Choose one in the set-up page, or write a [[library]] into the configuration.",
        )
    for library in config.library:
        yield _library(library.name, Path(library.path))


def _library(name: str, path: Path) -> Finding:
    subject = f"library {name}"
    if not path.is_dir():
        return Finding(
            subject,
            Grade.FAULT,
            f"{path} is not there" if not path.exists() else f"{path} is not a folder",
            "Mount the disk, or correct library.path.",
        )
    if not os.access(path, os.R_OK | os.X_OK):
        return Finding(
            subject,
            Grade.FAULT,
            f"{path} cannot be read",
            f"Let the user that runs homestream (uid {os.getuid()}) read it.",
        )
    if not any(path.iterdir()):
        return Finding(
            subject, Grade.ADVICE, f"{path} is empty", "Is the disk mounted? Put music into it."
        )
    return Finding(subject, Grade.OK, f"{path} can be read")


def _codecs(config: Config) -> Iterator[Finding]:
    missing = codecs.missing()
    if missing:
        yield Finding(
            "codecs",
            Grade.FAULT,
            f"PyAV lacks {', '.join(missing)}",
            "Reinstall it from its wheel: pip install --force-reinstall av",
        )
    else:
        yield Finding("codecs", Grade.OK, codecs.summary())


def _network(config: Config) -> Iterator[Finding]:
    host, port = config.server.host, config.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            yield Finding(
                "network",
                Grade.ADVICE,
                f"port {port} at {host} is taken or not ours: {error.strerror}",
                "If that is homestream itself, all is well; otherwise set server.port.",
            )
        else:
            yield Finding("network", Grade.OK, f"port {port} at {host} is free")
    reached = advertise.addresses(host)
    if not reached:
        yield Finding(
            "network",
            Grade.ADVICE,
            "this machine has no address on a network",
            "Only this machine can reach the server until it is connected.",
        )
    elif config.discovery.enabled:
        yield Finding("network", Grade.OK, f"announced at {', '.join(reached)}")


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
