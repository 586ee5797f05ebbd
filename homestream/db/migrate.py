"""Numbered SQL migrations, each one transaction; `PRAGMA user_version` says which was the last."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from homestream.errors import Damaged

PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 30000",
    "PRAGMA temp_store = MEMORY",
)


def migrations() -> list[tuple[int, str]]:
    """All migrations as (number, SQL), in order."""
    return [(int(file.name[:4]), file.read_text()) for file in _files()]


def prepare(path: Path) -> int:
    """Makes or migrates the database; its version. Damaged when it is broken or too new."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30.0)) as connection:
            path.chmod(0o600)
            for pragma in PRAGMAS:
                connection.execute(pragma)
            return _migrate(connection)
    except sqlite3.DatabaseError as error:
        raise Damaged(f"database {path} cannot be used: {error}") from error


def _files() -> list[Path]:
    return sorted(Path(__file__).with_name("migrations").glob("[0-9]*.sql"))


def _migrate(connection: sqlite3.Connection) -> int:
    newest = int(_files()[-1].name[:4])
    if _version(connection) == newest:
        return newest
    for number, sql in migrations():
        at = _version(connection)
        if at > newest:
            raise Damaged(
                f"database has schema {at}, this homestream knows {newest}: use a newer homestream"
            )
        if number <= at:
            continue
        _run(connection, number, sql)
    return _version(connection)


def _run(connection: sqlite3.Connection, number: int, sql: str) -> None:
    """Runs one script, unless another start was sooner: that is asked behind the write lock, which
    every script takes with its first words."""
    statements = _statements(sql.replace("BEGIN;", "BEGIN IMMEDIATE;", 1))
    connection.execute(next(statements))
    try:
        if _version(connection) < number:
            for statement in statements:
                connection.execute(statement)
    finally:
        if connection.in_transaction:
            connection.rollback()


def _statements(sql: str) -> Iterator[str]:
    """The statements of a script, of which each ends its line."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
