"""The API of the house: setting it up, signing in, accounts, profiles, sessions and keys."""

from __future__ import annotations

import contextlib
import time
from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from homestream import ids
from homestream.errors import Conflict, NotFound, NotSignedIn
from homestream.household import accounts, names, passwords, profiles, sessions, tokens
from homestream.household import setup as first_run
from homestream.household.access import Role
from homestream.ids import AccountId, ProfileId, SessionId, TokenId
from homestream.library import libraries
from homestream.server import answers, folders, request
from homestream.server.api import schema
from homestream.server.api.schema import Items, PublicId
from homestream.server.routing import Access, Call, Route

Name = Annotated[str, Meta(min_length=1, max_length=256)]
Password = Annotated[str, Meta(max_length=4 * passwords.LONGEST)]
RoleName = Literal["owner", "adult", "child", "guest"]
Colour = Annotated[str, Meta(max_length=32, description="One of " + ", ".join(profiles.COLOURS))]
Picture = Annotated[str, Meta(max_length=32, description="One of " + ", ".join(profiles.PICTURES))]


class Account(msgspec.Struct, frozen=True):
    id: PublicId
    name: str
    role: RoleName


class Session(msgspec.Struct, frozen=True):
    """Who is signed in, and who listens."""

    account: Account
    profile: schema.Profile | None
    profiles: list[schema.Profile]


class OpenSession(msgspec.Struct, frozen=True):
    """One place where the account is signed in."""

    id: PublicId
    device: str
    address: str
    profile: PublicId | None
    created_at: str
    seen_at: str
    current: bool


class Token(msgspec.Struct, frozen=True):
    id: PublicId
    name: str
    profile: PublicId
    created_at: str
    seen_at: str | None


class NewToken(msgspec.Struct, frozen=True):
    """A key, shown this once."""

    token: Token
    key: str


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    password: Password


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    profile: PublicId


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    password: Password
    new_password: Password


class MusicFolder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    path: Annotated[str, Meta(min_length=1, max_length=4096)]


class SetUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    household: Name
    name: Name
    password: Password
    code: Annotated[str, Meta(max_length=64)] | None = None
    library: MusicFolder | None = None


class FolderQuery(msgspec.Struct, frozen=True):
    path: Annotated[str, Meta(max_length=4096)] | None = None
    code: Annotated[str, Meta(max_length=64)] | None = None


class AddAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    role: RoleName
    password: Password


class AddProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    colour: Colour | None = None
    picture: Picture | None = None


class ChangeProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name | None = None
    colour: Colour | None = None
    picture: Picture | None = None


class AddToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    profile: PublicId | None = None


# set-up ------------------------------------------------------------------------------------------


async def set_up(call: Call) -> web.Response:
    body: SetUp = call.body
    if body.library is not None:
        # what can be wrong with it is said before the owner is made
        names.clean(body.library.name, "library name")
        await folders.listing(body.library.path)
    account = await first_run.finish(
        call.home.db, household=body.household, name=body.name, password=body.password
    )
    if body.library is not None:
        with contextlib.suppress(Conflict):  # the configuration names that folder already
            await libraries.add(call.home.db, body.library.name, body.library.path)
        await call.home.scanner.request()
    return await _signed_in(call, account, status=201)


async def list_folders(call: Call) -> folders.Listing:
    query: FolderQuery = call.query
    return await folders.listing(query.path)


# sessions ----------------------------------------------------------------------------------------


async def sign_in(call: Call) -> web.Response:
    body: SignIn = call.body
    account = await request.sign_in(call.home, call.request, body.name, body.password)
    if call.actor is not None and call.actor.session is not None:
        with contextlib.suppress(NotFound):  # this browser's last one, which its cookie forgets
            await sessions.end(call.home.db, call.actor.account, call.actor.session)
    return await _signed_in(call, account)


async def session(call: Call) -> Session:
    listener = call.who.listener
    return Session(
        Account(ids.public("account", call.who.account), call.who.name, call.who.role.value),
        schema.profile(listener) if listener is not None else None,
        await _profiles(call, call.who.account),
    )


async def sign_out(call: Call) -> web.Response:
    await sessions.end(call.home.db, call.who.account, _own_session(call))
    response = web.Response(status=204)
    request.drop_session(call.home, call.request, response)
    return response


async def choose_profile(call: Call) -> Session:
    body: Choice = call.body
    chosen = await profiles.one(
        call.home.db, call.who.account, ProfileId(ids.parse("profile", body.profile))
    )
    await sessions.choose(call.home.db, call.who.account, _own_session(call), chosen.id)
    return Session(
        Account(ids.public("account", call.who.account), call.who.name, call.who.role.value),
        schema.profile(chosen),
        await _profiles(call, call.who.account),
    )


async def change_password(call: Call) -> web.Response:
    """Ends all sessions of the account; this browser gets a new one."""
    body: PasswordChange = call.body
    _own_session(call)
    account = await request.sign_in(call.home, call.request, call.who.name, body.password)
    if account != call.who.account:
        raise NotSignedIn("name or password is not right")
    await accounts.set_password(call.home.db, account, body.new_password)
    return await _signed_in(call, account)


async def list_sessions(call: Call) -> Items[OpenSession]:
    rows = await sessions.of(call.home.db, call.who.account, now=time.time())
    return Items(
        [
            OpenSession(
                id=ids.public("session", row.id),
                device=row.device,
                address=row.address,
                profile=ids.public("profile", row.profile) if row.profile is not None else None,
                created_at=schema.moment(row.created_at),
                seen_at=schema.moment(row.seen_at),
                current=row.id == call.who.session,
            )
            for row in rows
        ]
    )


async def end_session(call: Call) -> None:
    ended = SessionId(ids.parse("session", call.path["session"]))
    await sessions.end(call.home.db, call.who.account, ended)


# accounts and profiles ---------------------------------------------------------------------------


async def list_accounts(call: Call) -> Items[Account]:
    return Items([_account(row) for row in await accounts.everyone(call.home.db)])


async def add_account(call: Call) -> Account:
    body: AddAccount = call.body
    account = await accounts.add(call.home.db, body.name, Role(body.role), body.password)
    return _account(await accounts.one(call.home.db, account))


async def remove_account(call: Call) -> None:
    await accounts.remove(call.home.db, AccountId(ids.parse("account", call.path["account"])))


async def list_profiles(call: Call) -> Items[schema.Profile]:
    return Items(await _profiles(call, call.who.account))


async def add_profile(call: Call) -> schema.Profile:
    body: AddProfile = call.body
    db, account = call.home.db, call.who.account
    profile = await profiles.add(db, account, body.name, colour=body.colour, picture=body.picture)
    return schema.profile(await profiles.one(db, account, profile))


async def change_profile(call: Call) -> schema.Profile:
    body: ChangeProfile = call.body
    profile = ProfileId(ids.parse("profile", call.path["profile"]))
    return schema.profile(
        await profiles.change(
            call.home.db,
            call.who.account,
            profile,
            name=body.name,
            colour=body.colour,
            picture=body.picture,
        )
    )


async def remove_profile(call: Call) -> None:
    profile = ProfileId(ids.parse("profile", call.path["profile"]))
    await profiles.remove(call.home.db, call.who.account, profile)


# keys --------------------------------------------------------------------------------------------


async def list_tokens(call: Call) -> Items[Token]:
    return Items([_token(row) for row in await tokens.of(call.home.db, call.who.account)])


async def add_token(call: Call) -> NewToken:
    body: AddToken = call.body
    profile = ProfileId(ids.parse("profile", body.profile)) if body.profile is not None else None
    token, key = await tokens.create(call.home.db, call.who.account, body.name, profile)
    return NewToken(_token(token), key)


async def remove_token(call: Call) -> None:
    token = TokenId(ids.parse("token", call.path["token"]))
    await tokens.remove(call.home.db, call.who.account, token)


async def _signed_in(call: Call, account: AccountId, *, status: int = 200) -> web.Response:
    """The answer to a sign-in: a new session's cookie, and who that is."""
    db = call.home.db
    secret = await request.open_session(call.home, call.request, account)
    actor = await sessions.actor(db, secret, now=time.time())
    if actor is None:
        raise NotSignedIn("account is not here any more")
    response = answers.json(
        Session(
            Account(ids.public("account", account), actor.name, actor.role.value),
            schema.profile(actor.listener) if actor.listener is not None else None,
            await _profiles(call, account),
        ),
        status=status,
    )
    request.keep_session(call.home, call.request, response, secret)
    return response


def _own_session(call: Call) -> SessionId:
    if call.who.session is None:
        raise Conflict("an API key has no session: it listens as its own profile")
    return call.who.session


async def _profiles(call: Call, account: AccountId) -> list[schema.Profile]:
    return [schema.profile(row) for row in await profiles.of(call.home.db, account)]


def _account(row: accounts.Account) -> Account:
    return Account(ids.public("account", row.id), row.name, row.role.value)


def _token(row: tokens.Token) -> Token:
    return Token(
        ids.public("token", row.id),
        row.name,
        ids.public("profile", row.profile),
        schema.moment(row.created_at),
        schema.moment(row.seen_at) if row.seen_at is not None else None,
    )


_AT: Final = "/api/v1"
_TAGS: Final = ("household",)
ROUTES: Final = (
    Route(
        "POST",
        f"{_AT}/setup",
        set_up,
        Access.SETUP,
        "Make the owner and name the house, once",
        body=SetUp,
        answer=Session,
        status=201,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/setup/folders",
        list_folders,
        Access.SETUP,
        "Browse the server's folders while setting up",
        query=FolderQuery,
        answer=folders.Listing,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/folders",
        list_folders,
        Access.OWNER,
        "Browse the server's folders",
        query=FolderQuery,
        answer=folders.Listing,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/session",
        session,
        Access.ACCOUNT,
        "Who is signed in, and who listens",
        answer=Session,
        tags=_TAGS,
    ),
    Route(
        "POST",
        f"{_AT}/session",
        sign_in,
        Access.PUBLIC,
        "Sign in",
        body=SignIn,
        answer=Session,
        tags=_TAGS,
    ),
    Route("DELETE", f"{_AT}/session", sign_out, Access.ACCOUNT, "Sign out", status=204, tags=_TAGS),
    Route(
        "PUT",
        f"{_AT}/session/profile",
        choose_profile,
        Access.ACCOUNT,
        "Say who listens",
        body=Choice,
        answer=Session,
        tags=_TAGS,
    ),
    Route(
        "PUT",
        f"{_AT}/session/password",
        change_password,
        Access.ACCOUNT,
        "Change the password, and sign out everywhere else",
        body=PasswordChange,
        answer=Session,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/sessions",
        list_sessions,
        Access.ACCOUNT,
        "Where the account is signed in",
        answer=Items[OpenSession],
        tags=_TAGS,
    ),
    Route(
        "DELETE",
        f"{_AT}/sessions/{{session}}",
        end_session,
        Access.ACCOUNT,
        "Sign out somewhere else",
        status=204,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/accounts",
        list_accounts,
        Access.OWNER,
        "All accounts of the house",
        answer=Items[Account],
        tags=_TAGS,
    ),
    Route(
        "POST",
        f"{_AT}/accounts",
        add_account,
        Access.OWNER,
        "Make an account",
        body=AddAccount,
        answer=Account,
        status=201,
        tags=_TAGS,
    ),
    Route(
        "DELETE",
        f"{_AT}/accounts/{{account}}",
        remove_account,
        Access.OWNER,
        "Remove an account with its profiles and their history",
        status=204,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/profiles",
        list_profiles,
        Access.ACCOUNT,
        "The account's profiles",
        answer=Items[schema.Profile],
        tags=_TAGS,
    ),
    Route(
        "POST",
        f"{_AT}/profiles",
        add_profile,
        Access.ACCOUNT,
        "Make a profile",
        body=AddProfile,
        answer=schema.Profile,
        status=201,
        tags=_TAGS,
    ),
    Route(
        "PATCH",
        f"{_AT}/profiles/{{profile}}",
        change_profile,
        Access.ACCOUNT,
        "Change a profile's name, colour or picture",
        body=ChangeProfile,
        answer=schema.Profile,
        tags=_TAGS,
    ),
    Route(
        "DELETE",
        f"{_AT}/profiles/{{profile}}",
        remove_profile,
        Access.ACCOUNT,
        "Remove a profile with its history",
        status=204,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/tokens",
        list_tokens,
        Access.ACCOUNT,
        "The account's API keys, without the keys",
        answer=Items[Token],
        tags=_TAGS,
    ),
    Route(
        "POST",
        f"{_AT}/tokens",
        add_token,
        Access.ACCOUNT,
        "Make an API key; it is shown this once",
        body=AddToken,
        answer=NewToken,
        status=201,
        tags=_TAGS,
    ),
    Route(
        "DELETE",
        f"{_AT}/tokens/{{token}}",
        remove_token,
        Access.ACCOUNT,
        "End an API key",
        status=204,
        tags=_TAGS,
    ),
)
