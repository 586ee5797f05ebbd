"""The database: what is acknowledged is there, what failed leaves nothing, and nobody is stuck."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from homestream.db import connect, migrate
from homestream.db.connect import Database
from homestream.errors import Damaged

PUT = "INSERT INTO setting (key, value) VALUES (:key, :value)"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with connect.opened(tmp_path / "data" / "homestream.db") as opened:
        yield opened


async def keys(db: Database) -> list[str]:
    return [row["key"] for row in await db.rows("SELECT key FROM setting ORDER BY key")]


async def test_database_is_durable_checks_references_and_is_private(db: Database) -> None:
    async with db.write() as tx:
        settings = {
            name: (await tx.rows(f"PRAGMA {name}"))[0][0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert db.path.stat().st_mode & 0o077 == 0


async def test_error_inside_a_transaction_leaves_nothing_of_it(db: Database) -> None:
    async def twice() -> None:
        async with db.write() as tx:
            await tx.execute(PUT, {"key": "a", "value": "1"})
            await tx.execute(PUT, {"key": "a", "value": "2"})

    with pytest.raises(sqlite3.IntegrityError):
        await twice()
    with pytest.raises(ZeroDivisionError):
        await db.batch(lambda c: (c.execute(PUT, {"key": "b", "value": "1"}), 1 / 0))
    assert await keys(db) == []


async def test_batch_is_one_transaction_and_gives_back_its_result(db: Database) -> None:
    def work(connection: sqlite3.Connection) -> int:
        connection.executemany(PUT, [{"key": str(n), "value": ""} for n in range(3)])
        return int(connection.execute("SELECT count(*) FROM setting").fetchone()[0])

    assert await db.batch(work) == 3
    assert await keys(db) == ["0", "1", "2"]


async def test_writer_that_is_cancelled_anywhere_holds_nobody_up(db: Database) -> None:
    async def write(number: int) -> None:
        async with db.write() as tx:
            await tx.execute(PUT, {"key": f"{number:03}", "value": ""})

    for number in range(60):
        task = asyncio.create_task(write(number))
        for _ in range(number % 12):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    async with asyncio.timeout(10), db.write() as tx:
        await tx.execute(PUT, {"key": "last", "value": ""})
    assert (await keys(db))[-1] == "last"


async def test_readers_go_on_while_somebody_writes(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(PUT, {"key": "a", "value": ""})
        async with asyncio.timeout(5):
            assert await keys(db) == []
    assert await keys(db) == ["a"]


async def test_two_processes_may_write(db: Database) -> None:
    with closing(sqlite3.connect(db.path, timeout=10)) as other:
        other.execute(PUT, {"key": "other", "value": ""})
        ours = asyncio.create_task(db.batch(lambda c: c.execute(PUT, {"key": "us", "value": ""})))
        await asyncio.sleep(0)
        assert not ours.done()
        other.commit()
        async with asyncio.timeout(10):
            await ours
    assert await keys(db) == ["other", "us"]


async def test_many_starts_at_once_make_one_database(tmp_path: Path) -> None:
    path = tmp_path / "homestream.db"
    versions = await asyncio.gather(*(asyncio.to_thread(migrate.prepare, path) for _ in range(8)))
    assert set(versions) == {migrate.migrations()[-1][0]}


def test_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "homestream.db"
    migrate.prepare(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(Damaged, match="newer homestream"):
        migrate.prepare(path)


def test_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "homestream.db"
    path.write_bytes(b"my diary, which happens to have this name" * 100)
    with pytest.raises(Damaged, match="cannot be used"):
        migrate.prepare(path)
    assert path.read_bytes().startswith(b"my diary")


def test_migrations_are_numbered_upwards_and_set_their_number() -> None:
    found = migrate.migrations()
    numbers = [number for number, _ in found]
    assert numbers == sorted(set(numbers))
    for number, sql in found:
        assert f"PRAGMA user_version = {number};" in sql
        assert sql.count("BEGIN;") == 1
        assert sql.rstrip().endswith("COMMIT;")


async def test_closing_beside_one_who_writes_ends_every_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    path = tmp_path / "homestream.db"
    async with connect.opened(path) as db:
        async with db.write() as tx:
            await tx.execute("CREATE TABLE pair (a, b)")
            await tx.execute("CREATE INDEX pair_a ON pair (a)")
            await tx.execute("CREATE INDEX pair_b ON pair (b)")
            pairs = [{"a": number % 7, "b": number} for number in range(500)]
            await tx.execute_many("INSERT INTO pair VALUES (:a, :b)", pairs)
            # a choice between two indexes: what SQLite would like to know more about
            await tx.rows("SELECT * FROM pair WHERE a = 1 AND b = 2")
            assert await tx.rows("PRAGMA optimize(-1)")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    with closing(other):
        ours = [each for each in set(threading.enumerate()) - before if not each.daemon]
        workers = [each for each in ours if "_connection_worker_thread" in each.name]
        for each in workers:
            each.join(10)
        assert not any(each.is_alive() for each in workers)


async def test_version_changes_with_whatever_anybody_commits(db: Database) -> None:
    seen = [db.version()]
    assert db.version() == seen[0]
    async with db.write() as tx:
        await tx.execute(PUT, {"key": "a", "value": "1"})
    seen.append(db.version())
    await db.batch(lambda c: c.execute(PUT, {"key": "b", "value": "1"}).rowcount)
    seen.append(db.version())
    with closing(sqlite3.connect(db.path)) as other, other:
        other.execute(PUT, {"key": "c", "value": "1"})
        assert db.version() == seen[-1]  # not committed yet
    seen.append(db.version())
    assert len(set(seen)) == len(seen)
    with pytest.raises(ZeroDivisionError):
        await db.batch(lambda c: (c.execute(PUT, {"key": "d", "value": "1"}), 1 / 0))
    assert db.version() == seen[-1]


async def test_what_is_remembered_is_forgotten_with_a_write_that_comes_between(
    db: Database,
) -> None:
    async def count() -> int:
        return len(await keys(db))

    async def count_too_early() -> int:
        found = await count()
        async with db.write() as tx:
            await tx.execute(PUT, {"key": str(found), "value": "1"})
        return found

    assert await db.remembered("keys", count_too_early) == 0
    assert await db.remembered("keys", count) == 1
    assert await db.remembered("keys", count_too_early) == 1  # remembered


async def test_nothing_found_is_asked_again_and_what_is_remembered_is_bounded(
    db: Database,
) -> None:
    asked: list[int] = []

    async def note(number: int) -> int | None:
        asked.append(number)
        return number or None

    for _ in range(2):
        assert await db.remembered("none", lambda: note(0)) is None
    assert asked == [0, 0]
    for number in range(1, 5000):
        await db.remembered(number, lambda number=number: note(number))  # type: ignore[misc]
    assert len(db._remembered) <= 2000


async def test_statements_read_together_see_one_state(db: Database) -> None:
    def twice(connection: sqlite3.Connection) -> tuple[int, int]:
        first = connection.execute("SELECT COUNT(*) FROM setting").fetchone()[0]
        with closing(sqlite3.connect(db.path)) as other, other:
            other.execute(PUT, {"key": "b", "value": "1"})
        return first, connection.execute("SELECT COUNT(*) FROM setting").fetchone()[0]

    assert await db.read(twice) == (0, 0)
    assert await keys(db) == ["b"]
    with pytest.raises(ZeroDivisionError):
        await db.read(lambda c: 1 / 0)
    assert await db.read(lambda c: c.execute("SELECT key FROM setting").fetchone()["key"]) == "b"
