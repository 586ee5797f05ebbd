"""A database that has each statement explained before it runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from homestream.db.connect import Database

Plan = list[tuple[bool, str]]  # whether at the top or deeper, and what is done


class Explaining:
    """Like the database, and notes in `plans` how SQLite goes about each statement."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.plans: list[Plan] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    async def read(self, work: Callable[[Any], Any]) -> Any:
        return await self._db.read(lambda connection: work(_Explained(connection, self.plans)))

    async def many(self, *asked: tuple[str, Any]) -> Any:
        return await self.read(
            lambda connection: [connection.execute(sql, params).fetchall() for sql, params in asked]
        )

    async def rows(self, sql: str, params: Any = ()) -> Any:
        return (await self.many((sql, params)))[0]

    async def row(self, sql: str, params: Any = ()) -> Any:
        rows = await self.rows(sql, params)
        return rows[0] if rows else None


class _Explained:
    def __init__(self, connection: sqlite3.Connection, plans: list[Plan]) -> None:
        self._connection = connection
        self._plans = plans

    def execute(self, sql: str, params: Any = ()) -> sqlite3.Cursor:
        plan = self._connection.execute("EXPLAIN QUERY PLAN " + sql, params).fetchall()
        self._plans.append([(row["parent"] == 0, row["detail"]) for row in plan])
        return self._connection.execute(sql, params)
