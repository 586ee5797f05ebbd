"""Who asks is remembered between requests, and forgotten with the first write of anybody."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from homestream.db import connect
from homestream.db.connect import Database
from homestream.household import accounts, profiles, rights, sessions, tokens
from homestream.household.access import Actor, Role
from homestream.ids import LibraryId, SessionId, TokenId
from homestream.links import Bearer

NOW: Final = 1_800_000_000.0
_ELSEWHERE: Final = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as connection:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(sys.argv[2])
"""
Write = Callable[[Database, str], Awaitable[None]]


async def here(db: Database, sql: str) -> None:
    async with db.write() as tx:
        await tx.execute(sql)


async def elsewhere(db: Database, sql: str) -> None:
    """The statement, run by another process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ELSEWHERE, str(db.path), sql
    )
    assert await process.wait() == 0


class Door:
    """Asks as the server does with every request: by cookie, by key, by the links of both."""

    def __init__(self, db: Database, secret: str, key: str) -> None:
        self.db = db
        self._secret = secret
        self._key = key
        self.links: list[Bearer] = []

    async def ask(self) -> list[Actor | None]:
        return [
            await sessions.actor(self.db, self._secret, now=NOW),
            await tokens.actor(self.db, self._key, now=NOW),
            *[await sessions.living(self.db, link, now=NOW) for link in self.links],
        ]


@pytest.fixture
async def door(db: Database) -> Door:
    async with db.write() as tx:
        for name in ("Music", "Talks"):
            await tx.execute(
                "INSERT INTO library (name, path, origin, created_at)"
                " VALUES (:name, CAST(:name AS BLOB), 'page', 1)",
                {"name": name},
            )
    ann = await accounts.add(db, "Ann", Role.ADULT, "correct horse")
    secret = await sessions.start(db, ann, user_agent="", address="", now=NOW)
    _, key = await tokens.create(db, ann, "script")
    door = Door(db, secret, key)
    found = [each for each in await door.ask() if each is not None]
    door.links = [actor.bearer for actor in found]
    before = await door.ask()
    assert before == [found[0], found[1], found[0], found[1]]
    # so that nothing but what a test writes is written
    assert await door.ask() == before
    return door


@pytest.mark.parametrize("write", [here, elsewhere])
async def test_nothing_is_asked_twice_until_somebody_writes(
    db: Database, door: Door, write: Write
) -> None:
    before = await door.ask()
    assert all(one is other for one, other in zip(await door.ask(), before, strict=True))
    await write(db, "INSERT INTO setting (key, value) VALUES ('a', 'b')")
    again = await door.ask()
    assert again == before
    assert not any(one is other for one, other in zip(again, before, strict=True))


@pytest.mark.parametrize("write", [here, elsewhere])
@pytest.mark.parametrize(
    ("sql", "gone"),
    [
        ("DELETE FROM session", [True, False, True, False]),
        ("UPDATE session SET ends_at = 1", [True, False, True, False]),
        ("DELETE FROM token", [False, True, False, True]),
        ("UPDATE account SET disabled = 1", [True] * 4),
        ("DELETE FROM account", [True] * 4),
    ],
    ids=["signed out", "session at its end", "key removed", "account closed", "account deleted"],
)
async def test_who_was_shut_out_is_out_with_the_next_request(
    db: Database, door: Door, write: Write, sql: str, gone: list[bool]
) -> None:
    assert None not in await door.ask()
    await write(db, sql)
    assert [actor is None for actor in await door.ask()] == gone


@pytest.mark.parametrize("write", [here, elsewhere])
async def test_another_role_and_other_rights_hold_with_the_next_request(
    db: Database, door: Door, write: Write
) -> None:
    await write(db, "UPDATE account SET role = 'child'")
    for actor in await door.ask():
        assert actor is not None
        assert actor.role is Role.CHILD
        assert not actor.visibility.explicit
        assert actor.libraries is None
    await write(db, "INSERT INTO library_audience (library_id, adults_only) VALUES (1, 1)")
    for actor in await door.ask():
        assert actor is not None
        assert actor.libraries == {LibraryId(2)}
    await write(db, "INSERT INTO library_right (account_id, library_id, allowed) VALUES (1, 2, 0)")
    for actor in await door.ask():
        assert actor is not None
        assert actor.libraries == frozenset()
    await write(db, "UPDATE profile SET name = 'Annie'")
    for actor in await door.ask():
        assert actor is not None
        assert actor.listener is not None
        assert actor.listener.name == "Annie"


async def test_what_the_household_does_holds_with_the_next_request(
    db: Database, door: Door
) -> None:
    actor, by_key, *_ = await door.ask()
    assert actor is not None
    assert by_key is not None
    await rights.allow(db, LibraryId(1), actor.account, allowed=False)
    assert [each and each.libraries for each in await door.ask()] == [{LibraryId(2)}] * 4
    other = await profiles.add(db, actor.account, "Bea", colour="sky", picture="fox")
    await sessions.choose(db, actor.account, SessionId(actor.session or 0), other)
    listening = (await door.ask())[0]
    assert listening is not None
    assert listening.listener is not None
    assert listening.listener.id == other
    await tokens.remove(db, actor.account, TokenId(by_key.token or 0))
    await sessions.end(db, actor.account, SessionId(actor.session or 0))
    assert await door.ask() == [None] * 4


async def test_a_session_ends_at_its_time_though_nobody_writes(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, "correct horse")
    secret = await sessions.start(db, ann, user_agent="", address="", now=NOW)
    actor = await sessions.actor(db, secret, now=NOW)
    assert actor is not None
    assert await sessions.living(db, actor.bearer, now=NOW) == actor
    end = NOW + sessions.LIFETIME
    assert await sessions.living(db, actor.bearer, now=end) is None
    assert await sessions.actor(db, secret, now=end) is None


async def test_a_changed_password_elsewhere_signs_out_here(db: Database, tmp_path: Path) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, "correct horse")
    secret = await sessions.start(db, ann, user_agent="", address="", now=NOW)
    assert await sessions.actor(db, secret, now=NOW) is not None
    async with connect.opened(db.path) as other:
        await accounts.set_password(other, ann, "battery staple")
    assert await sessions.actor(db, secret, now=NOW) is None
