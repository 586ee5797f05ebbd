"""Who somebody is and what that lets them see and do: pure rules over values."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from homestream.ids import AccountId, LibraryId, ProfileId, SessionId, TokenId
from homestream.links import Bearer
from homestream.visibility import EVERYTHING, Visibility


class Role(StrEnum):
    OWNER = "owner"
    ADULT = "adult"
    CHILD = "child"
    GUEST = "guest"


class Listener(msgspec.Struct, frozen=True):
    """The profile that listens."""

    id: ProfileId
    name: str
    colour: str
    picture: str


class Actor(msgspec.Struct, frozen=True):
    """Who asks: an account, by a session (cookie) or a token (API key), and its profile."""

    account: AccountId
    name: str
    role: Role
    listener: Listener | None
    session: SessionId | None = None
    token: TokenId | None = None
    libraries: frozenset[LibraryId] | None = None  # that may be seen; None: all

    @property
    def bearer(self) -> Bearer:
        """How signed links name this actor."""
        mark = f"s{self.session}" if self.session is not None else f"t{self.token}"
        return Bearer(mark, self.listener.id if self.listener else 0)

    @property
    def visibility(self) -> Visibility:
        return visibility(self.role, self.libraries)


def visibility(role: Role, libraries: frozenset[LibraryId] | None = None) -> Visibility:
    """What a role can see in these libraries: a child sees nothing that is marked explicit."""
    if role is not Role.CHILD and libraries is None:
        return EVERYTHING
    return Visibility(libraries=libraries, explicit=role is not Role.CHILD)
