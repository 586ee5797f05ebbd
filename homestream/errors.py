"""Everything that can go wrong on purpose, as one tree that each door maps once.

HomestreamError
├── NotFound      what was asked for is not there, or not for this person
├── NotSignedIn   nobody is signed in, and the door wants somebody
├── Forbidden     somebody is signed in, and may not
├── BadInput      what was sent cannot be meant
├── Conflict      what was asked for contradicts what is there
├── Busy          not now; asking again later will do
├── NoRoom        a disk is full, or what was set aside on it
├── MediaError    a file that cannot be read, decoded or encoded
├── DeviceError   a speaker or screen that does not do as it is told
└── ConfigError   the configuration cannot be meant
"""

from __future__ import annotations


class HomestreamError(Exception):
    """The root. The message is for people: lower case, the thing first."""


class NotFound(HomestreamError):
    pass


class NotSignedIn(HomestreamError):
    pass


class Forbidden(HomestreamError):
    pass


class BadInput(HomestreamError):
    pass


class Conflict(HomestreamError):
    pass


class Busy(HomestreamError):
    """Not now. `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NoRoom(HomestreamError):
    pass


class MediaError(HomestreamError):
    pass


class DeviceError(HomestreamError):
    pass


class Damaged(HomestreamError):
    pass


class ConfigError(HomestreamError):
    pass
