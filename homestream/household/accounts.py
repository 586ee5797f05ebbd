"""Accounts: who signs in, with a name, a password and a role."""

from __future__ import annotations

import sqlite3
import time

import msgspec

from homestream.db.connect import Database, Transaction
from homestream.errors import BadInput, Conflict, NotFound
from homestream.household import names, passwords, profiles, sessions
from homestream.household.access import Role
from homestream.ids import AccountId


class Account(msgspec.Struct, frozen=True):
    id: AccountId
    name: str
    role: Role
    created_at: int  # Unix ms


async def add(db: Database, name: str, role: Role, password: str) -> AccountId:
    """A new account and its first profile, both of that name; Conflict when the name is taken."""
    name = names.clean(name, "account name")
    password_hash = await passwords.hashed(password)
    async with db.write() as tx:
        return await insert(tx, name, role, password_hash)


async def insert(tx: Transaction, name: str, role: Role, password_hash: str) -> AccountId:
    """`add` inside a transaction of the caller's, with a clean name and a hash made before."""
    try:
        account = AccountId(
            await tx.insert(
                "INSERT INTO account (name, role, password_hash, created_at)"
                " VALUES (:name, :role, :hash, :now)",
                {
                    "name": name,
                    "role": role.value,
                    "hash": password_hash,
                    "now": int(time.time() * 1000),
                },
            )
        )
    except sqlite3.IntegrityError:
        raise Conflict(f"account {name!r} is there already") from None
    await profiles.insert(tx, account, name)
    return account


async def everyone(db: Database) -> list[Account]:
    """All accounts, oldest first."""
    rows = await db.rows("SELECT id, name, role, created_at FROM account ORDER BY id")
    return [_account(row) for row in rows]


async def one(db: Database, account: AccountId) -> Account:
    """The account of that id; NotFound."""
    row = await db.row(
        "SELECT id, name, role, created_at FROM account WHERE id = :account", {"account": account}
    )
    if row is None:
        raise NotFound("account is not here")
    return _account(row)


async def named(db: Database, name: str) -> Account:
    """The account of that name; NotFound."""
    row = await db.row(
        "SELECT id, name, role, created_at FROM account WHERE name = :name",
        {"name": names.clean(name, "account name")},
    )
    if row is None:
        raise NotFound(f"account {name[:64]!r} is not here")
    return _account(row)


async def prove(db: Database, name: str, password: str) -> AccountId | None:
    """The account whose name and password these are, or None; both take the same time."""
    try:
        name = names.clean(name, "account name")
    except BadInput:
        name = ""
    row = await db.row(
        "SELECT id, password_hash FROM account WHERE name = :name AND NOT disabled", {"name": name}
    )
    if not await passwords.matches(row["password_hash"] if row else None, password) or row is None:
        return None
    account, kept = AccountId(row["id"]), row["password_hash"]
    if passwords.is_dated(kept):
        await _keep_hash(db, account, kept, await passwords.hashed(password))
    return account


async def set_password(db: Database, account: AccountId, password: str) -> None:
    """Gives the account another password and ends its sessions; NotFound."""
    password_hash = await passwords.hashed(password)
    async with db.write() as tx:
        changed = await tx.execute(
            "UPDATE account SET password_hash = :hash WHERE id = :account",
            {"hash": password_hash, "account": account},
        )
        if not changed:
            raise NotFound("account is not here")
        await sessions.end_all(tx, account)


async def remove(db: Database, account: AccountId) -> None:
    """Removes an account with its profiles and their history; Conflict for the last owner."""
    async with db.write() as tx:
        row = await tx.row("SELECT role FROM account WHERE id = :account", {"account": account})
        if row is None:
            raise NotFound("account is not here")
        owners = await tx.rows("SELECT id FROM account WHERE role = 'owner' AND NOT disabled")
        if [owner["id"] for owner in owners] == [account]:
            raise Conflict("the last owner of a house stays")
        await tx.execute("DELETE FROM account WHERE id = :account", {"account": account})


async def _keep_hash(db: Database, account: AccountId, before: str, after: str) -> None:
    async with db.write() as tx:
        await tx.execute(
            "UPDATE account SET password_hash = :after"
            " WHERE id = :account AND password_hash = :before",
            {"after": after, "account": account, "before": before},
        )


def _account(row: sqlite3.Row) -> Account:
    return Account(AccountId(row["id"]), row["name"], Role(row["role"]), row["created_at"])
