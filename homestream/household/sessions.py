"""Sessions: a browser that signed in. The secret is in its cookie; we keep the SHA-256.

A session lives for 90 days after it was last seen, can be listed and ended by its account, and
whatever hangs on it (signed links too) ends with it at once.
"""

from __future__ import annotations

# ruff: noqa: S608 - statements are made of fragments that stand in household alone
import hashlib
import logging
import re
import secrets
import sqlite3
from typing import Final

import msgspec

from homestream.db.connect import Database, Transaction
from homestream.errors import NotFound
from homestream.household import rights
from homestream.household.access import Actor, Listener, Role
from homestream.ids import AccountId, ProfileId, SessionId, TokenId
from homestream.links import Bearer

LIFETIME: Final = 90 * 24 * 3600  # seconds
_TOUCH_EVERY: Final = 15 * 60  # seconds; each touch is a synced write
_MOST: Final = 100  # of one account; the longest unseen make room
_log = logging.getLogger("homestream.sessions")


class Session(msgspec.Struct, frozen=True):
    id: SessionId
    device: str  # in words: "Firefox on Linux"
    address: str
    profile: ProfileId | None
    created_at: int  # Unix ms
    seen_at: int  # Unix ms


class _Holder(msgspec.Struct, frozen=True):
    actor: Actor
    seen_at: int  # Unix ms
    ends_at: int  # Unix ms


async def start(
    db: Database, account: AccountId, *, user_agent: str, address: str, now: float
) -> str:
    """A new session's secret. Where the account has one profile only, that one listens."""
    secret = secrets.token_urlsafe(32)
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO session (secret_hash, account_id, profile_id, user_agent, address,"
            " created_at, seen_at, ends_at) VALUES (:hash, :account,"
            " (SELECT min(id) FROM profile WHERE account_id = :account HAVING count(*) = 1),"
            " :agent, :address, :now, :now, :end)",
            {
                "hash": _hash(secret),
                "account": account,
                "agent": user_agent[:500],
                "address": address[:64],
                "now": int(now * 1000),
                "end": int((now + LIFETIME) * 1000),
            },
        )
        await tx.execute(
            "DELETE FROM session WHERE ends_at <= :now OR id IN (SELECT id FROM session"
            " WHERE account_id = :account ORDER BY seen_at DESC, id DESC LIMIT -1 OFFSET :most)",
            {"now": int(now * 1000), "account": account, "most": _MOST},
        )
    return secret


async def actor(db: Database, secret: str, *, now: float) -> Actor | None:
    """Who holds this secret; None when no living session has it. Seeing it keeps it alive.

    Remembered until anything is written: see `Database.remembered`.
    """
    digest = _hash(secret)

    async def read() -> _Holder | None:
        row = await db.row(_BY_SECRET, {"hash": digest})
        if row is None:
            return None
        actor = _actor(row, session=SessionId(row["id"]))
        return _Holder(actor, row["seen_at"], row["ends_at"])

    found = await db.remembered(("session", digest), read)
    if found is None or found.ends_at <= int(now * 1000):
        return None
    if abs(now * 1000 - found.seen_at) > _TOUCH_EVERY * 1000:
        await _touch(db, SessionId(found.actor.session or 0), now)
    return found.actor


async def living(db: Database, bearer: Bearer, *, now: float) -> Actor | None:
    """Whom a signed link stands for; None when the session or token it was made for is gone.

    Remembered as `actor` is.
    """
    number = int(bearer.actor[1:])
    params = {"id": number, "profile": bearer.profile}

    async def read() -> _Holder | None:
        if bearer.actor.startswith("s"):
            row = await db.row(_BY_SESSION, params)
            session, token = SessionId(number), None
        else:
            row = await db.row(_BY_TOKEN, params)
            session, token = None, TokenId(number)
        if row is None:
            return None
        return _Holder(_actor(row, session=session, token=token), 0, row["ends_at"])

    found = await db.remembered(("link", bearer), read)
    if found is None or found.ends_at <= int(now * 1000):
        return None
    return found.actor


async def of(db: Database, account: AccountId, *, now: float) -> list[Session]:
    """The account's living sessions, last seen first."""
    rows = await db.rows(
        "SELECT id, user_agent, address, profile_id, created_at, seen_at FROM session"
        " WHERE account_id = :account AND ends_at > :now ORDER BY seen_at DESC, id DESC",
        {"account": account, "now": int(now * 1000)},
    )
    return [
        Session(
            SessionId(row["id"]),
            device(row["user_agent"]),
            row["address"],
            ProfileId(row["profile_id"]) if row["profile_id"] is not None else None,
            row["created_at"],
            row["seen_at"],
        )
        for row in rows
    ]


async def choose(db: Database, account: AccountId, session: SessionId, profile: ProfileId) -> None:
    """Says who listens in this session; NotFound when the profile is not the account's."""
    async with db.write() as tx:
        changed = await tx.execute(
            "UPDATE session SET profile_id = :profile WHERE id = :session AND account_id = :account"
            " AND EXISTS (SELECT 1 FROM profile WHERE id = :profile AND account_id = :account)",
            {"profile": profile, "session": session, "account": account},
        )
        if not changed:
            raise NotFound("profile is not here")


async def end(db: Database, account: AccountId, session: SessionId) -> None:
    """Ends a session at once; NotFound also for somebody else's."""
    async with db.write() as tx:
        ended = await tx.execute(
            "DELETE FROM session WHERE id = :session AND account_id = :account",
            {"session": session, "account": account},
        )
        if not ended:
            raise NotFound("session is not here")


async def end_all(tx: Transaction, account: AccountId) -> None:
    """Signs the account out everywhere, inside a transaction of the caller's."""
    await tx.execute("DELETE FROM session WHERE account_id = :account", {"account": account})


def device(user_agent: str) -> str:
    """A User-Agent header in words, as far as it can be told: "Firefox on Linux"."""
    program = next((name for mark, name in _PROGRAMS if mark in user_agent), None)
    if program is None:
        word = re.match(r"[A-Za-z][\w.-]{0,30}", user_agent)
        program = word[0] if word else "Unknown player"
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return f"{program} on {system}" if system else program


# in order: each browser also carries the marks of those it came after
_PROGRAMS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


async def _touch(db: Database, session: SessionId, now: float) -> None:
    try:
        async with db.write() as tx:
            await tx.execute(
                "UPDATE session SET seen_at = :now, ends_at = :end WHERE id = :session",
                {
                    "now": int(now * 1000),
                    "end": int((now + LIFETIME) * 1000),
                    "session": session,
                },
            )
    except sqlite3.OperationalError as error:  # a full disk must not keep people from listening
        _log.warning("session %d is seen, but that cannot be kept: %s", session, error)


_WHO: Final = (
    "a.id AS account, a.name, a.role, p.id AS profile, p.name AS profile_name,"
    " p.colour, p.picture, " + rights.LIBRARIES
)
_BY_SECRET: Final = (
    "SELECT s.id, s.seen_at, s.ends_at, " + _WHO + " FROM session s"
    " JOIN account a ON a.id = s.account_id"
    " LEFT JOIN profile p ON p.id = s.profile_id AND p.account_id = a.id"
    " WHERE s.secret_hash = :hash AND NOT a.disabled"
)
_BY_SESSION: Final = (
    "SELECT s.ends_at, " + _WHO + " FROM session s JOIN account a ON a.id = s.account_id"
    " LEFT JOIN profile p ON p.id = :profile AND p.account_id = a.id"
    " WHERE s.id = :id AND NOT a.disabled"
)
_BY_TOKEN: Final = (
    "SELECT 9000000000000000 AS ends_at, "
    + _WHO
    + " FROM token t JOIN account a ON a.id = t.account_id"
    " LEFT JOIN profile p ON p.id = :profile AND p.id = t.profile_id"
    " WHERE t.id = :id AND NOT a.disabled"
)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _actor(
    row: sqlite3.Row, *, session: SessionId | None = None, token: TokenId | None = None
) -> Actor:
    listener = None
    if row["profile"] is not None:
        listener = Listener(
            ProfileId(row["profile"]), row["profile_name"], row["colour"], row["picture"]
        )
    return Actor(
        AccountId(row["account"]),
        row["name"],
        Role(row["role"]),
        listener,
        session,
        token,
        rights.read(row["libraries"]),
    )
