"""API keys: how a program signs in. Shown once, kept as SHA-256; each listens as one profile."""

from __future__ import annotations

# ruff: noqa: S608 - statements are made of fragments that stand in household alone
import hashlib
import logging
import secrets
import sqlite3
import time
from typing import Final

import msgspec

from homestream.db.connect import Database
from homestream.errors import Conflict, NotFound
from homestream.household import names, rights
from homestream.household.access import Actor, Listener, Role
from homestream.ids import AccountId, ProfileId, TokenId

PREFIX: Final = "hs_"
_TOUCH_EVERY: Final = 15 * 60  # seconds
_MOST: Final = 100  # of one account
_log = logging.getLogger("homestream.tokens")


class Token(msgspec.Struct, frozen=True):
    id: TokenId
    name: str
    profile: ProfileId
    created_at: int  # Unix ms
    seen_at: int | None  # Unix ms; None: never used


async def create(
    db: Database, account: AccountId, name: str, profile: ProfileId | None = None
) -> tuple[Token, str]:
    """A new key and its row; it listens as `profile`, or as the account's first.

    NotFound when the profile is not the account's.
    """
    name = names.clean(name, "token name")
    key = PREFIX + secrets.token_urlsafe(32)
    now = int(time.time() * 1000)
    async with db.write() as tx:
        chosen = await tx.row(
            "SELECT id FROM profile WHERE account_id = :account"
            " AND (:profile IS NULL OR id = :profile) ORDER BY id LIMIT 1",
            {"account": account, "profile": profile},
        )
        if chosen is None:
            raise NotFound("profile is not here")
        held = await tx.rows("SELECT id FROM token WHERE account_id = :a", {"a": account})
        if len(held) >= _MOST:
            raise Conflict(f"an account has at most {_MOST} tokens")
        row = await tx.insert(
            "INSERT INTO token (secret_hash, account_id, profile_id, name, created_at)"
            " VALUES (:hash, :account, :profile, :name, :now)",
            {
                "hash": _hash(key),
                "account": account,
                "profile": chosen["id"],
                "name": name,
                "now": now,
            },
        )
    return Token(TokenId(row), name, ProfileId(chosen["id"]), now, None), key


async def actor(db: Database, key: str, *, now: float) -> Actor | None:
    """Who holds this key; None when there is none such.

    Remembered until anything is written: see `Database.remembered`.
    """
    digest = _hash(key)

    async def read() -> tuple[Actor, int] | None:
        row = await db.row(_BY_KEY, {"hash": digest})
        if row is None:
            return None
        listener = Listener(
            ProfileId(row["profile"]), row["profile_name"], row["colour"], row["picture"]
        )
        actor = Actor(
            AccountId(row["account"]),
            row["name"],
            Role(row["role"]),
            listener,
            token=TokenId(row["id"]),
            libraries=rights.read(row["libraries"]),
        )
        return actor, row["seen_at"] or 0

    found = await db.remembered(("token", digest), read)
    if found is None:
        return None
    actor, seen_at = found
    if abs(now * 1000 - seen_at) > _TOUCH_EVERY * 1000:
        await _touch(db, TokenId(actor.token or 0), now)
    return actor


async def of(db: Database, account: AccountId) -> list[Token]:
    """The account's tokens, oldest first, without their keys."""
    rows = await db.rows(
        "SELECT id, name, profile_id, created_at, seen_at FROM token"
        " WHERE account_id = :account ORDER BY id",
        {"account": account},
    )
    return [
        Token(
            TokenId(row["id"]),
            row["name"],
            ProfileId(row["profile_id"]),
            row["created_at"],
            row["seen_at"],
        )
        for row in rows
    ]


async def remove(db: Database, account: AccountId, token: TokenId) -> None:
    """Ends a key at once; NotFound also for somebody else's."""
    async with db.write() as tx:
        removed = await tx.execute(
            "DELETE FROM token WHERE id = :token AND account_id = :account",
            {"token": token, "account": account},
        )
        if not removed:
            raise NotFound("token is not here")


_BY_KEY: Final = (
    "SELECT t.id, t.seen_at, a.id AS account, a.name, a.role,"
    " p.id AS profile, p.name AS profile_name, p.colour, p.picture, "
    + rights.LIBRARIES
    + " FROM token t JOIN account a ON a.id = t.account_id"
    " JOIN profile p ON p.id = t.profile_id"
    " WHERE t.secret_hash = :hash AND NOT a.disabled"
)


async def _touch(db: Database, token: TokenId, now: float) -> None:
    try:
        async with db.write() as tx:
            await tx.execute(
                "UPDATE token SET seen_at = :now WHERE id = :token",
                {"now": int(now * 1000), "token": token},
            )
    except sqlite3.OperationalError as error:  # a full disk must not keep people from listening
        _log.warning("token %d is seen, but that cannot be kept: %s", token, error)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
