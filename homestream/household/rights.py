"""Who may see which library: everybody, unless the owner says otherwise; owners see all.

A library may be for adults only, and any account may be let in or kept out by name, which goes
before that.
"""

from __future__ import annotations

# ruff: noqa: S608 - statements are made of fragments that stand in household alone
import json
from typing import Final

import msgspec

from homestream.db.connect import Database, Transaction
from homestream.errors import Conflict, NotFound
from homestream.household.access import Role
from homestream.ids import AccountId, LibraryId

_ALLOWED: Final = (
    "(a.role = 'owner' OR IFNULL((SELECT r.allowed FROM library_right r"
    " WHERE r.account_id = a.id AND r.library_id = l.id),"
    " a.role = 'adult' OR NOT IFNULL((SELECT u.adults_only FROM library_audience u"
    " WHERE u.library_id = l.id), 0)))"
)
# a result column of any query in which `a` is an account: the libraries that it may see as JSON,
# null for all of them
LIBRARIES: Final = (
    "(SELECT CASE WHEN SUM(NOT allowed) > 0"
    " THEN json_group_array(id) FILTER (WHERE allowed) END FROM"
    f" (SELECT l.id AS id, {_ALLOWED} AS allowed FROM library l)) AS libraries"
)


class Right(msgspec.Struct, frozen=True):
    """Whether an account may see a library."""

    account: AccountId
    library: LibraryId
    allowed: bool


class Audience(msgspec.Struct, frozen=True):
    """For whom a library is where nothing else is said."""

    library: LibraryId
    adults_only: bool


def read(column: str | None) -> frozenset[LibraryId] | None:
    """The value of a column LIBRARIES."""
    return None if column is None else frozenset(map(LibraryId, json.loads(column)))


async def every(db: Database) -> list[Right]:
    """The right of each account that is not an owner's to each library."""
    rows = await db.rows(
        f"SELECT a.id AS account, l.id AS library, {_ALLOWED} AS allowed FROM account a, library l"
        " WHERE a.role != 'owner' ORDER BY l.name, l.id, a.id"
    )
    return [
        Right(AccountId(row["account"]), LibraryId(row["library"]), bool(row["allowed"]))
        for row in rows
    ]


async def audiences(db: Database) -> list[Audience]:
    """For whom each library is where nothing else is said."""
    rows = await db.rows(
        "SELECT l.id, IFNULL(u.adults_only, 0) AS adults_only FROM library l"
        " LEFT JOIN library_audience u ON u.library_id = l.id ORDER BY l.name, l.id"
    )
    return [Audience(LibraryId(row["id"]), bool(row["adults_only"])) for row in rows]


async def allow(db: Database, library: LibraryId, account: AccountId, *, allowed: bool) -> None:
    """Lets an account see a library, or not; NotFound, Conflict for an owner."""
    async with db.write() as tx:
        await _there(tx, library)
        row = await tx.row("SELECT role FROM account WHERE id = :id", {"id": account})
        if row is None:
            raise NotFound("account is not here")
        if row["role"] == Role.OWNER:
            raise Conflict("an owner sees every library")
        await tx.execute(
            "INSERT OR REPLACE INTO library_right (account_id, library_id, allowed)"
            " VALUES (:account, :library, :allowed)",
            {"account": account, "library": library, "allowed": allowed},
        )


async def set_audience(db: Database, library: LibraryId, *, adults_only: bool) -> None:
    """Says for whom a library is; what was said of single accounts stays. NotFound."""
    async with db.write() as tx:
        await _there(tx, library)
        await tx.execute(
            "INSERT OR REPLACE INTO library_audience (library_id, adults_only)"
            " VALUES (:library, :adults_only)",
            {"library": library, "adults_only": adults_only},
        )


async def _there(tx: Transaction, library: LibraryId) -> None:
    if await tx.row("SELECT 1 FROM library WHERE id = :id", {"id": library}) is None:
        raise NotFound("library is not here")
