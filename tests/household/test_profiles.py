from __future__ import annotations

import pytest

from homestream.db.connect import Database
from homestream.errors import BadInput, Conflict, NotFound
from homestream.household import accounts, profiles
from homestream.household.access import Role
from homestream.ids import ProfileId

PASSWORD = "correct horse"


async def test_the_last_profile_stays(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    first = (await profiles.of(db, ann))[0].id
    with pytest.raises(Conflict):
        await profiles.remove(db, ann, first)
    await profiles.add(db, ann, "Little one")
    await profiles.remove(db, ann, first)
    assert [profile.name for profile in await profiles.of(db, ann)] == ["Little one"]


async def test_sisters_look_different_until_the_palette_ends(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    for n in range(9):
        await profiles.add(db, ann, f"Child {n}")
    assert len({profile.colour for profile in await profiles.of(db, ann)}) == 10
    assert len({profile.picture for profile in await profiles.of(db, ann)}) == 10


async def test_anothers_profile_looks_absent(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    bob = await accounts.add(db, "Bob", Role.ADULT, PASSWORD)
    hers = (await profiles.of(db, ann))[0].id
    await profiles.add(db, bob, "Second")
    for change in (
        profiles.one(db, bob, hers),
        profiles.change(db, bob, hers, name="Mine"),
        profiles.remove(db, bob, hers),
        profiles.one(db, bob, ProfileId(999)),
    ):
        with pytest.raises(NotFound, match="profile is not here"):
            await change


async def test_colour_and_picture_come_from_the_lists(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    with pytest.raises(BadInput, match="colour"):
        await profiles.add(db, ann, "X", colour="red; background: url(x)")
    with pytest.raises(BadInput, match="picture"):
        await profiles.add(db, ann, "X", picture="../fox")
    with pytest.raises(Conflict):
        await profiles.add(db, ann, "Ann")
