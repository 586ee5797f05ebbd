"""Profiles: who listens. An account has one or more; each has its own stars, lists and history."""

from __future__ import annotations

import sqlite3
import time
from typing import Final

import msgspec

from homestream.db.connect import Database, Transaction
from homestream.errors import BadInput, Conflict, NotFound
from homestream.household import names
from homestream.household.access import Listener
from homestream.ids import AccountId, ProfileId

COLOURS: Final = (
    "amber",
    "berry",
    "coral",
    "forest",
    "lagoon",
    "moss",
    "night",
    "plum",
    "sky",
    "stone",
)
PICTURES: Final = (
    "bear",
    "cactus",
    "cat",
    "drum",
    "fox",
    "guitar",
    "headphones",
    "moon",
    "octopus",
    "owl",
    "piano",
    "planet",
    "rabbit",
    "rocket",
    "turtle",
    "whale",
)
MOST: Final = 20  # under one account


class Profile(msgspec.Struct, frozen=True):
    id: ProfileId
    account: AccountId
    name: str
    colour: str
    picture: str

    @property
    def listener(self) -> Listener:
        return Listener(self.id, self.name, self.colour, self.picture)


async def of(db: Database, account: AccountId) -> list[Profile]:
    """The account's profiles, oldest first."""
    rows = await db.rows(
        "SELECT id, account_id, name, colour, picture FROM profile"
        " WHERE account_id = :account ORDER BY id",
        {"account": account},
    )
    return [_profile(row) for row in rows]


async def everyone(db: Database) -> list[Profile]:
    """The profiles of all accounts, by name."""
    rows = await db.rows(
        "SELECT id, account_id, name, colour, picture FROM profile ORDER BY name, id"
    )
    return [_profile(row) for row in rows]


async def one(db: Database, account: AccountId, profile: ProfileId) -> Profile:
    """One of the account's profiles; NotFound also for somebody else's."""
    row = await db.row(
        "SELECT id, account_id, name, colour, picture FROM profile"
        " WHERE id = :profile AND account_id = :account",
        {"profile": profile, "account": account},
    )
    if row is None:
        raise NotFound("profile is not here")
    return _profile(row)


async def add(
    db: Database,
    account: AccountId,
    name: str,
    *,
    colour: str | None = None,
    picture: str | None = None,
) -> ProfileId:
    """A new profile, with the first colour and picture no sister has where none is given.

    Conflict when a sister has that name.
    """
    async with db.write() as tx:
        return await insert(tx, account, name, colour=colour, picture=picture)


async def insert(
    tx: Transaction,
    account: AccountId,
    name: str,
    *,
    colour: str | None = None,
    picture: str | None = None,
) -> ProfileId:
    """`add` inside a transaction of the caller's."""
    name = names.clean(name, "profile name")
    sisters = await tx.rows(
        "SELECT colour, picture FROM profile WHERE account_id = :account", {"account": account}
    )
    if len(sisters) >= MOST:
        raise Conflict(f"an account has at most {MOST} profiles")
    try:
        row = await tx.insert(
            "INSERT INTO profile (account_id, name, colour, picture, created_at)"
            " VALUES (:account, :name, :colour, :picture, :now)",
            {
                "account": account,
                "name": name,
                "colour": _colour(
                    colour or _first_free(COLOURS, {r["colour"] for r in sisters}, account)
                ),
                "picture": _picture(
                    picture or _first_free(PICTURES, {r["picture"] for r in sisters}, account)
                ),
                "now": int(time.time() * 1000),
            },
        )
    except sqlite3.IntegrityError:
        raise Conflict(f"profile {name!r} is there already") from None
    return ProfileId(row)


async def change(
    db: Database,
    account: AccountId,
    profile: ProfileId,
    *,
    name: str | None = None,
    colour: str | None = None,
    picture: str | None = None,
) -> Profile:
    """Changes what is given; NotFound also for somebody else's, Conflict for a sister's name."""
    before = await one(db, account, profile)
    after = msgspec.structs.replace(
        before,
        name=before.name if name is None else names.clean(name, "profile name"),
        colour=before.colour if colour is None else _colour(colour),
        picture=before.picture if picture is None else _picture(picture),
    )
    async with db.write() as tx:
        try:
            changed = await tx.execute(
                "UPDATE profile SET name = :name, colour = :colour, picture = :picture"
                " WHERE id = :profile AND account_id = :account",
                {
                    "name": after.name,
                    "colour": after.colour,
                    "picture": after.picture,
                    "profile": profile,
                    "account": account,
                },
            )
        except sqlite3.IntegrityError:
            raise Conflict(f"profile {after.name!r} is there already") from None
        if not changed:
            raise NotFound("profile is not here")
    return after


async def remove(db: Database, account: AccountId, profile: ProfileId) -> None:
    """Removes a profile with its history; Conflict when it is the account's last."""
    async with db.write() as tx:
        rows = await tx.rows(
            "SELECT id FROM profile WHERE account_id = :account", {"account": account}
        )
        if profile not in {row["id"] for row in rows}:
            raise NotFound("profile is not here")
        if len(rows) == 1:
            raise Conflict("the last profile of an account stays")
        await tx.execute("DELETE FROM profile WHERE id = :profile", {"profile": profile})


def _profile(row: sqlite3.Row) -> Profile:
    return Profile(
        ProfileId(row["id"]),
        AccountId(row["account_id"]),
        row["name"],
        row["colour"],
        row["picture"],
    )


def _first_free(choice: tuple[str, ...], taken: set[str], start: int) -> str:
    """Accounts start at different places, so that a household's first profiles look different."""
    turned = [choice[(start * 7 + n) % len(choice)] for n in range(len(choice))]
    return next((item for item in turned if item not in taken), turned[0])


def _colour(name: str) -> str:
    if name not in COLOURS:
        raise BadInput(f"colour {name[:40]!r} is not one of {', '.join(COLOURS)}")
    return name


def _picture(name: str) -> str:
    if name not in PICTURES:
        raise BadInput(f"picture {name[:40]!r} is not one of {', '.join(PICTURES)}")
    return name
