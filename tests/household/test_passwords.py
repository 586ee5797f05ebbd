from __future__ import annotations

import asyncio
from pathlib import Path

import argon2
import pytest

from homestream.db.connect import Database
from homestream.errors import BadInput, Busy
from homestream.household import accounts, passwords
from homestream.household.access import Role

PASSWORD = "correct horse"


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1025])
async def test_a_password_has_8_to_1024_characters(db: Database, password: str) -> None:
    with pytest.raises(BadInput, match="8 to 1024"):
        await accounts.add(db, "Ann", Role.ADULT, password)
    assert await accounts.everyone(db) == []


async def test_a_password_proves_its_own_account_only(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    await accounts.add(db, "Bob", Role.ADULT, "battery staple")
    assert await accounts.prove(db, "Ann", PASSWORD) == ann
    assert await accounts.prove(db, " ann", PASSWORD) == ann
    assert await accounts.prove(db, "Bob", PASSWORD) is None
    assert await accounts.prove(db, "Cid", PASSWORD) is None
    assert await accounts.prove(db, "", PASSWORD) is None
    assert await accounts.prove(db, "Ann", "x" * 100_000) is None


async def test_a_password_typed_decomposed_is_the_same_password(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, "élan vital")
    assert await accounts.prove(db, "Ann", "e\u0301lan vital") == ann


async def test_only_a_hash_with_the_stated_cost_is_kept(db: Database, tmp_path: Path) -> None:
    await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    row = await db.row("SELECT password_hash FROM account")
    assert row is not None
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    for file in tmp_path.iterdir():
        assert PASSWORD.encode() not in file.read_bytes()


async def test_a_hash_with_older_settings_is_made_anew_at_sign_in(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    old = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    async with db.write() as tx:
        await tx.execute("UPDATE account SET password_hash = :old", {"old": old})
    assert await accounts.prove(db, "Ann", "wrong guess") is None
    assert await accounts.prove(db, "Ann", PASSWORD) == ann
    row = await db.row("SELECT password_hash FROM account")
    assert row is not None
    assert not passwords.is_dated(row["password_hash"])
    assert await accounts.prove(db, "Ann", PASSWORD) == ann


async def test_who_comes_when_forty_wait_is_told_to_come_again() -> None:
    waiting = [asyncio.create_task(passwords.matches(None, PASSWORD)) for _ in range(41)]
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(result, Busy) for result in done) == 1
    assert sum(result is False for result in done) == 40
    assert await passwords.matches(None, PASSWORD) is False
