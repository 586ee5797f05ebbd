"""Setting up the house: open while it has no owner, for who holds the one-time code.

The code is printed where the server was started. It is kept as it is, so that each start can print
the same one, and goes when the house has an owner.
"""

from __future__ import annotations

import secrets
from typing import Final

from homestream.db.connect import Database
from homestream.errors import Conflict
from homestream.household import accounts, names, passwords
from homestream.household.access import Role
from homestream.ids import AccountId

_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that looks like another
_CODE_KEY: Final = "setup_code"
_NAME_KEY: Final = "household"
DEFAULT_NAME: Final = "homestream"


async def is_open(db: Database) -> bool:
    """Whether the house still has no owner."""
    return await db.row("SELECT 1 FROM account WHERE role = 'owner' LIMIT 1") is None


async def code(db: Database) -> str:
    """The one-time code, made when there is none yet: "K7QM-2XPA"."""
    row = await db.row("SELECT value FROM setting WHERE key = :key", {"key": _CODE_KEY})
    if row is not None:
        return str(row["value"])
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO setting (key, value) VALUES (:key, :code) ON CONFLICT (key) DO NOTHING",
            {"key": _CODE_KEY, "code": f"{letters[:4]}-{letters[4:]}"},
        )
        row = await tx.row("SELECT value FROM setting WHERE key = :key", {"key": _CODE_KEY})
    return str(row["value"]) if row is not None else ""


def plain(text: str) -> str:
    """A code as it is compared: without hyphens and spaces, in capitals."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


async def finish(db: Database, *, household: str, name: str, password: str) -> AccountId:
    """Makes the owner and names the house, once: Conflict when there is an owner already."""
    household = names.clean(household, "household name")
    name = names.clean(name, "account name")
    password_hash = await passwords.hashed(password)
    async with db.write() as tx:
        if await tx.row("SELECT 1 FROM account WHERE role = 'owner' LIMIT 1") is not None:
            raise Conflict("the house has an owner already")
        account = await accounts.insert(tx, name, Role.OWNER, password_hash)
        await tx.execute(
            "INSERT INTO setting (key, value) VALUES (:key, :name)"
            " ON CONFLICT (key) DO UPDATE SET value = :name",
            {"key": _NAME_KEY, "name": household},
        )
        await tx.execute("DELETE FROM setting WHERE key = :key", {"key": _CODE_KEY})
    return account


async def household(db: Database) -> str:
    """What the house is called."""
    row = await db.row("SELECT value FROM setting WHERE key = :key", {"key": _NAME_KEY})
    return str(row["value"]) if row is not None else DEFAULT_NAME
