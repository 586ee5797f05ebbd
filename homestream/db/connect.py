"""One SQLite file in WAL mode: one connection that writes, some that read, each with its thread.

Writes are synced before they are acknowledged (synchronous=FULL): what a person did is on disk
when they are told so. Other processes (the command line) may write at the same time; SQLite's own
lock orders them. `version` notices what any of them commits, so that what is asked with every
request can be remembered until then.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Hashable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite

from homestream.db import migrate

T = TypeVar("T")
Params = Mapping[str, Any]
_NONE: Params = {}
_MOST_REMEMBERED: Final = 2000
_KEPT_STATEMENTS: Final = 512  # ready to run, of each connection


class Transaction:
    """A connection while one caller has it. Parameters are named: `:id`, {"id": 12}."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, params: Params = _NONE) -> list[sqlite3.Row]:
        return list(await self._connection.execute_fetchall(sql, params))

    async def row(self, sql: str, params: Params = _NONE) -> sqlite3.Row | None:
        found = await self.rows(sql, params)
        return found[0] if found else None

    async def execute(self, sql: str, params: Params = _NONE) -> int:
        """Runs one statement; the number of rows it changed."""
        async with self._connection.execute(sql, params) as cursor:
            return cursor.rowcount

    async def insert(self, sql: str, params: Params = _NONE) -> int:
        """Runs one INSERT; the new row's id."""
        async with self._connection.execute(sql, params) as cursor:
            return cursor.lastrowid or 0

    async def execute_many(self, sql: str, params: Sequence[Params]) -> None:
        await self._connection.executemany(sql, params)


class Database:
    """The open database. Make it with `opened`."""

    def __init__(
        self,
        path: Path,
        writer: aiosqlite.Connection,
        readers: list[aiosqlite.Connection],
        watching: sqlite3.Connection,
    ) -> None:
        self.path = path
        self._watching = watching
        self._uncertain = 0
        self._remembered: dict[Hashable, object] = {}
        self._remembered_at = 0
        self._writer = writer
        self._writing = asyncio.Lock()
        self._readers = readers
        self._idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        for reader in readers:
            self._idle.put_nowait(reader)

    async def rows(self, sql: str, params: Params = _NONE) -> list[sqlite3.Row]:
        """One read on its own."""
        connection = await self._idle.get()
        try:
            return list(await connection.execute_fetchall(sql, params))
        finally:
            self._idle.put_nowait(connection)

    async def row(self, sql: str, params: Params = _NONE) -> sqlite3.Row | None:
        found = await self.rows(sql, params)
        return found[0] if found else None

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work` with a reading connection in its own thread, as one reading transaction.

        For several statements that belong together: they see one state of the database, and cost
        one hop between threads, which is more than most of them cost. `work` only reads.
        """

        def inside() -> T:
            with _one_state(connection._conn):
                return work(connection._conn)

        connection = await self._idle.get()
        try:
            # aiosqlite's own way into its thread; see docs/decisions/database.md
            result: T = await connection._execute(inside)  # type: ignore[no-untyped-call]
            return result
        finally:
            self._idle.put_nowait(connection)

    async def many(self, *asked: tuple[str, Params]) -> list[list[sqlite3.Row]]:
        """The rows of several statements, by `read`."""
        return await self.read(
            lambda connection: [connection.execute(sql, params).fetchall() for sql, params in asked]
        )

    def version(self) -> int:
        """Changes with everything that this or another process commits, at once.

        Asked in the loop: SQLite looks at the head of the write-ahead log, in memory that it
        shares with the others, and waits for nobody.
        """
        try:
            found = self._watching.execute("PRAGMA data_version").fetchall()
        except sqlite3.OperationalError:  # another process has it to itself
            self._uncertain += 1
            return -self._uncertain
        return int(found[0][0])

    async def remembered(self, key: Hashable, read: Callable[[], Awaitable[T | None]]) -> T | None:
        """What `read` gave since anybody last committed anything, or gives now.

        A None is not remembered: who guesses at keys leaves nothing behind.
        """
        version = self.version()
        if version != self._remembered_at or len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
            self._remembered_at = version
        known = self._remembered.get(key)
        if known is not None:
            return known  # type: ignore[return-value]
        found = await read()
        # read since `version` was: if it is of a later state, the next to ask sees another version
        if found is not None and version == self._remembered_at:
            self._remembered[key] = found
        return found

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """One transaction: committed and synced at the end, rolled back on any error."""
        async with self._writing:
            try:
                await _whole(self._writer.execute("BEGIN IMMEDIATE"))
                yield Transaction(self._writer)
                await _whole(self._writer.commit())
            except BaseException:
                await _whole(self._writer.rollback())
                raise

    async def batch(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work` with the writing connection in its own thread, as one transaction.

        For many small statements at once (a scan's batch), where a hop between threads for each
        would cost more than the statement.
        """

        def inside() -> T:
            connection = self._writer._conn
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            return result

        async with self._writing:
            # aiosqlite's own way into its thread; see docs/decisions/database.md
            result: T = await _whole(self._writer._execute(inside))  # type: ignore[no-untyped-call]
            return result

    async def close(self) -> None:
        """Closes every connection, whatever happens: the thread of one left open would keep the
        process from ending."""
        async with AsyncExitStack() as closing:
            closing.callback(self._watching.close)
            for connection in (self._writer, *self._readers):
                closing.push_async_callback(connection.close)
            async with self._writing:
                await self._optimize()

    async def _optimize(self) -> None:
        """Has SQLite look over what it knows of the tables, unless another process writes now."""
        with suppress(sqlite3.OperationalError):
            await self._writer.execute("PRAGMA busy_timeout = 0")
            await self._writer.execute("PRAGMA optimize")


@asynccontextmanager
async def opened(path: Path, *, readers: int = 3) -> AsyncIterator[Database]:
    """The database at `path`, made and migrated when needed; Damaged where it cannot be."""
    await asyncio.to_thread(migrate.prepare, path)
    async with AsyncExitStack() as failed:
        connections = []
        for _ in range(1 + readers):
            connections.append(await _connect(path))
            failed.push_async_callback(connections[-1].close)
        watching = await asyncio.to_thread(_watch, path)
        failed.pop_all()
    database = Database(path, connections[0], connections[1:], watching)
    try:
        yield database
    finally:
        await asyncio.shield(database.close())


async def _whole(work: Awaitable[T]) -> T:
    """Waits for `work` to its end, even when cancelled meanwhile: a transaction that was begun
    behind our back would hold whoever comes next."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


@contextmanager
def _one_state(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()


def _watch(path: Path) -> sqlite3.Connection:
    """A connection that only looks whether others wrote, and never waits."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode").fetchall()  # opens the log, which it does once
    except BaseException:
        connection.close()
        raise
    return connection


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(
        os.fspath(path), isolation_level=None, timeout=30.0, cached_statements=512
    )
    connection.row_factory = sqlite3.Row
    try:
        for pragma in migrate.PRAGMAS:
            await connection.execute(pragma)
    except BaseException:
        await connection.close()
        raise
    return connection
