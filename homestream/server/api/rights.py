"""The API of who may see which library."""

from __future__ import annotations

from typing import Final

import msgspec

from homestream import ids
from homestream.errors import NotFound
from homestream.household import accounts, rights
from homestream.ids import AccountId, LibraryId
from homestream.library import overlay
from homestream.server.api.schema import PublicId
from homestream.server.routing import Access, Call, Route


class AccountRight(msgspec.Struct, frozen=True):
    """Whether one account may see the library. Owners always may, and are not listed."""

    account: PublicId
    name: str
    role: str
    allowed: bool


class LibraryRights(msgspec.Struct, frozen=True):
    """`adults_only` says whether children and guests are kept out where they are not let in by
    name."""

    library: PublicId
    adults_only: bool
    accounts: list[AccountRight]


class ChangeAudience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    adults_only: bool


class ChangeRight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    allowed: bool


async def get(call: Call) -> LibraryRights:
    return await _rights(call, _library(call))


async def change_audience(call: Call) -> LibraryRights:
    body: ChangeAudience = call.body
    await rights.set_audience(call.home.db, _library(call), adults_only=body.adults_only)
    await call.home.db.batch(overlay.check_copies)
    return await _rights(call, _library(call))


async def change(call: Call) -> LibraryRights:
    body: ChangeRight = call.body
    account = AccountId(ids.parse("account", call.path["account"]))
    await rights.allow(call.home.db, _library(call), account, allowed=body.allowed)
    await call.home.db.batch(overlay.check_copies)
    return await _rights(call, _library(call))


def _library(call: Call) -> LibraryId:
    return LibraryId(ids.parse("library", call.path["library"]))


async def _rights(call: Call, library: LibraryId) -> LibraryRights:
    db = call.home.db
    audiences = {each.library: each for each in await rights.audiences(db)}
    if library not in audiences:
        raise NotFound("library is not here")
    people = {each.id: each for each in await accounts.everyone(db)}
    return LibraryRights(
        library=ids.public("library", library),
        adults_only=audiences[library].adults_only,
        accounts=[
            AccountRight(
                ids.public("account", each.account),
                people[each.account].name,
                people[each.account].role.value,
                each.allowed,
            )
            for each in await rights.every(db)
            if each.library == library and each.account in people
        ],
    )


_AT: Final = "/api/v1/libraries/{library}/rights"

ROUTES: Final = (
    Route("GET", _AT, get, Access.OWNER, "Who may see a library", answer=LibraryRights),
    Route(
        "PATCH",
        _AT,
        change_audience,
        Access.OWNER,
        "Say for whom a library is",
        body=ChangeAudience,
        answer=LibraryRights,
    ),
    Route(
        "PUT",
        _AT + "/{account}",
        change,
        Access.OWNER,
        "Let an account see a library, or not",
        body=ChangeRight,
        answer=LibraryRights,
    ),
)
