from __future__ import annotations

import asyncio

from homestream.db.connect import Database
from homestream.errors import Conflict
from homestream.household import accounts, setup
from homestream.household.access import Role

PASSWORD = "correct horse"


async def test_the_code_stays_the_same_until_the_house_has_an_owner(db: Database) -> None:
    code = await setup.code(db)
    assert len(code) == 9
    assert code[4] == "-"
    assert set(setup.plain(code)).isdisjoint("01ILO")
    assert await setup.code(db) == code
    assert setup.plain(code.lower().replace("-", " ")) == setup.plain(code)
    await setup.finish(db, household="Nest", name="Olga", password=PASSWORD)
    assert not await setup.is_open(db)
    assert await setup.household(db) == "Nest"


async def test_two_set_ups_at_once_make_one_owner(db: Database) -> None:
    done = await asyncio.gather(
        *(
            setup.finish(db, household=f"Nest {n}", name=f"Olga {n}", password=PASSWORD)
            for n in range(4)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Conflict) for result in done) == 3
    assert [account.role for account in await accounts.everyone(db)] == [Role.OWNER]


async def test_an_owner_made_elsewhere_closes_the_set_up(db: Database) -> None:
    await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    assert await setup.is_open(db)
    await accounts.add(db, "Olga", Role.OWNER, PASSWORD)
    assert not await setup.is_open(db)
