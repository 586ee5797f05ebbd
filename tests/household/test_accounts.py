from __future__ import annotations

import pytest

from homestream.db.connect import Database
from homestream.errors import Conflict, NotFound
from homestream.household import accounts, profiles
from homestream.household.access import Role

PASSWORD = "correct horse"


async def test_an_account_comes_with_a_profile_of_its_name(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.CHILD, PASSWORD)
    assert [profile.name for profile in await profiles.of(db, ann)] == ["Ann"]
    assert (await accounts.named(db, "ANN")).role is Role.CHILD


async def test_a_name_is_taken_once(db: Database) -> None:
    await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    with pytest.raises(Conflict):
        await accounts.add(db, "ann", Role.ADULT, PASSWORD)
    assert len(await accounts.everyone(db)) == 1


async def test_the_last_owner_stays(db: Database) -> None:
    olga = await accounts.add(db, "Olga", Role.OWNER, PASSWORD)
    with pytest.raises(Conflict):
        await accounts.remove(db, olga)
    await accounts.add(db, "Otto", Role.OWNER, PASSWORD)
    await accounts.remove(db, olga)
    with pytest.raises(NotFound):
        await accounts.one(db, olga)
